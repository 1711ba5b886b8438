"""Proves the fast kernel against the story told slowly, world by world, in plain Python; that its numbers
come from (seed, creator, world, purpose) alone, whatever the blocks, threads and processes; its inversions.
"""

import dataclasses
import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from nanospread.campaign import brief as briefs
from nanospread.campaign import simulation
from nanospread.campaign.simulation import arms, creator_list, creator_model, draws, money
from nanospread.campaign.simulation.arms import Arm
from nanospread.creators import engagement

NICHES = ("beauty", "food")


@pytest.fixture(scope="module")
def fit():
    random = np.random.default_rng(5)
    roster = pd.DataFrame(
        {
            "creator": [f"c{i}" for i in range(24)],
            "niche": [NICHES[i % 2] for i in range(24)],
            "followers": np.geomspace(1_200, 300_000, 24).astype(np.int64),
        }
    )
    posts = roster.loc[roster.index.repeat(5)].reset_index(drop=True)
    days = pd.to_timedelta(np.tile(np.arange(5) * 9, 24), unit="D")
    level = np.repeat(0.7 * random.standard_normal(24), 5) - 3.5 + 0.5 * random.standard_normal(len(posts))
    likes = np.round(posts["followers"] * np.exp(level)) + 1
    posts = posts.assign(
        post=[f"p{i}" for i in posts.index],
        posted_at=pd.Timestamp("2026-09-01", tz="UTC") + days,
        engagements=likes,
        er=likes / posts["followers"],
    )
    return engagement.fit(posts, roster)


@pytest.fixture(scope="module")
def brief():
    return briefs.changed(briefs.read("sample"), budget=600.0, niches=NICHES, mixes=[0.3])


# The story told slowly: one world at a time, with the same random numbers, and scipy's own quantiles


def told(fit, brief, arm, world, seed):
    """Return cost, profit, unique reach, orders, clicks, posts and contacts of one arm in one world."""
    value = brief.value
    luck = {name: float(found[0]) for name, found in draws.shared(seed, world, world + 1).items()}
    niches = tuple(dict.fromkeys([*brief.niches, brief.macro.niche or brief.niches[0]]))
    shared = {}
    for niche in niches:
        own = special.ndtri(luck[f"niche {niche}"])
        z = math.sqrt(value("rho_campaign")) * special.ndtri(luck["campaign"])
        shared[niche] = z + math.sqrt(value("rho_niche")) * own
    feeds = feed_by_week(brief, luck, world, seed)
    rates = {}
    for name, purpose in (("reply_rate", "reply"), ("accept_rate", "accept"), ("post_rate_gift", "post"),
                          ("post_rate_fee", "post")):  # fmt: skip
        a, b = (
            value(name) * value("recruitment_precision"),
            (1 - value(name)) * value("recruitment_precision"),
        )
        rates[name] = special.betaincinv(a, b, luck[purpose])
    spent, contacts, packages, posts = 0.0, 0, 0, 0
    gathered = {niche: {"audience": 0.0, "missed": 1.0, "clicks": 0.0, "orders": 0.0} for niche in niches}
    listed, alike = arms.listed(fit, brief), draws.normals(seed, "creators alike", "", 1, world)[0]
    for order, creator in enumerate(listed.itertuples()):
        paid = arm.offer == "fee" or (arm.offer == "mixed" and creator.followers >= brief.nano.fee_from)
        goods = (value("product_cost") + value("shipping")) * (1 if paid else brief.nano.posts)
        fee = value("fee_per_follower_nano") * creator.followers * brief.nano.posts if paid else 0.0
        fee += value("overhead_per_creator")
        if spent + value("labour_per_contact") + goods + fee > arm.cash or packages >= value("nano_capacity"):
            break
        contacts += 1
        spent += value("labour_per_contact")
        chance = sixteenth(seed, "recruited", creator.creator, world // 4, world % 4)
        accepting = rates["reply_rate"] * rates["accept_rate"]
        if chance < accepting:
            packages += 1
            spent += goods
            if chance < accepting * rates["post_rate_fee" if paid else "post_rate_gift"]:
                posts += 1
                spent += fee
                mine = own_luck(seed, creator.creator, world, brief)
                mine["rate"] = math.sqrt(1 - creator.shared**2) * mine["rate"] + creator.shared * alike
                add(gathered, creator, order, brief, "nano", mine, shared, feeds)
    macro_orders = 0.0
    if arm.macro:
        macro = creator_list.macros(fit, brief, [arm.macro.followers]).iloc[0]
        before = {niche: dict(g) for niche, g in gathered.items()}
        scores = creator_model.macro_scores({name: np.array([found]) for name, found in luck.items()})[:, 0]
        mine = {
            "post": [scores[1], *later_posts(seed, macro.creator, world, brief.macro.posts)],
            "rate": scores[2],
            "conversion": unit_mean(scores[0], own_sd(brief)),
            "flop": luck["macro flop"],
        }
        add(gathered, macro, 0, brief, "macro", mine, shared, feeds)
    pool, market, repeat = value("niche_pool"), value("market_pool"), value("repeat_click_weight")
    people = {niche: pool * (1 - g["missed"]) for niche, g in gathered.items()}
    everybody = market * (1 - math.prod(1 - p / market for p in people.values()))
    means = {"macro": [0.0, 0.0], "nano": [0.0, 0.0]}
    for niche, g in gathered.items():
        if g["audience"] == 0:
            continue
        worth = repeat + (1 - repeat) * people[niche] / g["audience"] * everybody / sum(people.values())
        nano = before[niche] if arm.macro else g
        for at, what in enumerate(("clicks", "orders")):
            means["nano"][at] += worth * nano[what]
            means["macro"][at] += worth * (g[what] - nano[what])
    kappa = value("kappa")
    means["nano"][1] *= kappa * (1 + value("macro_halo") * (arm.macro.fee / brief.budget if arm.macro else 0))
    means["macro"][1] *= kappa * (1 - (value("nano_first") if posts > 0 else 0))
    orders, revenue, clicks = 0, 0.0, 0.0
    for side, (clicking, ordering) in means.items():
        n = stats.poisson.ppf(luck[f"{side} orders"], ordering) if ordering > 0 else 0
        orders += n
        if n:
            shape = n / value("order_value_cv") ** 2
            revenue += stats.gamma.ppf(luck[f"{side} order values"], shape) * value("order_value") * n / shape
        clicks += (
            n + stats.poisson.ppf(luck[f"{side} clicks"], clicking - ordering) if clicking > ordering else 0
        )
    cost = spent + (arm.macro.fee if arm.macro else 0.0)
    return {
        "cost": cost,
        "profit": revenue * earned(value) - cost,
        "unique_reach": everybody,
        "conversions": orders,
        "posts_live": posts * brief.nano.posts + (brief.macro.posts if arm.macro else 0),
        "contacts": contacts,
        "packages": packages,
        "mean": macro_orders + sum(ordering for _, ordering in means.values()),
        "clicks": clicks,
    }


def earned(value):
    """What is kept of an order: a share comes back, the code's discount and then the commission go."""
    price = 1 - value("code_discount")
    left = price - (1 - value("margin")) - price * value("commission")
    return left - value("return_rate") * left


def feed_by_week(brief, luck, world, seed):
    sd, memory = brief.value("platform_sd"), brief.value("platform_memory") if brief.weeks > 1 else 1.0
    lasting = special.ndtri(luck["feed"])
    weeks = [draws.normals(seed, "week", str(k), 1, world)[0] for k in range(brief.weeks)]
    return [unit_mean(math.sqrt(memory) * lasting + math.sqrt(1 - memory) * week, sd) for week in weeks]


def unit_mean(score, sd):
    return math.exp(sd * score - sd**2 / 2)


def own_sd(brief):
    return brief.value("conversion_sd") * math.sqrt(
        max(0, 1 - brief.value("rho_campaign") - brief.value("rho_niche"))
    )


def word(seed, purpose, name, counter, turned=0):
    """SplitMix64 in Python's own whole numbers."""
    mask = (1 << 64) - 1
    bits = ((int(draws.key(seed, purpose, name)) ^ turned) + counter * 0x9E3779B97F4A7C15) & mask
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & mask
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & mask
    return bits ^ (bits >> 31)


def sixteenth(seed, purpose, name, counter, lane):
    return (((word(seed, purpose, name, counter) >> (16 * lane)) & 0xFFFF) + 0.5) / 65536


def later_posts(seed, name, world, posts):
    """Return the noise of the posts after the first, each from a word of its own."""
    words = [word(seed, "luck", name, world * posts + post, 0xA5A5A5A5A5A5A5A5) for post in range(1, posts)]
    return [special.ndtri(((bits & 0xFFFF) + 0.5) / 65536) for bits in words]


def own_luck(seed, name, world, brief):
    quarter = [sixteenth(seed, "luck", name, 2 * world, lane) for lane in range(4)]
    half = own_sd(brief) / math.sqrt(2)
    return {
        "post": [special.ndtri(quarter[0]), *later_posts(seed, name, world, brief.nano.posts)],
        "rate": special.ndtri(quarter[1]),
        "conversion": unit_mean(special.ndtri(quarter[2]), half) * unit_mean(special.ndtri(quarter[3]), half),
        "flop": ((word(seed, "luck", name, 2 * world + 1) >> 12) + 0.5) / 2**52,
    }


def add(gathered, creator, order, brief, side, mine, shared, feeds):
    value, g = brief.value, gathered[creator.niche]
    followers, er = creator.followers, math.exp(creator.log_mean + creator.log_sd * mine["rate"])
    clicks, missing = 0.0, 1.0
    for post, score in enumerate(mine["post"]):
        lift = unit_mean(score, creator.sd_post) * feeds[(order + post) % len(feeds)]
        feed, story = value(f"reach_rate_{side}") * lift, value(f"story_rate_{side}") * lift
        missing *= (1 - min(feed, 1)) * (1 - min(story, 1))
        worn = (1 - value("wear_out")) ** post
        clicks += worn * followers * (feed * value("ctr_feed") + story * value("ctr_story"))
    audience = followers * (1 - missing)
    pull = value("er_to_conversion")
    luck = shared[creator.niche]
    rho = value("rho_campaign") + value("rho_niche")
    threshold = special.ndtri(value("flop_rate"))
    flopped = luck + math.sqrt(1 - rho) * special.ndtri(mine["flop"]) < threshold
    rate = value(f"cvr_{side}") * (value("advocacy") if side == "nano" else 1)
    demand = math.exp(value("conversion_sd") * luck - value("conversion_sd") ** 2 * rho / 2)
    engaging = math.exp(pull * (math.log(er) - creator.alike_mean) - (pull * creator.alike_sd) ** 2 / 2)
    kept = value("flop_multiplier") if flopped else 1
    g["audience"] += audience
    g["missed"] *= 1 - audience / value("niche_pool")
    g["clicks"] += clicks
    g["orders"] += clicks * rate * mine["conversion"] * demand * kept * engaging


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"offer": "mixed", "fee_from": 3000, "market_pool": 50_000, "nano_capacity": 6, "niche_pool": 40_000},
        {
            "weeks": 3,
            "macro_halo": 0.3,
            "nano_first": 0.2,
            "overhead_per_creator": 5,
            "repeat_click_weight": 0,
        },
        {
            "offer": "mixed",
            "posts": 3,
            "macro_posts": 2,
            "weeks": 2,
            "wear_out": 0.4,
            "return_rate": 0.3,
            "code_discount": 0.1,
            "commission": 0.2,
        },
    ],
)
def test_the_kernel_tells_the_story_that_plain_python_tells(fit, brief, changes):
    plan = briefs.changed(brief, **changes)
    found = simulation.campaign(fit, plan, n_worlds=40, seed=8).worlds.set_index(["arm", "world"])
    near = {name: [] for name in ("cost", "unique_reach", "posts_live", "contacts", "packages")}
    orders, clicks, profits = [], [], []
    for arm in arms.arms(plan):
        for world in range(0, 40, 3):
            fast, slow = found.loc[(arm.name, world)], told(fit, plan, arm, world, 8)
            for name, pairs in near.items():
                pairs.append((fast[name], slow[name]))
            orders.append(fast["conversions"] - slow["conversions"])
            clicks.append(fast["clicks"] - slow["clicks"])
            if orders[-1] == 0:
                profits.append((fast["profit"] + fast["cost"], slow["profit"] + slow["cost"]))
    for name, pairs in near.items():
        fast, slow = np.array(pairs).T
        assert fast == pytest.approx(slow, rel=1e-6), name
    # counts may fall on the other side of a step: luck is a cell's mean here, its middle there
    assert np.mean(np.array(orders) != 0) < 0.05
    assert np.abs(orders).max() <= 1
    assert np.mean(np.array(clicks) != 0) < 0.1
    fast, slow = np.array(profits).T
    assert fast == pytest.approx(slow, rel=2e-3, abs=0.5)


# Every number from the seed alone


def test_blocks_threads_and_processes_change_no_bit(fit, brief, monkeypatch):
    whole = simulation.campaign(fit, brief, n_worlds=3000, seed=2).worlds
    monkeypatch.setattr(simulation.run, "BLOCK", 1 << 10)
    small = simulation.campaign(fit, brief, n_worlds=3000, seed=2).worlds
    pd.testing.assert_frame_equal(whole, small, check_exact=True)
    for pool in (ThreadPoolExecutor(2), ProcessPoolExecutor(2)):
        with pool:
            spread = simulation.campaign(fit, brief, n_worlds=3000, seed=2, executor=pool).worlds
        pd.testing.assert_frame_equal(whole, spread, check_exact=True)


def test_the_order_of_the_data_changes_no_bit(fit, brief):
    turned = fit.creators.sample(frac=1, random_state=1)
    assert turned.index.tolist() != fit.creators.index.tolist()
    listed, again = (creator_list.roster(model, NICHES) for model in (fit, _with(fit, turned)))
    pd.testing.assert_frame_equal(listed.reset_index(drop=True), again.reset_index(drop=True))


def _with(fit, rows):
    return dataclasses.replace(fit, creators=rows)


def test_an_arm_is_the_same_alone_and_among_others(fit, brief):
    every = simulation.campaign(fit, brief, n_worlds=500, seed=2).worlds
    for name in ("macro", "nano_fee", "mix_30"):
        alone = simulation.campaign(fit, brief, n_worlds=500, seed=2, only=[name]).worlds
        among = every[every["arm"] == name].reset_index(drop=True)
        columns = [column for column in alone if column != "arm"]
        pd.testing.assert_frame_equal(alone[columns], among[columns], check_exact=True)


def test_the_frontier_is_the_campaign_of_each_mix(fit, brief):
    shares = (0.0, 0.3, 1.0)
    found = simulation.frontier(fit, brief, shares=shares, n_worlds=300, seed=2)
    assert found["macro_share"].unique().tolist() == [1.0, 0.0, 0.3]
    every = simulation.campaign(fit, brief, n_worlds=300, seed=2).worlds
    for name, rows in found.groupby("arm", observed=True):
        mine = every[every["arm"] == name]
        assert np.array_equal(rows["profit"], mine["profit"]), name


# Random numbers


def test_words_of_one_stream_and_of_neighbours_are_uniform_and_unrelated():
    seen = np.array([draws.uniforms(1, "test", f"creator {i}", 4096) for i in range(24)])
    assert stats.kstest(seen.ravel(), "uniform").pvalue > 1e-3
    between = np.corrcoef(seen)[np.triu_indices(24, 1)]
    assert np.abs(between).max() < 5 / math.sqrt(4096)
    lagged = [np.corrcoef(row[:-1], row[1:])[0, 1] for row in seen]
    assert np.abs(lagged).max() < 5 / math.sqrt(4096)


def test_later_worlds_can_be_asked_for_alone():
    whole = draws.shared(3, 0, 4096)
    for start, stop in ((0, 100), (1024, 1100), (1000, 1001), (2047, 4096)):
        part = draws.shared(3, start, stop)
        for name, values in whole.items():
            assert np.array_equal(values[start:stop], part[name]), name
    assert np.array_equal(draws.uniforms(1, "a", "b", 10, 90), draws.uniforms(1, "a", "b", 100)[90:])


def test_shared_factors_fill_the_unit_cube_evenly_and_scrambles_differ():
    found = np.array(list(draws.shared(3, 0, 16 * 256).values()))
    for factor in found:
        assert ((factor > 0) & (factor < 1)).all()
        for scramble in range(16):
            cells = np.floor(factor[scramble::16] * 256).astype(int)
            assert len(set(cells)) == 256  # one point in each of 256 equal steps
    assert not np.array_equal(found[0, 0::16], found[0, 1::16])


def test_a_niche_has_luck_of_its_own_whatever_its_name():
    shared = draws.shared(5, 64, 128)
    known = draws.of_niche(5, "fashion", shared, 64)
    assert np.array_equal(known, shared["niche fashion"])
    strange = draws.of_niche(5, "numismatics", shared, 64)
    assert np.array_equal(strange, draws.uniforms(5, "niche", "numismatics", 128)[64:])


def test_the_macros_scores_are_independent_and_standard():
    found = creator_model.macro_scores(draws.shared(5, 0, 1 << 14))
    assert np.cov(found) == pytest.approx(np.eye(3), abs=0.03)
    orders = np.array(creator_model.MACRO) @ found
    assert np.corrcoef(orders, special.ndtri(draws.shared(5, 0, 1 << 14)["macro orders luck"]))[0, 1] > 0.9999


def test_tables_of_luck_keep_mean_and_spread():
    assert draws.scores().mean() == pytest.approx(0, abs=1e-7)
    assert draws.scores().std() == pytest.approx(1, abs=2e-4)
    for sd in (0.1, 0.64, 1.0):
        table = draws.lifts(sd).astype(np.float64)
        assert table.mean() == pytest.approx(1, abs=1e-7)
        assert table.var() == pytest.approx(math.expm1(sd**2), rel=5e-3)
    assert (draws.lifts(0.0) == 1).all()


def test_counts_are_poisson_by_inversion():
    uniform = (np.arange(20_000) + 0.5) / 20_000
    score = special.ndtri(uniform)
    for mean in (0.0, 0.02, 0.7, 5.0, 11.9, 12.1, 30.0, 400.0, 1e5):
        found = np.array([money.count(mean, u, z) for u, z in zip(uniform, score, strict=True)])
        truth = stats.poisson.ppf(uniform, mean) if mean else np.zeros(len(uniform))
        assert (found != truth).mean() < 2e-3, mean
        assert np.abs(found - truth).max() <= 1
        assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("by_world", [False, True])
@pytest.mark.parametrize("cv", [0.0, 0.3, 0.6, 2.0])
def test_the_value_of_orders_is_their_gamma_sum(cv, by_world, brief):
    e = money.economics(briefs.changed(brief, order_value_cv=cv, order_value=65).values)
    none, uniform = np.empty((0, len(draws.GRID))), (np.arange(4_000) + 0.5) / 4_000
    tables = (none, money.shapes()) if by_world else (money.cube_roots(cv), none)
    for n in (1.0, 2.0, 7.0, 33.0, 400.0):
        found = np.array([money.value_of_orders(n, e, z, *tables) for z in special.ndtri(uniform)])
        assert found.mean() == pytest.approx(65 * n, rel=3e-3 if cv > 1 else 1e-3)
        if cv:
            truth = stats.gamma.ppf(uniform, n / cv**2, scale=65 * cv**2)
            assert np.abs(found - truth).max() < 0.01 * truth.max()
            assert np.abs(found - truth).mean() < (2e-3 if by_world else 1e-3) * 65 * n
    assert money.value_of_orders(0.0, e, 1.0, *tables) == 0


def test_every_arm_of_a_stage_knows_its_money():
    plan = briefs.changed(briefs.read("sample"), budget=600.0)
    found = {arm.name: arm for arm in arms.arms(plan)}
    assert found["macro"] == Arm("macro", 1.0, "", 0.0, plan.deal())
    assert found["mix_25"].cash == pytest.approx(450)
