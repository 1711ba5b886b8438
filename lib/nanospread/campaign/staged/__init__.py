"""A shortlist, beliefs and dates -> batches, the rule after each, and what looking is worth.

- paths: list + beliefs + seed -> what campaigns have brought at each number of live posts
- search: paths -> how many batches, of which sizes, under which thresholds, and what a rule earns
- worth: plans + fresh campaigns -> values, error rates, value of perfect information, a macro test

`plan` is all of them: the staged plan beside spending all now, nothing, the macro and a fixed pilot. It is
chosen in one set of simulated campaigns and judged in another, so that what it is said to earn is not what it
was tuned on (docs/model.md C19).
"""

import hashlib
import json
import math
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign import simulation
from nanospread.campaign.brief import Brief
from nanospread.campaign.simulation import JointDraws, run
from nanospread.campaign.staged import paths as on_paths
from nanospread.campaign.staged import worth
from nanospread.campaign.staged.paths import Paths
from nanospread.campaign.staged.search import Campaigns, Macro, RuleOutcome, SequentialDesign
from nanospread.campaign.staged.worth import MEASURES, MacroQuestion, macro_question
from nanospread.core import errors, formatting
from nanospread.core.estimates import Estimate
from nanospread.core.types import Ints
from nanospread.creators.engagement import EngagementModel

__all__ = ["CHOOSING", "MEASURES", "MacroQuestion", "StagedPlan", "Timing", "campaigns", "plan", "terms"]

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


def terms(brief: Brief) -> str:
    """Return a digest of the settings that a rule is computed with: letters, the same for the same brief.

    brief: as it was before data measured anything, since those measure anew every week. What does not change
    a rule (names, titles, limits on data, the rule itself) is left out.
    """
    content = brief.model_dump(mode="json", exclude={*ASIDE, "assumptions"})
    content["batches"].pop("rule")
    rows = [[name, row.low, row.central, row.high, row.fixed] for name, row in brief.assumptions.items()]
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
    beliefs: JointDraws | None = None,
    executor: Executor | None = None,
) -> StagedPlan:
    """Return the staged plan of a list in its order of contact.

    invitations: of `shortlist.Plan`. beliefs: what the campaigns draw beside their luck. executor: over whose
    workers they are spread.

    Raises: InputError for a capacity or a length of the campaign that holds no batch and no look.
    """
    run.checked(n_worlds, seed, fewest=2)
    steps = on_paths.steps(engagement, brief, invitations, seed=seed, beliefs=beliefs)
    play = partial(campaigns, engagement, brief, invitations, steps, timing)
    seeds = seed + CHOOSING, seed
    choosing, judging = (
        play(n_worlds=n_worlds, seed=one, beliefs=beliefs, heavy_tailed=tails, executor=executor)
        for one, tails in zip(seeds, (True, False), strict=True)
    )
    max_batches, notes = _most(brief, timing)
    _check_capacity(brief, choosing.paths, max_batches)
    plans = worth.chosen(choosing, most=max_batches, capacity=brief.batches.capacity)
    looks, result = plans.looks, judging.rule_outcome(plans.looks)
    values = worth.values(judging, plans, brief, beliefs, seed)
    perfect, captured = worth.perfect(judging, values, brief, beliefs, seed)
    batches = _batches(judging, looks, result, brief, timing)
    return StagedPlan(
        batches=batches,
        looks=_looks(choosing, looks, plans.by_clicks, brief),
        errors=worth.error_rates(judging, plans),
        values=values.table,
        perfect=perfect,
        captured=captured,
        choice=worth.choice(values.table, sequential=bool(looks.steps)),
        macro_question=macro_question(
            engagement, brief, looks, choosing, judging, seeds=seeds, beliefs=beliefs
        ),
        creators=_creators(invitations, judging, looks),
        rule=_rule(plans, judging.paths, brief, timing),
        notes=(*notes, *_notes(brief, batches, judging.paths)),
    )


def campaigns(
    engagement: EngagementModel,
    brief: Brief,
    invitations: pd.DataFrame,
    steps: Ints,
    timing: Timing,
    *,
    n_worlds: int,
    seed: int,
    beliefs: JointDraws | None,
    heavy_tailed: bool = False,
    executor: Executor | None = None,
) -> Campaigns:
    """Return simulated campaigns in which plans of this list can be chosen or judged.

    steps: live posts at which one may look, as `paths.steps`. heavy_tailed: as `paths.paths`; so plans are
    chosen. executor: over whose workers they are spread.
    """
    paths = on_paths.paths(
        engagement,
        brief,
        invitations,
        steps,
        n_worlds=n_worlds,
        seed=seed,
        beliefs=beliefs,
        heavy_tailed=heavy_tailed,
        executor=executor,
    )
    macro = None
    if not simulation.quoted(engagement, brief).out_of_reach:
        rows = simulation.campaign(
            engagement,
            brief,
            only=["macro"],
            n_worlds=n_worlds,
            seed=seed,
            beliefs=beliefs,
            executor=executor,
        ).worlds
        macro = Macro(rows["cost"].to_numpy(), rows["profit"].to_numpy())
    discount = (1 + brief.values.discount_rate) ** (-_stage(brief, timing) / YEAR)
    return Campaigns(paths, macro, brief.budget, discount)


def _notes(brief: Brief, batches: pd.DataFrame, paths: Paths) -> list[str]:
    """Return what a reader must know of the plan, in sentences."""
    notes, post_target, capacity = [], brief.wanted, brief.batches.capacity
    if paths.last < 2:
        notes.append(f"The list brings {_posts(paths.posts[-1])}, too few for a look.")
    elif len(batches) == 1 and brief.batches.most > 1:
        notes.append(
            "Looking first does not pay: waiting costs more than the orders of a first batch would tell."
        )
    first = int(batches["posts"].iloc[0])
    if len(batches) > 1 and first < post_target.posts:
        notes.append(
            f"The first batch brings {_posts(first)}; "
            f"the brief wants {post_target.posts:,} in {post_target.days:,} days."
        )
    rest = int(batches["contacts"].iloc[1:].sum()) if len(batches) > 1 else int(batches["contacts"].sum())
    if capacity is not None and rest > capacity:
        rounds = math.ceil(rest / capacity)
        notes.append(f"To send all the rest you write to {rest:,} creators, which takes {rounds:,} rounds.")
    if brief.batches.rule is not None:
        notes.append(f"A rule of {brief.batches.rule.planned} is in force: keep to it, and not to this plan.")
    return notes


def _posts(number: float) -> str:
    return formatting.counted(number, "live post")


def _most(brief: Brief, timing: Timing) -> tuple[int, list[str]]:
    """Return how many batches the dates hold, and what to say of it."""
    batches, stage = brief.batches, _stage(brief, timing)
    if batches.longest is None or batches.most == 1:
        return batches.most, []
    n_batches = 1 + int(batches.longest // stage)
    if n_batches == 1:
        raise errors.InputError(
            f"batches.longest must be at least {math.ceil(stage):,} days for one look ({timing.to_live:.0f} "
            f"until posts are live, {batches.days:,} for their orders), or set batches.most to 1; "
            f"got {batches.longest:,}"
        )
    if n_batches >= batches.most:
        return batches.most, []
    looks = formatting.counted(n_batches - 1, "look")
    return n_batches, [f"The days of the campaign hold {looks}, not {batches.most - 1}."]


def _stage(brief: Brief, timing: Timing) -> float:
    return timing.to_live + brief.batches.days


def _check_capacity(brief: Brief, paths: Paths, max_batches: int) -> None:
    capacity = brief.batches.capacity
    if capacity is None or max_batches == 1 or paths.last < 2 or paths.fits(capacity)[0, 1]:
        return
    contacts = math.ceil(paths.contacts[1].mean())
    raise errors.InputError(
        f"batches.capacity must be at least {contacts:,}, which brings the {paths.posts[1]:,} live posts of "
        f"the smallest batch; got {capacity:,}"
    )


def _batches(
    judged: Campaigns, looks: SequentialDesign, result: RuleOutcome, brief: Brief, timing: Timing
) -> pd.DataFrame:
    ends, stage = (0, *looks.steps, judged.paths.last), _stage(brief, timing)
    contacts, cost = judged.paths.contacts.mean(axis=1), judged.paths.cost.mean(axis=1)
    rows = []
    for number, (start, end) in enumerate(pairwise(ends)):
        write = timing.start + pd.Timedelta(days=math.ceil(number * stage))
        live = write + pd.Timedelta(days=math.ceil(timing.to_live))
        look = live + pd.Timedelta(days=brief.batches.days)
        rows.append(
            (
                number + 1,
                int(judged.paths.posts[end] - judged.paths.posts[start]),
                round(contacts[end]) - round(contacts[start]),
                write,
                live,
                look if end != judged.paths.last else pd.NaT,
                float(cost[end] - cost[start]),
                float((result.look >= number).mean()) if looks.sends else 0.0,
            )
        )
    table = pd.DataFrame(rows, columns=BATCHES)
    days = ["write_on", "live_by", "look_on"]
    return table.assign(**{name: pd.to_datetime(table[name], utc=True).dt.normalize() for name in days})


def _looks(
    judged: Campaigns, looks: SequentialDesign, by_clicks: SequentialDesign, brief: Brief
) -> pd.DataFrame:
    rows = []
    for number, step in enumerate(looks.steps):
        cost, posts = float(judged.paths.cost[step].mean()), int(judged.paths.posts[step])
        (stop, go_on), clicks = looks.thresholds[number], by_clicks.thresholds[number]
        for name, ends, plan in (
            ("orders", (go_on, stop), looks),
            ("cost_per_order", (_per_order(cost, go_on), _per_order(cost, stop)), looks),
            ("clicks", (clicks.go_on, clicks.stop), by_clicks),
        ):
            rows.append((number + 1, name, posts, brief.batches.days, *ends, plan.otherwise[number]))
    return pd.DataFrame(rows, columns=LOOKS)


def _per_order(cost: float, orders: float) -> float:
    return cost / orders if orders > 0 else math.nan  # no cost is too high


def _creators(invitations: pd.DataFrame, judged: Campaigns, looks: SequentialDesign) -> pd.DataFrame:
    """Return who is in which batch: as many as are written to for it on average."""
    ends = [round(judged.paths.contacts[step].mean()) for step in looks.steps]
    rows = invitations[["place", "creator", "niche", "followers", "offer", "posts", "why"]]
    batch = 1 + np.searchsorted(ends, rows["place"].to_numpy(), side="left")
    return rows.rename(columns={"why": "reason"}).assign(batch=batch)[
        ["place", "creator", "niche", "followers", "offer", "posts", "batch", "reason"]
    ]


def _rule(plans: worth.Plans, paths: Paths, brief: Brief, timing: Timing) -> dict[str, Any]:
    looks, by_clicks = plans.looks, plans.by_clicks
    if not looks.steps:
        return {}
    return {
        "campaign": brief.name,
        "planned": f"{timing.start:%Y-%m-%d}",
        "terms": "",
        "looks": [
            {
                "posts": int(paths.posts[step]),
                **_thresholds(looks, at),
                "clicks": _thresholds(by_clicks, at),
            }
            for at, step in enumerate(looks.steps)
        ],
    }


def _thresholds(looks: SequentialDesign, number: int) -> dict[str, Any]:
    cut = looks.thresholds[number]
    return {"go_on": int(cut.go_on), "stop": int(cut.stop), "otherwise": looks.otherwise[number]}
