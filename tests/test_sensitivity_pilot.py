"""Proves the worth of a pilot: bounds, limits, and that shared luck is not averaged out by more creators."""

import numpy as np
import pytest

from nanospread import brief as briefs
from nanospread import errors, risk, sensitivity
from nanospread.brief.assumptions import overridden
from test_simulate_exact import fit  # noqa: F401


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
    assert some.perfect == pytest.approx(risk.evpi(some.mean, some.sd))


def test_shared_luck_keeps_a_large_pilot_from_telling_all(fit, brief):  # noqa: F811
    free, bound = (pilot(fit, briefs.changed(brief, rho_campaign=rho, rho_niche=0.0, platform_sd=0.0), 200)
                   for rho in (0.0, 0.4))  # fmt: skip
    assert free.rho < 0.05 < 0.1 < bound.rho
    assert free.sample / free.perfect > bound.sample / bound.perfect


def test_a_measured_kappa_leaves_nothing_to_learn(fit, brief):  # noqa: F811
    known = overridden(brief.assumptions, {"kappa": {"low": 10, "high": 10}}, "measured")
    sure = brief.model_copy(update={"assumptions": known})
    found = pilot(fit, sure)
    assert found.sd == pytest.approx(0, abs=1e-9)
    assert found.perfect == pytest.approx(0, abs=1e-9)


def test_kappa_zero_is_refused(fit, brief):  # noqa: F811
    with pytest.raises(errors.InputError, match="kappa must be above 0"):
        pilot(fit, briefs.changed(brief, kappa=0))


def test_the_prior_of_kappa_has_low_and_high_as_its_tenths(brief):
    level = brief.assumptions["kappa"]
    assert level.at(np.array([-1.2815515655446004, 0, 1.2815515655446004])) == pytest.approx([1, 10, 45])
