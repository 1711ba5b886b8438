"""Paths and looks -> the staged plan: batches, thresholds, error rates, and its value beside the others."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign import decision, risk, simulation
from nanospread.campaign.brief import Brief, earned_share
from nanospread.campaign.sensitivity import NOTHING, Information
from nanospread.campaign.simulation import Joint, by_world
from nanospread.campaign.staged import paths as on_paths
from nanospread.campaign.staged import search
from nanospread.campaign.staged.paths import Paths
from nanospread.campaign.staged.search import Campaigns, Looks, Macro
from nanospread.campaign.staged.thresholds import Ended, ended
from nanospread.core import errors, formatting
from nanospread.core.estimates import Estimate
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

STAGED, ALL_NOW, MACRO, PILOT = "staged", "all_now", "macro", "fixed_pilot"
MEASURES = ("orders", "cost_per_order", "clicks")
PILOT_POSTS = 10  # live posts of the pilot that teams run by habit
ASIDE = {  # fields of a brief that change no rule
    "name", "title", "time_zone", "data_limits", "rate_table", "wanted", "mixes", "flop_roi", "credit",
}  # fmt: skip
YEAR = 365.25  # [days]
CHOOSING = 500_009  # added to the seed of the campaigns in which the plan is chosen
BATCHES = ["batch", "posts", "contacts", "write_on", "live_by", "look_on", "cost", "p_sent"]
LOOKS = ["batch", "measure", "posts", "days", "go_on", "stop", "otherwise"]


class Timing(NamedTuple):
    """When the plan starts, and how long a batch takes until its posts are live [days]."""

    start: pd.Timestamp
    to_live: float


class MacroQuestion(NamedTuple):
    """Whether a post of a larger creator should come first, since no nano batch tells what a macro sells.

    needed: whether the test earns more than it costs. followers, fee [money]: of the test. value, se: of what
    is decided better, plus its own orders, less its fee [money]. changes: chance that its answer changes the
    decision. reason: "no macro", "test" or "same decision".
    """

    needed: bool
    followers: int
    fee: float
    value: float
    se: float
    changes: float
    reason: str


@dataclass(frozen=True, eq=False)
class StagedPlan:
    """Batches, the rule after each, and what looking is worth.

    Parameters
    ----------
    batches : pandas.DataFrame
        One row per batch: batch (1, 2, ...), posts (live posts it adds), contacts (creators written to, on
        average), write_on, live_by, look_on (days; no look after the last), cost (expected if it is sent)
        [money], p_sent (chance that it is sent at all) [0-1].
    looks : pandas.DataFrame
        One row per look and measure (orders, cost_per_order, clicks): batch after which it is, posts (live,
        all batches), days (after each post, within which its orders count), go_on (from there on send all the
        rest), stop (beyond it stop; of cost_per_order [money] go_on is at most and stop above),
        otherwise (stop or macro). Between the two the next batch is sent.
    errors : pandas.DataFrame
        By measure, over all looks: p_stop_paying, of the campaigns that would have paid, the share that is
        stopped; p_go_on_losing, of those that would not, the share that is sent whole; each with _se.
    values : pandas.DataFrame
        By option (staged, all_now, nothing, fixed_pilot, and macro where the budget pays it): profit_mean,
        profit_mean_se [money], p_loss, p_large_loss [0-1], cost_mean, gain and gain_se (staged less that
        option, in the same campaigns) [money], tolerated.
    perfect : Estimate
        What it would be worth to know all beliefs and the campaign's shared luck first [money].
    captured : float
        The part of it that the plan gets; nan where it is within the simulation's error.
    choice : str
        The option of the largest mean profit among those whose losses are tolerated.
    macro_question : MacroQuestion
        Whether only a larger creator's post would tell nano from macro, and what that test is worth.
    creators : pandas.DataFrame
        In order of contact: place, creator, niche, followers, offer, posts, batch, reason.
    rule : dict
        The block that goes into the brief: campaign, planned, terms, looks; empty without looks.
    notes : tuple of str
        What a reader must know, in sentences.
    """

    batches: pd.DataFrame
    looks: pd.DataFrame
    errors: pd.DataFrame
    values: pd.DataFrame
    perfect: Estimate
    captured: float
    choice: str
    macro_question: MacroQuestion
    creators: pd.DataFrame
    rule: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def sequential(self) -> bool:
        """Return whether there is more than one batch, so that looking pays."""
        return len(self.batches) > 1


def terms(asked: Brief) -> str:
    """Return a digest of the settings that a rule is computed with: letters, the same for the same brief.

    asked: the brief before data measured anything, since those measure anew every week. What does not change
    a rule (names, titles, limits on data, the rule itself) is left out.
    """
    aside = {
        "name",
        "title",
        "time_zone",
        "data_limits",
        "rate_table",
        "wanted",
        "mixes",
        "flop_roi",
        "credit",
    }
    content = asked.model_dump(mode="json", exclude={*aside, "assumptions"})
    content["batches"].pop("rule")
    rows = [[name, row.low, row.central, row.high, row.fixed] for name, row in asked.assumptions.items()]
    digest = hashlib.blake2b(json.dumps([content, rows], sort_keys=True).encode(), digest_size=4).hexdigest()
    return digest.translate(str.maketrans("0123456789", "ghijklmnop"))  # never a number


def plan(
    engagement: EngagementModel,
    brief: Brief,
    invitations: pd.DataFrame,
    *,
    timing: Timing,
    n_worlds: int,
    seed: int,
    beliefs: Joint | None = None,
) -> StagedPlan:
    """Return the staged plan of a list in its order of contact.

    invitations: of `shortlist.Plan`. beliefs: what the campaigns draw beside their luck.

    Raises: InputError for a capacity or a length of the campaign that holds no batch and no look.
    """
    steps = on_paths.steps(engagement, brief, invitations, seed=seed, beliefs=beliefs)
    choosing, judging = (
        _scene(engagement, brief, invitations, steps, n_worlds, one, beliefs, _stage(brief, timing))
        for one in (seed + CHOOSING, seed)
    )
    most, notes = _most(brief, timing)
    allowed = choosing.paths.fits(brief.batches.capacity)
    _check_capacity(brief, choosing.paths, allowed, most)
    looks = search.chosen(choosing, most=most, allowed=allowed)
    by_clicks = choosing.best(looks.steps, clicks=True)[0] if looks.steps else looks
    result = judging.ended(looks)
    values, payoffs = _values(judging, choosing, looks, brief, beliefs, seed)
    names = [name for name in values.index if name not in (STAGED, PILOT)]
    known = on_paths.shared_luck(beliefs, brief, n_worlds=n_worlds, seed=seed)
    information = Information(payoffs, known, judging.batch)
    perfect = information.evpi(names)
    return StagedPlan(
        batches=_batches(judging, looks, result, brief, timing),
        looks=_looks(choosing, looks, by_clicks, brief),
        errors=_errors(judging, looks, by_clicks),
        values=values,
        perfect=perfect,
        captured=_captured(payoffs, names, perfect, judging),
        choice=_choice(values, bool(looks.steps)),
        macro_question=MacroQuestion(False, 0, math.nan, 0.0, 0.0, 0.0, "no macro"),
        creators=_creators(invitations, judging, looks),
        rule=_rule(looks, judging.paths, brief, timing),
        notes=tuple(notes),
    )


def _scene(
    engagement: EngagementModel,
    brief: Brief,
    invitations: pd.DataFrame,
    steps: Any,
    n_worlds: int,
    seed: int,
    beliefs: Joint | None,
    stage: float,
) -> Campaigns:
    paths = on_paths.paths(
        engagement, brief, invitations, steps, n_worlds=n_worlds, seed=seed, beliefs=beliefs
    )
    macro = None
    if not simulation.quoted(engagement, brief).out_of_reach:
        rows = simulation.campaign(
            engagement, brief, n_worlds=n_worlds, seed=seed, only=["macro"], beliefs=beliefs
        ).worlds
        macro = Macro(rows["cost"].to_numpy(), rows["profit"].to_numpy())
    return Campaigns(paths, macro, brief.budget, (1 + brief.values.discount_rate) ** (-stage / YEAR))


def _most(brief: Brief, timing: Timing) -> tuple[int, list[str]]:
    """Return how many batches the dates hold, and what to say of it."""
    batches, stage = brief.batches, _stage(brief, timing)
    if batches.longest is None or batches.most == 1:
        return batches.most, []
    held = 1 + int(batches.longest // stage)
    if held == 1:
        raise errors.InputError(
            f"batches.longest must be at least {math.ceil(stage):,} days for one look ({timing.to_live:.0f} "
            f"until posts are live, {batches.days:,} for their orders), or set batches.most to 1; "
            f"got {batches.longest:,}"
        )
    if held < batches.most:
        notes = [
            f"The days of the campaign hold {formatting.counted(held - 1, 'look')}, not {batches.most - 1}."
        ]
        return held, notes
    return batches.most, []


def _stage(brief: Brief, timing: Timing) -> float:
    return timing.to_live + brief.batches.days


def _check_capacity(brief: Brief, paths: Paths, allowed: Any, most: int) -> None:
    capacity = brief.batches.capacity
    if capacity is None or most == 1 or paths.last < 2 or allowed[0, 1]:
        return
    needed = math.ceil(paths.contacts[1].mean())
    raise errors.InputError(
        f"batches.capacity must be at least {needed:,}, which brings the {paths.posts[1]:,} live posts of "
        f"the smallest batch; got {capacity:,}"
    )


def _realised(scene: Campaigns, step: Any, brief: Brief, beliefs: Joint | None, seed: int) -> Floats:
    """Return the profit of ending each world at a step, with its own orders and their values [money]."""
    worlds = np.arange(scene.paths.profit.shape[1])
    values = by_world.values(brief, beliefs, seed, 0, len(worlds))
    revenue = simulation.revenue(scene.paths.orders[step, worlds], values, seed)
    return np.asarray(earned_share(values) * revenue - scene.paths.cost[step, worlds])


def _at(looks: Looks, result: Ended, last: int) -> Any:
    """Return the step at which each world ends."""
    return np.array([*looks.steps, last if looks.sends else 0])[result.look]


def _booked(campaigns: Campaigns, looks: Looks, result: Ended) -> Floats:
    """Return what a macro that is booked after a stop earns, 0 in other worlds."""
    earned = np.zeros(len(result.payoff))
    for at, (step, then) in enumerate(zip(looks.steps, looks.otherwise, strict=True)):
        if then == "macro":
            here = result.look == at
            earned[here] = campaigns.booked(step)[here]
    return earned


def _pilot(choosing: Campaigns) -> Looks | None:
    """Return the fixed pilot: 10 live posts, or as near to it as the list allows, then all or nothing."""
    posts = choosing.paths.posts
    if choosing.paths.last < 2:
        return None
    step = 1 + int(np.abs(posts[1:-1] - PILOT_POSTS).argmin())
    return choosing.best((step,))[0]


def _values(
    judging: Campaigns,
    choosing: Campaigns,
    looks: Looks,
    brief: Brief,
    beliefs: Joint | None,
    seed: int,
) -> tuple[pd.DataFrame, dict[str, Floats]]:
    """Return the table of values, and the expected profit of each option in each world."""
    last, n = judging.paths.last, judging.paths.profit.shape[1]
    plans = {STAGED: looks, ALL_NOW: search.ALL_NOW, NOTHING: search.NOTHING_SENT}
    if pilot := _pilot(choosing):
        plans[PILOT] = pilot
    expected: dict[str, Floats] = {}
    came: dict[str, Floats] = {}
    cost: dict[str, Floats] = {}
    for name, looks in plans.items():
        result = judging.ended(looks)
        at = _at(looks, result, last)
        expected[name] = result.payoff
        came[name] = _realised(judging, at, brief, beliefs, seed) if looks.sends else np.zeros(n)
        cost[name] = judging.paths.cost[at, np.arange(n)]
        if judging.macro is not None and "macro" in looks.otherwise:
            booked = _booked(judging, looks, result)
            came[name] = came[name] + booked
            cost[name] = cost[name] + np.where(booked != 0, judging.macro.fee, 0.0)
    if judging.macro is not None:
        expected[MACRO] = came[MACRO] = judging.macro.profit
        cost[MACRO] = judging.macro.fee
    rows = {}
    for name, profit in expected.items():
        mean, gain = (risk.mean(each, batch=judging.batch) for each in (profit, expected[STAGED] - profit))
        limit = -brief.tolerate_loss.share * brief.budget
        large = float((came[name] < limit).mean())
        rows[name] = {
            "profit_mean": mean.value,
            "profit_mean_se": mean.se,
            "p_loss": float((came[name] < 0).mean()),
            "p_large_loss": large,
            "cost_mean": float(cost[name].mean()),
            "gain": gain.value,
            "gain_se": gain.se,
            "tolerated": large <= brief.tolerate_loss.chance,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("option")
    return table, expected


def _choice(values: pd.DataFrame, sequential: bool) -> str:
    left_out = {NOTHING, PILOT, *([] if sequential else [STAGED])}
    names = [NOTHING, *(name for name in values.index if name not in left_out)]
    means = {name: float(values.loc[name, "profit_mean"]) for name in names}
    choice, _, _ = decision.rule(means, [name for name in names if values.loc[name, "tolerated"]])
    return choice


def _captured(payoffs: Mapping[str, Floats], names: list[str], perfect: Estimate, scene: Campaigns) -> float:
    """Return what the plan gains over the best option without a look, as a part of what knowing all is."""
    if perfect.value <= 2 * perfect.se:
        return math.nan
    best = max(float(payoffs[name].mean()) for name in names)
    return (float(payoffs[STAGED].mean()) - best) / perfect.value


def _batches(scene: Campaigns, looks: Looks, result: Ended, brief: Brief, timing: Timing) -> pd.DataFrame:
    ends, stage = (0, *looks.steps, scene.paths.last), _stage(brief, timing)
    contacts, cost = scene.paths.contacts.mean(axis=1), scene.paths.cost.mean(axis=1)
    rows = []
    for at, (start, end) in enumerate(pairwise(ends)):
        write = timing.start + pd.Timedelta(days=math.ceil(at * stage))
        live = write + pd.Timedelta(days=math.ceil(timing.to_live))
        look = live + pd.Timedelta(days=brief.batches.days)
        rows.append(
            (
                at + 1,
                int(scene.paths.posts[end] - scene.paths.posts[start]),
                round(contacts[end]) - round(contacts[start]),
                write,
                live,
                look if end != scene.paths.last else pd.NaT,
                float(cost[end] - cost[start]),
                float((result.look >= at).mean()) if looks.sends else 0.0,
            )
        )
    table = pd.DataFrame(rows, columns=BATCHES)
    days = ["write_on", "live_by", "look_on"]
    return table.assign(**{name: pd.to_datetime(table[name], utc=True).dt.normalize() for name in days})


def _looks(scene: Campaigns, looks: Looks, by_clicks: Looks, brief: Brief) -> pd.DataFrame:
    rows = []
    for at, step in enumerate(looks.steps):
        cost = float(scene.paths.cost[step].mean())
        measured = {
            "orders": (looks.cuts[at].go_on, looks.cuts[at].stop, looks.otherwise[at]),
            "cost_per_order": (*(_per_order(cost, cut) for cut in looks.cuts[at][::-1]), looks.otherwise[at]),
            "clicks": (by_clicks.cuts[at].go_on, by_clicks.cuts[at].stop, by_clicks.otherwise[at]),
        }
        for name, (go_on, stop, then) in measured.items():
            posts = int(scene.paths.posts[step])
            rows.append((at + 1, name, posts, brief.batches.days, go_on, stop, then))
    return pd.DataFrame(rows, columns=LOOKS)


def _per_order(cost: float, orders: float) -> float:
    return cost / orders if orders > 0 else math.nan  # no cost is too high


def _errors(scene: Campaigns, looks: Looks, by_clicks: Looks) -> pd.DataFrame:
    by_cost = _by_cost(scene, looks)
    results = zip(MEASURES, (scene.ended(looks), by_cost, scene.ended(by_clicks, clicks=True)), strict=True)
    paths, rows = scene.paths, {}
    pays = paths.profit[paths.last] > 0
    for name, result in results:
        sent = paths.cost[_at(looks, result, paths.last), np.arange(len(pays))] >= paths.cost[paths.last]
        wrong = {"p_stop_paying": ~sent[pays], "p_go_on_losing": sent[~pays]}
        row: dict[str, float] = {}
        for error, happened in wrong.items():
            label = scene.batch[pays if error == "p_stop_paying" else ~pays]
            chance = risk.probability(happened, batch=label) if len(happened) else Estimate(0.0, math.nan)
            row |= {error: chance.value, f"{error}_se": chance.se}
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")


def _by_cost(campaigns: Campaigns, looks: Looks) -> Ended:
    """Return how the plan ends where each world's own cost per order is held against the thresholds."""
    if not looks.steps:
        return campaigns.ended(looks)
    costs = [campaigns.paths.cost[step] for step in looks.steps]
    scaled = [
        look._replace(seen=look.seen * cost.mean() / np.maximum(cost, 1e-9))
        for look, cost in zip(campaigns.looks(looks), costs, strict=True)
    ]
    return ended(scaled, looks.cuts)


def _creators(invitations: pd.DataFrame, scene: Campaigns, looks: Looks) -> pd.DataFrame:
    """Return who is in which batch: as many as are written to for it on average."""
    ends = [round(scene.paths.contacts[step].mean()) for step in looks.steps]
    rows = invitations[["place", "creator", "niche", "followers", "offer", "posts", "why"]]
    batch = 1 + np.searchsorted(ends, rows["place"].to_numpy(), side="left")
    return rows.rename(columns={"why": "reason"}).assign(batch=batch)[
        ["place", "creator", "niche", "followers", "offer", "posts", "batch", "reason"]
    ]


def _rule(looks: Looks, paths: Paths, brief: Brief, timing: Timing) -> dict[str, Any]:
    if not looks.steps:
        return {}
    return {
        "campaign": brief.name,
        "planned": f"{timing.start:%Y-%m-%d}",
        "terms": "",
        "looks": [
            {
                "posts": int(paths.posts[step]),
                "go_on": int(cut.go_on),
                "stop": int(cut.stop),
                "otherwise": then,
            }
            for step, cut, then in zip(looks.steps, looks.cuts, looks.otherwise, strict=True)
        ],
    }
