"""The training curve."""

import numpy as np
import pytest

from tfstylegan.training.curve import PANEL_HEIGHT, WIDTH, draw_curve, nice_ticks

STATS = [{"nimg": 1000 * i, "loss/G": 1 + 0.1 * i, "loss/D": 1.0, "signs/real": 0.5} for i in range(1, 9)]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-0.4, 0.5, [-0.4, -0.2, 0, 0.2, 0.4]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round_numbers(low, high, ticks):
    assert nice_ticks(low, high) == pytest.approx(ticks)


@pytest.mark.parametrize("scale", [1e-6, 3.7, 1e9])
def test_there_are_a_few_ticks_at_any_scale(scale):
    assert 3 <= len(nice_ticks(0, scale)) <= 11


def test_a_panel_for_every_kind_of_statistic_there_is():
    picture = draw_curve(STATS)
    assert picture.shape == (2 * PANEL_HEIGHT, WIDTH, 3) and picture.dtype == np.uint8


def test_lines_are_where_the_values_are():
    rising, falling = draw_curve(STATS), draw_curve([{**s, "loss/G": 2.0 - s["loss/G"]} for s in STATS])
    blue = [np.argwhere((p[:PANEL_HEIGHT, 80:, 2] > 180) & (p[:PANEL_HEIGHT, 80:, 0] < 90)) for p in (rising, falling)]
    curve = [b[b[:, 0] > 45] for b in blue]  # below the legend
    slopes = [np.polyfit(c[:, 1], c[:, 0], 1)[0] for c in curve]
    assert slopes[0] < -0.02 < 0.02 < slopes[1]  # rows count downwards


@pytest.mark.parametrize("stats", [[], STATS[:1], [{**STATS[0], "loss/G": float("nan")}], [{"nimg": 0, "loss/G": 1.0}]])
def test_little_or_odd_data_is_no_error(stats):
    assert draw_curve(stats).shape[1] == WIDTH
