"""Proves that a block's shared draws are the same bits, and as cheap, wherever the block starts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from nanospread.campaign.simulation import draws


def forwarded(place, seed=3):
    """Return two engines at one place: ours in a few steps, and scipy's point by point."""
    engines = [qmc.Sobol(7, rng=np.random.default_rng(seed)) for _ in range(2)]
    draws._forward(engines[0], place)
    engines[1].fast_forward(place)
    return engines


@pytest.mark.parametrize("place", [1, 2, 3, 63, 64, 65, 4_095, 4_096, 100_003, 5_000_000])
def test_a_jump_ends_where_scipy_ends_point_by_point(place):
    ours, theirs = forwarded(place)
    assert ours.num_generated == theirs.num_generated
    np.testing.assert_array_equal(ours._quasi, theirs._quasi)
    np.testing.assert_array_equal(ours.random(33), theirs.random(33))


@given(st.integers(1, 20_000), st.integers(0, 2**31))
def test_a_jump_ends_at_any_place_where_scipy_ends(place, seed):
    ours, theirs = forwarded(place, seed)
    np.testing.assert_array_equal(ours.random(5), theirs.random(5))


def test_far_blocks_are_parts_of_one_long_one_and_need_no_points_before_theirs(monkeypatch):
    monkeypatch.setattr(qmc.Sobol, "fast_forward", None)  # which takes each point: seconds at a billion
    start = 10**9
    whole = draws.shared(1, start, start + 96)
    for at in (0, 16, 41):
        part = draws.shared(1, start + at, start + 96)
        assert all((part[name] == whole[name][at:]).all() for name in draws.SHARED)
    assert draws.beliefs(1, start, start + 16).tolist() == draws.beliefs(1, start, start + 96)[:16].tolist()
