"""Proves the shortlist's choice by brute force over every choice; its limits, bound and messages by hand."""

import contextlib
import ctypes
import dataclasses
import itertools
import math
import os
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.campaign import shortlist
from nanospread.campaign.shortlist import baselines, lp_relaxation, problem, program, solver
from nanospread.campaign.shortlist.solver import status
from nanospread.core import errors

KINDS = ("niche", "creator", "least", "fewest", "most", "must", "never", "pools", "pairs", "caution")
NICHES = ("food", "pet", "travel")
MOST_CHOICES = 6_000  # of one instance, so that brute force stays short
kinds = st.sets(st.sampled_from(KINDS))
seeds = st.integers(0, 10**6)
many = settings(max_examples=examples(60))
some = settings(max_examples=examples(15))


def instance(seed, kinds):
    """Return options of up to 12 creators, limits of these kinds, and what else a choice is given."""
    random = np.random.default_rng(seed)
    n, rows, choices = int(random.integers(1, 13)), [], 1
    for at in range(n):
        posts = int(random.integers(1, 4))
        while choices * (posts + 1) * 2 ** (n - at - 1) > MOST_CHOICES and posts > 1:
            posts -= 1
        choices *= posts + 1
        value, cost, reach = random.normal(40, 40), int(random.integers(0, 9_000)), random.uniform(100, 3_000)
        niche, er = NICHES[random.integers(3)], random.uniform(0.005, 0.1)
        for k in range(1, posts + 1):
            rows.append(
                (f"creator_{n - at:02d}", niche, k, cost * k + 300, value * k**0.8, er, reach * k**0.5)
            )
    options = pd.DataFrame(rows, columns=["creator", "niche", "posts", "cost", "value", "er", "reach"])
    creators = options["creator"].unique()
    some = [str(name) for name in random.permutation(creators)]
    limits = {"budget": int(random.uniform(0.1, 0.7) * options["cost"].sum()) + 300}
    if "niche" in kinds:
        limits["most_share_niche"] = float(random.uniform(0.3, 0.9))
    if "creator" in kinds:
        limits["most_share_creator"] = float(random.uniform(0.1, 0.9))
    if "least" in kinds:
        limits["least_per_niche"] = {niche: int(random.integers(0, 3)) for niche in options["niche"].unique()}
    if "fewest" in kinds:
        limits["least_creators"] = int(random.integers(0, 4))
    if "most" in kinds:
        limits["most_creators"] = limits.get("least_creators", 0) + int(random.integers(0, 5))
    if "must" in kinds:
        limits["must"] = tuple(some[:1])
    if "never" in kinds:
        limits["never"] = tuple(some[1:3])
    rest = {}
    if "pools" in kinds:
        pool = {"niche": ["food", "pet"], "pool": random.uniform(1_000, 9_000, 2), "price": [0.02, 0.05]}
        rest["pools"] = pd.DataFrame(pool).loc[lambda pools: pools["niche"].isin(options["niche"])]
    if "pairs" in kinds and n > 1:
        both = list(itertools.combinations(some, 2))[:6]
        pairs = pd.DataFrame(both, columns=["creator", "other"])
        rest["pairs"] = pairs.assign(penalty=random.uniform(0, 40, len(pairs)))
    if "caution" in kinds:
        worlds = int(random.integers(1, 50))
        luck = random.lognormal(0, 1, (worlds, n))[:, pd.factorize(options["creator"])[0]]
        rest["gains"] = options["value"].to_numpy() * luck * random.lognormal(0, 0.3, (worlds, 1)) - 10
        rest["caution"] = float(random.uniform(0, 1))
    return options, limits, rest


def every_choice(options):
    """Return all choices of at most one option of each creator [choices x options]."""
    rows = [[None, *group.index] for _, group in options.groupby("creator")]
    picked = list(itertools.product(*rows))
    chosen = np.zeros((len(picked), len(options)), dtype=bool)
    for at, choice in enumerate(picked):
        chosen[at, [row for row in choice if row is not None]] = True
    return chosen


def allowed(options, chosen, limits):
    """Return which choices keep to all limits."""
    cost = options["cost"].to_numpy()
    budget, fine = limits["budget"], np.ones(len(chosen), dtype=bool)
    fine &= chosen @ cost <= budget
    count = chosen.sum(axis=1)
    fine &= (count >= limits.get("least_creators", 0)) & (count <= limits.get("most_creators", math.inf))
    fine &= ~chosen[:, cost > limits.get("most_share_creator", 1) * budget].any(axis=1)
    for niche in NICHES:
        inside = (options["niche"] == niche).to_numpy()
        fine &= chosen[:, inside] @ cost[inside] <= limits.get("most_share_niche", 1) * budget
        fine &= chosen[:, inside].sum(axis=1) >= limits.get("least_per_niche", {}).get(niche, 0)
    for name in limits.get("must", ()):
        fine &= chosen[:, options["creator"] == name].any(axis=1)
    for name in limits.get("never", ()):
        fine &= ~chosen[:, options["creator"] == name].any(axis=1)
    return fine


def worth(options, chosen, pools=None, pairs=None, gains=None, caution=0.0):
    """Return the objective of choices, worked out in another way than the package does."""
    value = (1 - caution) * (chosen @ options["value"].to_numpy())
    for pool in [] if pools is None else pools.itertuples():
        inside = (options["niche"] == pool.niche).to_numpy()
        reach = chosen[:, inside] @ options["reach"].to_numpy()[inside]
        value -= pool.price * (reach - pool.pool * (1 - np.exp(-reach / pool.pool)))
    for pair in [] if pairs is None else pairs.itertuples():
        both = [chosen[:, options["creator"] == name].any(axis=1) for name in (pair.creator, pair.other)]
        value -= pair.penalty * (both[0] & both[1])
    if gains is not None:
        profit = np.sort(chosen @ gains.T, axis=1)
        tail = len(gains) * 0.05
        whole = int(tail)
        rest = profit[:, whole] * (tail - whole) if tail > whole else 0.0
        value += caution * (profit[:, :whole].sum(axis=1) + rest) / tail
    return value


def marked(options, rows):
    """Return a choice's rows as one row of choices [1 x options]."""
    return options.index.isin(rows.index)[None, :]


@pytest.mark.slow
@many
@given(seeds, kinds)
def test_the_choice_is_the_best_of_all_by_brute_force(seed, kinds):
    options, limits, rest = instance(seed, kinds)
    every = every_choice(options)
    fine = allowed(options, every, limits)
    if not fine.any():
        with pytest.raises(errors.InputError):
            shortlist.choice(options, shortlist.Limits(**limits), **rest)
        return
    try:
        found = shortlist.choice(options, shortlist.Limits(**limits), **rest)
    except errors.InputError:
        assert fine.sum() == 1  # nobody can be chosen, and nobody need be
        return
    best = worth(options, every[fine], **rest).max()
    mine = marked(options, found.rows)
    assert allowed(options, mine, limits).all()
    assert found.value == pytest.approx(worth(options, mine, **rest)[0], rel=1e-9, abs=1e-7)
    assert found.value == pytest.approx(best, rel=1e-8, abs=1e-6)
    assert found.bound >= best - 1e-7 * max(abs(best), 1)
    assert found.proven
    assert found.status == "optimal"
    for plain in found.baselines.values():
        theirs = marked(options, plain.rows)
        assert allowed(options, theirs, limits).all()
        assert plain.value == pytest.approx(worth(options, theirs, **rest)[0], rel=1e-9, abs=1e-7)
        assert plain.value <= found.value
        assert plain.spent == plain.rows["cost"].sum()
    assert found.spent == found.rows["cost"].sum() <= limits["budget"]


@some
@given(seeds, kinds)
def test_blocks_and_a_narrow_first_search_lose_nothing(seed, kinds):
    options, limits, rest = instance(seed, kinds)
    best = value_of(options, limits, rest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lp_relaxation, "OPEN", 3)
        patch.setattr(lp_relaxation, "DENSE", 3)
        patch.setattr(solver, "NARROW", 4)
        assert value_of(options, limits, rest) == pytest.approx(best, rel=1e-8, abs=1e-6)


@some
@example(181_856, {"caution", "fewest", "least", "pairs", "pools"})  # the round of the lowest bound
@example(578_166, {"pools"})  # was not that of the best answer
@given(seeds, kinds)
def test_the_relaxed_bound_and_the_margins_hold_for_every_choice_by_brute_force(seed, kinds):
    options, limits, rest = instance(seed, kinds)
    every = every_choice(options)
    every = every[allowed(options, every, limits)]
    if not every.any():
        return
    asked = problem.problem(options, shortlist.Limits(**limits), **rest)
    kept = baselines.cheapest(asked)
    assert asked.cost[kept].sum() == (every @ options["cost"].to_numpy()).min()
    found = lp_relaxation.relaxed(asked, kept)
    values, stand = worth(options, every, **rest), found.reduced_costs
    assert stand.bound >= values.max() - 1e-6
    assert found.value == pytest.approx(stand.bound, rel=1e-6, abs=1e-5)
    for creator, chosen in enumerate(stand.chosen):
        own = asked.row[asked.owner == creator]
        same = every[:, asked.row[stand.best[creator]]] if chosen else ~every[:, own].any(axis=1)
        if not same.all():
            assert values[~same].max() <= stand.bound - stand.margin[creator] + 1e-6


def test_three_creators_are_chosen_by_hand():
    options = listed(("ann", "food", 60_00, 50), ("bob", "food", 50_00, 40), ("cleo", "pet", 50_00, 35))
    found = chosen(options, budget=100_00)
    assert list(found.rows["creator"]) == ["bob", "cleo"]  # 75, although ann alone is worth most per cent
    assert (found.value, found.spent, found.status, found.gap) == (75, 100_00, "optimal", 0)
    assert chosen(options, budget=99_99).value == 50


def listed(*rows):
    """Return options of one post from creator, niche, cost, value and, where given, reach."""
    whole_rows = [(*row, 1_000.0)[:5] for row in rows]
    options = pd.DataFrame(whole_rows, columns=["creator", "niche", "cost", "value", "reach"])
    return options.assign(posts=1, er=np.linspace(0.01, 0.02, len(options)))


def chosen(options, **limits):
    """Return the choice under these limits alone."""
    return shortlist.choice(options, shortlist.Limits(**limits))


def test_overlap_inside_a_niche_is_paid_for_and_outside_is_not():
    options = listed(("ann", "food", 1, 10, 1e3), ("bob", "food", 1, 10, 1e3), ("cleo", "pet", 1, 9, 1e3))
    pools = pd.DataFrame({"niche": ["food", "pet"], "pool": 2_000.0, "price": 0.02})
    limits = shortlist.Limits(budget=2)
    found = shortlist.choice(options, limits, pools=pools)
    one, two = (0.02 * (s - 2_000 * (1 - math.exp(-s / 2_000))) for s in (1_000, 2_000))
    assert list(found.rows["creator"]) == ["ann", "cleo"]
    assert found.value == pytest.approx(19 - 2 * one)
    assert found.value > 20 - two


def test_the_order_of_rows_changes_nothing_and_ties_go_by_name():
    options, limits, rest = instance(5, {"niche", "pools", "pairs"})
    twins = pd.concat([options, options.assign(creator="z" + options["creator"])], ignore_index=True)
    found = [
        shortlist.choice(twins.sample(frac=1, random_state=seed), shortlist.Limits(**limits), **rest)
        for seed in range(3)
    ]
    for other in found[1:]:
        pd.testing.assert_frame_equal(other.rows, found[0].rows)
        assert (other.value, other.bound) == (found[0].value, found[0].bound)


@some
@given(seeds, kinds, st.integers(1, 10_000))
def test_more_budget_never_hurts(seed, kinds, more):
    options, limits, rest = instance(seed, kinds - {"niche", "creator"})
    values = [value_of(options, limits | {"budget": limits["budget"] + add}, rest) for add in (0, more)]
    assert values[1] >= values[0] - 1e-6


def value_of(options, limits, rest):
    """Return the best value under limits, -inf where there is no choice."""
    try:
        return shortlist.choice(options, shortlist.Limits(**limits), **rest).value
    except errors.InputError:
        return -math.inf


@some
@given(seeds, kinds)
def test_no_limit_raises_the_value(seed, kinds):
    options, limits, rest = instance(seed, kinds | {"must", "never"})
    free = {name: limit for name, limit in limits.items() if name not in ("must", "never")}
    assert value_of(options, limits, rest) <= value_of(options, free, rest) + 1e-6


@some
@given(seeds, kinds)
def test_an_unaffordable_wish_is_met_by_the_budget_that_the_message_names(seed, kinds):
    options, _, _ = instance(seed, kinds)
    least = {niche: int((options.groupby("creator")["niche"].first() == niche).sum()) for niche in NICHES}
    asked = {"least_per_niche": {niche: count for niche, count in least.items() if count}}
    limits = {"least_creators": sum(least.values()), **asked}
    needed = int(options.groupby("creator")["cost"].min().sum())
    limits["budget"] = max(needed - 1, int(options.groupby("creator")["cost"].min().max()))
    if needed <= limits["budget"]:
        return  # one creator alone
    with pytest.raises(errors.InputError, match="the minima") as refused:
        chosen(options, **limits)
    assert f"a budget of EUR {needed / 100:,.2f} would do" in str(refused.value)
    assert chosen(options, **limits | {"budget": needed}).spent == needed


FOUR = (
    ("ann", "food", 10_00, 5),
    ("bob", "food", 20_00, 5),
    ("cleo", "pet", 30_00, 5),
    ("dan", "pet", 40_00, 5),
)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"budget": 50_00, "must": ("bob", "dan")},
            "the must-haves cost at least EUR 60.00, more than the budget of EUR 50.00; a budget of EUR 60",
        ),
        (
            {"budget": 100_00, "least_per_niche": {"pet": 3}},
            "least_per_niche pet: 3, but only 2 creators of pet can be chosen; least_per_niche pet: 2",
        ),
        (
            {"budget": 100_00, "least_per_niche": {"pet": 2}, "most_share_niche": 0.5},
            "least_per_niche pet: 2, but only 1 creator of pet fit under most_share_niche 0.5 (EUR 50.00); "
            "least_per_niche pet: 1 would do",
        ),
        (
            {"budget": 100_00, "least_per_niche": {"pet": 1}, "most_creators": 1, "must": ("ann",)},
            "must and least_per_niche ask for 2 creators, but most_creators is 1; most_creators 2 would do",
        ),
        (
            {"budget": 100_00, "least_creators": 4, "never": ("ann",)},
            "least_creators is 4, but only 3 creators can be chosen under the budget of EUR 100.00 and "
            "never; least_creators 3 would do",
        ),
        (
            {"budget": 60_00, "least_creators": 3, "least_per_niche": {"pet": 2}, "currency": "USD"},
            "the minima (least_per_niche, least_creators) cost at least USD 80.00, more than the budget of "
            "USD 60.00; a budget of USD 80.00 would do",
        ),
        (
            {"budget": 100_00, "most_share_creator": 0.3, "must": ("dan",)},
            "must names 'dan', who costs at least EUR 40.00, more than the EUR 30.00 that "
            "most_share_creator 0.3 allows; take 'dan' out or allow EUR 40.00",
        ),
        (
            {"budget": 100_00, "most_share_niche": 0.6, "must": ("cleo", "dan")},
            "the must-haves of pet cost more than one niche may: most_share_niche 0.6 (EUR 60.00)",
        ),
        ({"budget": 9_99}, "the cheapest costs EUR 10.00, more than the budget of EUR 9.99"),
        ({"budget": 100_00, "never": ("ann", "bob", "cleo", "dan")}, "no creator is left to choose"),
        ({"budget": 100_00, "least_per_niche": {"pets": 1}}, "did you mean 'pet'?"),
    ],
)
def test_limits_that_conflict_are_named_with_what_would_do(limits, message):
    with pytest.raises(errors.InputError) as refused:
        chosen(listed(*FOUR), **limits)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def roster(n, seed=1):
    """Return options of many creators, up to three posts each, value rising with cost, and their limits."""
    random = np.random.default_rng(seed)
    posts = np.arange(1, 4)
    fee, luck = random.lognormal(3.5, 0.6, n), random.lognormal(0, 0.5, n)
    niche = random.choice(["beauty", "food", "home", "pet", "travel"], n, p=[0.4, 0.25, 0.2, 0.1, 0.05])
    options = pd.DataFrame(
        {
            "creator": np.repeat([f"creator_{at:06d}" for at in range(n)], 3),
            "niche": np.repeat(niche, 3),
            "posts": np.tile(posts, n),
            "cost": (100 * (30 + np.outer(fee, posts))).astype(np.int64).ravel(),
            "value": np.outer(1.5 * fee * luck, posts**0.7).ravel(),
            "er": np.repeat(random.lognormal(-3.3, 0.7, n), 3),
            "reach": np.outer(20 * fee, posts**0.5).ravel(),
        }
    )
    limits = shortlist.Limits(
        budget=6_000 * max(n // 40, 40),
        least_per_niche={"pet": 3, "travel": 4},
        most_share_niche=0.35,
        most_share_creator=0.05,
        must=("creator_000003",),
        never=("creator_000004",),
    )
    pools = pd.DataFrame({"niche": ["beauty", "food"], "pool": 5_000.0, "price": 0.005})
    return options, limits, pools


def test_a_long_roster_is_chosen_within_ten_basis_points_as_told_and_its_blocks_lose_nothing(monkeypatch):
    options, limits, pools = roster(3_000)
    exact = shortlist.choice(options, limits, pools=pools)
    assert exact.proven
    monkeypatch.setattr(lp_relaxation, "OPEN", 300)
    monkeypatch.setattr(solver, "OPEN", 300)
    found = shortlist.choice(options, limits, pools=pools)
    assert found.gap <= 1e-3
    assert found.value <= exact.value * (1 + 1e-9)
    assert found.bound >= exact.value * (1 - 1e-9)
    assert found.value >= exact.value * (1 - found.gap)
    assert found.bound == pytest.approx(found.value / (1 - found.gap) if found.gap else found.value)
    assert found.spent <= limits.budget
    assert found.rows["creator"].is_unique
    assert {"creator_000003"} <= set(found.rows["creator"])
    assert (found.rows["niche"] == "travel").sum() >= 4
    assert max(found.rows.groupby("niche")["cost"].sum()) <= 0.35 * limits.budget


def test_prices_say_what_a_little_more_budget_would_bring():
    options, limits, pools = roster(400)
    limits = dataclasses.replace(limits, most_share_creator=1.0)
    bounds = []
    for budget in (limits.budget, limits.budget + 2_000):
        asked = problem.problem(options, dataclasses.replace(limits, budget=budget), pools=pools)
        bounds.append(lp_relaxation.relaxed(asked, baselines.cheapest(asked)).reduced_costs.bound)
    found = shortlist.choice(options, limits, pools=pools)
    expected = 2_000 * (found.budget_price + 0.35 * found.niche_prices["cap"].sum())
    assert bounds[1] - bounds[0] == pytest.approx(expected, rel=0.05)
    assert expected > 1


def test_reduced_values_tell_those_chosen_from_the_rest():
    options, limits, pools = roster(400)
    found = shortlist.choice(options, limits, pools=pools)
    assert found.reduced[options["creator"] == "creator_000004"].isna().all()  # never
    free = ~options["creator"].isin(["creator_000003", "creator_000004"])  # must, never
    best = found.reduced[free].groupby(options["creator"]).max()
    inside = best.index.isin(found.rows["creator"])
    assert best[inside].min() > best[~inside].max() - 30
    assert (best[inside] > 0).mean() > 0.8
    assert (best[~inside] < 0).mean() > 0.95


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (0, "optimal"),
        (0.8e-4, "within 0.8 basis points of the best possible"),
        (1e-4, "within 1 basis point of the best possible"),
        (3.01e-4, "within 3.1 basis points of the best possible"),
        (12.2e-4, "within 13 basis points of the best possible"),
    ],
)
def test_the_status_says_the_gap_and_never_less(gap, words):
    assert status(gap) == words


def test_equal_split_goes_on_in_the_frames_order_until_the_money_is_gone():
    rows = [
        ("zoe", "food", 40_00, 1),
        ("ann", "food", 40_00, 9),
        ("bob", "pet", 50_00, 1),
        ("cyd", "food", 10_00, 1),
    ]
    found = chosen(listed(*rows), budget=100_00).baselines["equal split"]
    assert list(found.rows["creator"]) == [
        "bob",
        "cyd",
        "zoe",
    ]  # ann would break food's 50
    assert found.spent == 100_00


def test_greedy_takes_the_highest_er_and_keeps_money_for_the_minima():
    options = listed(*FOUR)  # dan has the highest er, then cleo
    found = chosen(options, budget=70_00, least_per_niche={"food": 2})
    assert list(found.baselines["greedy by ER"].rows["creator"]) == ["ann", "bob", "dan"]


def test_debug_lines_of_the_solver_reach_no_output_and_all_else_does(capfd):
    c = ctypes.CDLL(None) if os.name == "posix" else ctypes.cdll.msvcrt
    print("before")
    with program.without_debug_lines():
        c.puts(b"HighsMipSolverData::transformNewIntegerFeasibleSolution tmpSolver.run();")
        print("during")
    print("after")
    c.fflush(None)
    assert capfd.readouterr().out == "before\nduring\nafter\n"


def test_output_is_whole_again_when_two_threads_solve_or_the_solver_fails(capfd):
    def solve(fails):
        with contextlib.suppress(ValueError), program.without_debug_lines():
            os.write(1, b"Highs\nkept\n")
            if fails:
                raise ValueError

    threads = [threading.Thread(target=solve, args=(at == 1,)) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(1, b"after\n")
    assert capfd.readouterr().out == "kept\n" * 3 + "after\n"


def test_the_solver_is_asked_where_it_is_quiet(monkeypatch, capfd):
    def loud(*arguments, **options):
        os.write(1, b"HighsMipSolverData::debug\n")
        return asked(*arguments, **options)

    asked = program.optimize.milp
    monkeypatch.setattr(program.optimize, "milp", loud)
    options, limits, rest = instance(11, {"pools"})
    shortlist.choice(options, shortlist.Limits(**limits), **rest)
    assert capfd.readouterr().out == ""


def test_caution_moves_the_choice_from_the_risky_to_the_safe():
    options = listed(("risky", "food", 1, 10), ("safe", "pet", 1, 8))
    gains = np.column_stack([np.tile([-10.0, 30.0], 20), np.full(40, 8.0)])
    picks = [
        list(
            shortlist.choice(options, shortlist.Limits(budget=1), gains=gains, caution=caution).rows[
                "creator"
            ]
        )
        for caution in (0.0, 0.05, 0.5, 1.0)
    ]
    assert picks == [["risky"], ["risky"], ["safe"], ["safe"]]
