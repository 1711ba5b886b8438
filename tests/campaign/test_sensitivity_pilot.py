"""Proves the worth of a pilot: bounds, limits, and that shared luck is not averaged out by more creators."""

import math

import numpy as np
import pytest
from scipy import special

from nanospread import pages
from nanospread.campaign import brief as briefs
from nanospread.campaign import sensitivity
from nanospread.campaign.brief.assumptions import overridden
from oracles import closed_forms
from test_simulation_exact import fit  # noqa: F401


@pytest.fixture(scope="module")
def brief():
    return briefs.changed(briefs.read("sample"), budget=2_000.0, niches=["beauty", "food"], mixes=[])


def pilot(fit, brief, creators=10):  # noqa: F811
    return sensitivity.pilot(fit, brief, creators=creators, n_worlds=4_000, seed=2)


def test_a_pilot_is_worth_less_than_knowing_and_more_creators_tell_more(fit, brief):  # noqa: F811
    few, some, many = (pilot(fit, brief, n) for n in (1, 10, 60))
    assert 0 <= few.sample <= some.sample <= many.sample <= many.perfect
    assert few.perfect == pytest.approx(many.perfect)
    assert few.cost * 10 == pytest.approx(some.cost)


def test_shared_luck_keeps_a_large_pilot_from_telling_all(fit, brief):  # noqa: F811
    free, bound = (pilot(fit, briefs.changed(brief, rho_campaign=rho, rho_niche=0.0, platform_sd=0.0), 200)
                   for rho in (0.0, 0.4))  # fmt: skip
    assert free.rho < 0.05 < 0.1 < bound.rho
    assert free.sample / free.perfect > bound.sample / bound.perfect


def test_a_measured_kappa_leaves_nothing_to_learn(fit, brief):  # noqa: F811
    known = overridden(brief.assumptions, {"kappa": {"low": 10, "high": 10}}, "measured")
    found = pilot(fit, brief.model_copy(update={"assumptions": known}))
    assert found.perfect == pytest.approx(0, abs=1e-9)
    assert found.sample == pytest.approx(0, abs=1e-9)


def test_the_worth_of_knowing_is_the_mean_of_the_best_less_the_best_mean():
    """By hand: profits 2k - 3 at k = 1, 2, 3 are -1, 1, 3; knowing k saves the loss of 1 in one of three."""
    kappa = np.array([1.0, 2.0, 3.0])
    assert sensitivity.worth([(2.0, 3.0)], kappa) == pytest.approx(1 / 3)
    assert sensitivity.worth([(2.0, 3.0), (2.0, 9.0)], kappa) == pytest.approx(1 / 3)
    assert sensitivity.worth([(2.0, 1.0)], kappa) == 0  # no kappa turns the choice
    assert sensitivity.worth([(2.0, 9.0)], kappa) == 0


def test_for_a_normal_kappa_it_is_the_closed_form():
    """V14: EVPI = sd L(|mean| / sd), and a pilot's by the sd that it leaves to learn."""
    normal = special.ndtri((np.arange(200_000) + 0.5) / 200_000)
    assert sensitivity.worth([(2_000.0, 500.0)], normal) == pytest.approx(
        closed_forms.evpi(-500, 2_000), rel=1e-3
    )
    told = 2_000**2 / (2_000**2 + 4_000**2 / 10)
    learnt = sensitivity.worth([(2_000.0, 500.0)], math.sqrt(told) * normal)
    assert learnt == pytest.approx(closed_forms.evsi(-500, 2_000, 4_000, 10, 0.0), rel=1e-3)


@pytest.mark.parametrize("change", [{"kappa": 0}, {"cvr_nano": 0.0}])
def test_where_nobody_orders_a_pilot_tells_nothing(fit, brief, change):  # noqa: F811
    found = pilot(fit, briefs.changed(brief, **change))
    assert np.isnan(found.sample)
    assert "unknown" in pages.campaign.pilot(found, "EUR").text or found.perfect == 0


def test_the_prior_of_kappa_has_low_and_high_as_its_tenths(brief):
    level = brief.assumptions["kappa"]
    assert level.at(np.array([-1.2815515655446004, 0, 1.2815515655446004])) == pytest.approx([1, 10, 45])
