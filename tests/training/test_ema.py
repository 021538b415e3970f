"""Decays of the moving average."""

import pytest

from tfstylegan.training.ema import step_decay


@pytest.mark.parametrize(
    ("step", "dynamic", "start_step", "expected"),
    [
        (0, False, 0, 0.8),
        (0, True, 0, 0.1),
        (1, True, 0, 2 / 11),
        (1000, True, 0, 0.8),
        (2, False, 3, 0.0),
        (3, False, 3, 0.8),
        (2, True, 3, 0.0),
        (3, True, 3, 0.1),
        (5, True, 3, 3 / 12),
    ],
)
def test_decay_counted_in_steps(step, dynamic, start_step, expected):
    assert step_decay(step, 0.8, dynamic, start_step) == pytest.approx(expected)
