"""Half widths of normal intervals, and Wilson's interval against published values and its own definition."""

import math

import numpy as np
import pytest
from scipy import stats

from nanospread.core import estimates


def test_half_widths_are_normal_quantiles():
    assert stats.norm.ppf(0.975) == estimates.Z95
    assert pytest.approx(stats.norm.ppf(0.9), abs=1e-15) == estimates.Z80


def test_wilson_against_the_published_values():
    low, high = estimates.wilson(np.array([0.5, 0.0, 1.0]), np.array([10.0, 10.0, 10.0]))
    assert low == pytest.approx([0.2366, 0.0, 0.7225], abs=5e-5)
    assert high == pytest.approx([0.7634, 0.2775, 1.0], abs=5e-5)


@pytest.mark.parametrize(("share", "n"), [(0.03, 40.0), (0.5, 7.5), (0.9, 1000.0)])
def test_an_end_is_the_share_from_which_the_seen_one_is_196_standard_errors_away(share, n):
    for end in (float(value[0]) for value in estimates.wilson(share, n)):
        assert abs(share - end) == pytest.approx(estimates.Z95 * math.sqrt(end * (1 - end) / n))


def test_students_t_is_wider_than_the_normal():
    narrow, wide = (estimates.wilson(0.3, 20, freedom) for freedom in (math.inf, 5))
    assert wide[0] < narrow[0] < 0.3 < narrow[1] < wide[1]


def test_the_standard_error_of_a_mean_of_clusters_of_one_is_the_usual_one():
    x = np.array([1.0, 2.0, 4.0, 7.0])
    assert estimates.clustered_se(x - x.mean(), 4) == pytest.approx(x.std(ddof=1) / 2)


def test_half_a_t_interval_by_the_table():
    assert estimates.t_half_width(10) == pytest.approx(2.228, abs=5e-4)
