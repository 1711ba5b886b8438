"""Proves that the peers of `make bench` simulate the campaign they claim to.

The plain loop tells the package's whole story with numpy's own luck, so it is an oracle of the engine too.
The libraries' reduced campaign has closed forms, and its odds are those of `nanospread.risk` to the digit.
"""

import functools
import itertools
import json
import math
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from nanospread.campaign import brief as briefs
from nanospread.campaign import risk, simulation
from nanospread.campaign.lift_tests import randomisation
from nanospread.campaign.simulation import kernel
from nanospread.core import errors, paths

sys.path.insert(0, str(paths.ROOT / "tools" / "peers"))
sys.path.insert(0, str(paths.ROOT / "tools" / "benches"))
import bare_draws
import campaigns
import loop
import odds
import parameters

PEERS = paths.ROOT / "tools" / "peers"
BENCH = paths.ROOT / ".venv-bench" / "bin" / "python"
LIBRARIES = ["squiggle.py", "monaco_peer.py"]
SEED = 3


def near(value, exact, se):
    return abs(value - exact) <= 4 * se + 1e-9 * abs(exact)


# The plain loop, and the engine it is an oracle of


@pytest.fixture(scope="module")
def fit():
    return campaigns.model()


STRONG = {
    "rho_campaign": 0.4,
    "rho_niche": 0.3,
    "flop_rate": 0.25,
    "flop_multiplier": 0,
    "er_to_conversion": 0.6,
    "platform_sd": 0.5,
    "recruitment_precision": 10,
    "niche_pool": 500_000,
    "repeat_click_weight": 0,
    "order_value_cv": 1.0,
    "overhead_per_creator": 30,
    "kappa": 45,
}


@pytest.fixture(scope="module", params=[{}, STRONG], ids=["sample", "strong"])
def plan(request):
    """Return the sample's brief, and one in which all that creators share weighs as much as it may."""
    return briefs.changed(campaigns.plan(40), **request.param)


@pytest.fixture(scope="module")
def told(fit, plan):
    """Return the worlds of the loop by arm."""
    return _by_arm(loop.worlds(fit, plan, 4_000, SEED))


@pytest.fixture(scope="module")
def simulated(fit, plan):
    """Return the engine's worlds by arm."""
    return _by_arm(simulation.campaign(fit, plan, n_worlds=1 << 16, seed=SEED, only=loop.ARMS).worlds)


def _by_arm(worlds):
    return {arm: rows.reset_index(drop=True) for arm, rows in worlds.groupby("arm", observed=True)}


def agree(one, other):
    return near(one.value, other.value, np.hypot(one.se, other.se))


@pytest.mark.slow
@pytest.mark.parametrize("arm", loop.ARMS)
@pytest.mark.parametrize("outcome", [*kernel.OUTCOMES, "roi"])
def test_the_loop_and_the_engine_agree_on_the_mean_of_every_outcome(told, simulated, arm, outcome):
    slow, fast = told[arm][outcome], simulated[arm]
    assert agree(risk.mean(slow), risk.mean(fast[outcome], batch=fast["world"] % risk.BATCHES))


@pytest.mark.parametrize("arm", loop.ARMS)
@pytest.mark.parametrize("outcome", ["profit", "reach", "engagements", "clicks", "contacts"])
def test_the_loop_and_the_engine_agree_on_how_far_worlds_lie_apart(told, simulated, arm, outcome):
    centre = simulated[arm][outcome].mean()
    slow, fast = (np.log1p(abs(worlds[arm][outcome] - centre)) for worlds in (told, simulated))
    assert agree(risk.mean(slow), risk.mean(fast))


@pytest.mark.parametrize("arm", loop.ARMS)
def test_the_loop_and_the_engine_agree_on_the_odds_of_each_arm(told, simulated, arm):
    slow, fast = told[arm], simulated[arm]
    assert agree(risk.p_loss(slow["profit"]), risk.p_loss(fast["profit"]))
    assert agree(risk.probability(slow["conversions"] == 0), risk.probability(fast["conversions"] == 0))
    assert agree(risk.cvar(slow["profit"], 0.5), risk.cvar(fast["profit"], 0.5))
    assert agree(risk.cvar(slow["profit"]), risk.cvar(fast["profit"]))


def test_the_loop_and_the_engine_agree_on_which_arm_wins_and_on_what_they_share(told, simulated):
    slow, fast = ([worlds[arm]["profit"] for arm in ("nano_gift", "macro")] for worlds in (told, simulated))
    assert agree(risk.p_beats(*slow), risk.p_beats(*fast))
    together = [risk.probability((nano > 0) & (macro > 0)) for nano, macro in (slow, fast)]
    assert agree(*together)


@pytest.mark.parametrize("changes", [{"weeks": 2}, {"posts": 2}, {"macro_posts": 2}, {"macro_halo": 0.2}])
def test_the_loop_refuses_a_brief_whose_story_it_does_not_know(fit, plan, changes):
    with pytest.raises(errors.InputError, match="the loop knows one post in one week, and no switches"):
        loop.worlds(fit, briefs.changed(plan, **changes), 2, SEED)


# The libraries' reduced campaign


BETAS = [stats.beta(20 * mean, 20 * (1 - mean)) for mean in (0.40, 0.65)]  # reply, accept


def test_the_constants_are_those_of_the_normal_and_the_gamma():
    assert stats.norm.ppf(0.1) == pytest.approx(parameters.FLOP_SCORE, abs=1e-12)
    assert stats.gamma(parameters.VALUE_SHAPE).std() * parameters.VALUE_SHAPE**-1 == pytest.approx(0.6)


def printed(python, peer, *arguments):
    """Return what a peer prints on its command line."""
    command = [str(python), str(PEERS / peer), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@functools.cache
def found(peer, n_creators, n_worlds=20_000):
    return json.loads(printed(BENCH, peer, n_creators, n_worlds, SEED).stdout)["outputs"]


installed = pytest.mark.skipif(not BENCH.exists(), reason="no .venv-bench: tools/peers/setup.sh makes it")


@installed
@pytest.mark.parametrize("peer", LIBRARIES)
def test_contacts_stop_when_a_contact_and_a_gift_cannot_be_paid(peer):
    value, se = found(peer, 6)["nano_cost_mean"]
    assert near(value, mean_cost(6, parameters.campaign(6).budget), se)


def mean_cost(n_creators, budget):
    """Return the exact mean cost: what each way down the list costs, times its chance."""
    ways = itertools.product((0, 1), repeat=n_creators)
    return sum(spent(accepts, budget) * chance_of(sum(accepts), n_creators) for accepts in ways)


def spent(accepts, budget):
    total = 0.0
    for accepted in accepts:
        if total + 4 + 28 <= budget:
            total += 4 + 28 * accepted
    return total


@functools.cache
def chance_of(accepted, n):
    """Return the chance that just these of n accept; all share one chance: reply times accept, both Beta."""
    reply, accept = BETAS
    return sum(
        (-1) ** k * math.comb(n - accepted, k) * reply.moment(accepted + k) * accept.moment(accepted + k)
        for k in range(n - accepted + 1)
    )


@installed
@pytest.mark.parametrize("peer", LIBRARIES)
def test_the_macros_mean_is_the_closed_form_flops_made_likelier_by_what_weighs_less(peer):
    campaign, outputs = parameters.campaign(200), found(peer, 200)
    shared = 1 - parameters.OWN  # a world counts by its demand, and demand moves the latent score
    kept = 1 - (1 - parameters.FLOP_KEEPS) * stats.norm.cdf(parameters.FLOP_SCORE - shared)
    orders = campaign.macro_orders * kept
    earned = parameters.MARGIN * parameters.ORDER_VALUE * orders - campaign.budget
    for name, exact in (("macro_conversions_mean", orders), ("macro_profit_mean", earned)):
        value, se = outputs[name]
        assert near(value, exact, se), name


@installed
@pytest.mark.parametrize("peer", LIBRARIES)
def test_a_list_that_no_contact_can_be_paid_for_costs_nothing_and_never_flops(peer):
    outputs = found(peer, 2, 50)
    assert outputs["nano_cost_p90"][0] == 0
    assert outputs["nano_p_flop"][0] == 0
    assert outputs["nano_p_zero"][0] == 1


@installed
def test_the_two_libraries_find_the_same_odds():
    one, other = (found(peer, 200) for peer in LIBRARIES)
    assert one.keys() == other.keys()
    smooth = ("profit_mean", "conversions_mean", "cost_mean", "p_loss", "p_zero", "cvar_5", "beats_macro")
    for name in (name for name in one if name.endswith(smooth)):
        assert near(one[name][0], other[name][0], np.hypot(one[name][1], other[name][1])), name


@pytest.fixture(scope="module")
def outcomes(told):
    """Return a nano and a macro arm to tell the odds of."""
    return [odds.Outcome(*(told[arm][name].to_numpy() for name in ("profit", "cost", "conversions")))
            for arm in ("nano_gift", "macro")]  # fmt: skip


def test_the_odds_and_their_errors_are_those_of_the_package(outcomes):
    nano, macro = outcomes
    listed = odds.outputs(nano, macro)
    expected = {
        "nano_profit_mean": risk.mean(nano.profit),
        "nano_conversions_p10": risk.quantile(nano.conversions, 0.1),
        "nano_cost_p50": risk.quantile(nano.cost, 0.5),
        "macro_profit_p90": risk.quantile(macro.profit, 0.9),
        "nano_p_loss": risk.p_loss(nano.profit),
        "nano_p_flop": risk.probability(nano.profit / nano.cost < -0.5),
        "macro_p_zero": risk.probability(macro.conversions == 0),
        "nano_var_5": risk.quantile(nano.profit, 0.05),
        "nano_cvar_5": risk.cvar(nano.profit),
        "nano_p_beats_macro": risk.p_beats(nano.profit, macro.profit),
    }
    for name, estimate in expected.items():
        assert listed[name] == pytest.approx((estimate.value, estimate.se), rel=1e-9), name


# The limit, and the command line of all that have one


def test_the_limit_draws_once_for_each_creator_and_world_whatever_the_block():
    n_worlds = bare_draws.BLOCK + 5
    assert set(bare_draws.run(3, n_worlds, SEED).values()) == {3 * n_worlds}


def test_the_command_line_prints_seconds_and_outputs():
    said = json.loads(printed(sys.executable, "bare_draws.py", 8, 50, SEED).stdout)
    assert said["seconds"] > 0
    assert said["outputs"] == bare_draws.run(8, 50, SEED)


@installed
@pytest.mark.parametrize("peer", LIBRARIES)
def test_a_library_repeats_itself_with_the_same_seed(peer):
    first, second = (json.loads(printed(BENCH, peer, 8, 50, SEED).stdout)["outputs"] for _ in range(2))
    assert first == second


def test_the_command_line_names_a_count_it_cannot_use():
    refused = printed(sys.executable, "bare_draws.py", 8, 1, SEED)
    assert refused.returncode == 2
    assert "argument worlds: must be a whole number from 2; got '1'" in refused.stderr


@installed
def test_a_region_test_is_that_of_a_poisson_regression_with_regions_and_weeks():
    rng = np.random.default_rng(SEED)
    treated = np.array([1, 0, 1, 0, 0, 1, 0, 1])
    orders = rng.poisson(rng.uniform(20, 90, 8) * np.ones((16, 1)))
    case = {"orders": orders.tolist(), "treated": treated.tolist(), "start": 12}
    ours = randomisation.estimates(treated[None] == 1, orders[:12].sum(axis=0), orders[12:].sum(axis=0))[0]
    assert json.loads(printed(BENCH, "did_peer.py", json.dumps(case)).stdout)["effect"] == pytest.approx(ours)


# What results teach, by NUTS


def belief(name, low, central, high, *, scale="log", moves_with=""):
    ends = {"low": low, "central": central, "high": high, "least": 0, "most": 1e6}
    return {"name": name, "scale": scale, "moves_with": moves_with, **ends}


@functools.cache
def nuts(case, n_draws=4_000):
    command = [str(BENCH), str(PEERS / "nuts_peer.py"), str(n_draws), str(SEED)]
    return json.loads(subprocess.run(command, input=case, capture_output=True, text=True, check=True).stdout)


@installed
def test_nuts_finds_the_prior_where_nothing_is_told_and_the_closed_form_where_there_is_one():
    rows = [belief("fee_per_follower_nano", 0.01, 0.02, 0.04), belief("apart", 0.1, 0.2, 0.5, scale="logit")]
    fixed = {"fee_per_follower_macro": 0.01, "fee_noise": 0.5}
    fees = {"log_fee": np.log([0.05, 0.06, 0.04]).tolist(), "side": [0, 0, 0]}
    found = nuts(json.dumps({"rows": rows, "fixed": fixed, "evidence": {"fees": fees}}))
    se = 1 / math.sqrt(found["n_eff"])
    sd = math.log(2) / stats.norm.ppf(0.9)
    precision = 1 / sd**2 + 3 / 0.5**2
    mean = (math.log(0.02) / sd**2 + sum(fees["log_fee"]) / 0.5**2) / precision
    draws = np.log(found["draws"]["fee_per_follower_nano"])
    assert abs(draws.mean() - mean) < 4 * se / math.sqrt(precision)
    assert draws.std() * math.sqrt(precision) == pytest.approx(1, abs=4 * se)
    for q, value in {0.1: 0.1, 0.5: 0.2, 0.9: 0.5}.items():
        under = np.mean(np.array(found["draws"]["apart"]) <= value)
        assert abs(under - q) < 4 * se * math.sqrt(q * (1 - q))
