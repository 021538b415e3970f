"""Truncation against the official outputs."""

import numpy as np
import pytest

from tests.golden_data import Golden, assert_close
from tfstylegan.latents import truncate

GOLDEN = Golden("wspace_tools")
CASES = list(GOLDEN.under("trunc_psi"))


@pytest.mark.parametrize("case", CASES)
def test_official_truncation(case):
    psi, _, cutoff = case.partition("_cut")
    found = truncate(GOLDEN["ws1"], GOLDEN["w_avg"], float(psi), int(cutoff) if cutoff else None)
    assert found.dtype == np.float32
    assert_close(found, GOLDEN[f"trunc_psi{case}"], 1e-6, case)


def test_psi_one_changes_nothing_and_returns_a_copy():
    ws = GOLDEN["ws1"].copy()
    found = truncate(ws, GOLDEN["w_avg"])
    np.testing.assert_array_equal(found, ws)
    assert not np.shares_memory(found, ws)


def test_the_argument_is_left_alone():
    ws = GOLDEN["ws1"].copy()
    truncate(ws, GOLDEN["w_avg"], 0.5)
    np.testing.assert_array_equal(ws, GOLDEN["ws1"])


def test_a_single_style_set_needs_no_batch_axis():
    found = truncate(GOLDEN["ws1"][0], GOLDEN["w_avg"], 0.7, 4)
    assert_close(found, GOLDEN["trunc_psi0.7_cut4"][0], 1e-6)
