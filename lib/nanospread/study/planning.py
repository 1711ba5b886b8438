"""Data and brief -> whom to invite, in which batches, what that brings; what to offer, and who stays."""

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from nanospread.campaign import reach, recruitment, risk, simulation, staged
from nanospread.campaign import shortlist as shortlists
from nanospread.campaign.beliefs import Beliefs
from nanospread.campaign.brief import Brief
from nanospread.core import errors, weeks
from nanospread.core.types import Floats
from nanospread.study.data import Data, StudyInputs
from nanospread.study.running import Run

STEPS = 40  # of the curve, up to the contacts needed; it goes on for half as many
LIVE = 0.9  # share of those who post at all that are live when a batch counts as live
DAYS = np.arange(1, 731)  # days in which that is looked for
ROSTER, BUDGET = "plan_roster", "plan_budget"  # the two plans: with the creators of the data, with all money
ODDS = ["cost_per_order", "profit_mean", "profit_p10", "profit_p50", "profit_p90", "p_loss", "p_beats_macro"]


@dataclass(frozen=True)
class Shortlist:
    """Choose whom to invite under the brief's limits, beside two plain rules; made by `Study.shortlist`.

    Parameters
    ----------
    data : Data
        Tables, window of posts and engagement model.
    brief : Brief
        The brief in force.
    seed : int
        Of the random numbers.
    beliefs : Beliefs, optional
        What expectations are over and campaigns draw beside their luck; None for luck alone.

    Examples
    --------
    >>> study.shortlist().invitations["place"].head(3).tolist()
    [1, 2, 3]
    """

    data: Data
    brief: Brief
    seed: int = 1
    beliefs: Beliefs | None = None

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Return who may be invited, as `shortlist.candidates`."""
        components = self.data.components()
        return shortlists.candidates(
            self.data.engagement, self.brief, self.data.roster, components, self.beliefs
        )

    @cached_property
    def options(self) -> pd.DataFrame:
        """Return each way to invite a candidate, with what it costs and brings."""
        return shortlists.options(self.data.engagement, self.candidates, self.brief, self.beliefs)

    @cached_property
    def plan(self) -> shortlists.Plan:
        """Return the list with its reasons, its reserve and what limits it."""
        overlaps, roster = self.data.tables.overlaps, self.data.roster
        return shortlists.plan(
            self.data.engagement,
            self.brief,
            self.candidates,
            roster=roster,
            overlaps=overlaps,
            seed=self.seed,
            beliefs=self.beliefs,
        )

    @property
    def invitations(self) -> pd.DataFrame:
        """Return whom to write to, in this order, and why each is on the list."""
        return self.plan.invitations

    @property
    def reserve(self) -> pd.DataFrame:
        """Return who comes next when somebody declines."""
        return self.plan.reserve

    @cached_property
    def audiences(self) -> pd.DataFrame:
        """Return the expected audience of each creator of the list."""
        return shortlists.audiences(self.plan)

    @cached_property
    def reach(self) -> reach.Reach:
        """Return how many people the list reaches at least once."""
        return reach.unique(self.audiences, self.brief, self.data.tables.overlaps)

    @cached_property
    def reach_curve(self) -> pd.DataFrame:
        """Return the unique reach as the list grows."""
        return reach.curve(self.audiences, self.brief, self.data.tables.overlaps)

    @cached_property
    def top_per_niche(self) -> pd.DataFrame:
        """Return the best of each niche by most likely engagement rate."""
        return shortlists.handful(self.options)

    def play(
        self, *, n_worlds: int = 10_000, seed: int | None = None, only: Sequence[str] = shortlists.LISTS
    ) -> pd.DataFrame:
        """Simulate the list and both plain rules in the same campaigns, each once.

        Parameters
        ----------
        n_worlds : int
            Simulated campaigns.
        seed : int, optional
            Of the random numbers; None takes the list's.
        only : sequence of str
            Names of the lists wanted.

        Returns
        -------
        pandas.DataFrame
            One row per list and world, as `Run.worlds`; arm names the list.

        Raises
        ------
        InputError
            An unknown list.

        Examples
        --------
        >>> study.shortlist().play(n_worlds=256)["arm"].unique().tolist()
        ['shortlist', 'equal split', 'greedy by ER']
        """
        drawn = self.seed if seed is None else seed
        for name in only:
            if name not in self.plan.lists:
                raise errors.unknown("list", name, self.plan.lists)
            if (name, n_worlds, drawn) not in self._played:
                self._played[name, n_worlds, drawn] = simulation.invited(
                    self.data.engagement,
                    self.brief,
                    self.plan.lists[name],
                    n_worlds=n_worlds,
                    seed=drawn,
                    beliefs=self.beliefs,
                )
        frames = [self._played[name, n_worlds, drawn].assign(arm=name) for name in only]
        worlds = pd.concat(frames, ignore_index=True)
        return worlds.astype({"arm": pd.CategoricalDtype(list(only), ordered=True)})

    @cached_property
    def _played(self) -> dict[tuple[str, int, int], pd.DataFrame]:
        """What was simulated of each list, by its name, number of campaigns and seed."""
        return {}


@dataclass(frozen=True)
class Recruitment:
    """Plan how many creators to write to, what to offer, and who stays; made by `Study.recruitment`.

    Parameters
    ----------
    data : Data
        Tables, window of posts and engagement model.
    brief : Brief
        The brief in force.
    beliefs : Beliefs, optional
        What is not known, which a programme draws; None: each at its central value.

    Examples
    --------
    >>> needed = study.recruitment().needed
    >>> needed.posts, needed.contacts
    (20, 375)
    """

    data: Data
    brief: Brief
    beliefs: Beliefs | None = None

    @cached_property
    def funnel(self) -> recruitment.Funnel:
        """Return the steps from contact to live post, each with the next campaign's rate."""
        return recruitment.funnel(self._log, self.brief, as_of=self.data.as_of)

    @cached_property
    def inbound(self) -> recruitment.InboundCreators | None:
        """Return the creators who write first; None where the log does not tell who did."""
        return recruitment.inbound(self._log, self.brief, as_of=self.data.as_of)

    @cached_property
    def needed(self) -> recruitment.RequiredContacts:
        """Return how many contacts make the live posts that the brief wants, in its days and as surely."""
        target = self.brief.wanted
        return recruitment.needed(
            self.funnel, posts=target.posts, days=target.days, chance=target.chance, inbound=self.inbound
        )

    @cached_property
    def needed_curve(self) -> pd.DataFrame:
        """Return the chance of the wanted posts by number of contacts, to beyond those needed."""
        target = self.brief.wanted
        contacts = [round(self.needed.contacts * step / STEPS) for step in range(STEPS * 3 // 2 + 1)]
        return recruitment.needed_curve(
            self.funnel, contacts, posts=[target.posts], days=target.days, inbound=self.inbound
        )

    @cached_property
    def content(self) -> recruitment.TimeToPost:
        """Return the days from contact to live post."""
        return recruitment.time_to_content(self._log, self.funnel, as_of=self.data.as_of)

    @cached_property
    def as_is(self) -> recruitment.Rate:
        """Return how often creators take the brief as it is."""
        return recruitment.as_is(self._log, self.brief)

    @cached_property
    def offers(self) -> recruitment.Offers:
        """Return what a live post costs with a gift and with a fee."""
        return recruitment.offers(self._log, self.brief, as_of=self.data.as_of)

    @cached_property
    def members(self) -> pd.DataFrame:
        """Return the ambassadors of the data, with how long each stayed."""
        return recruitment.tenures(self.data.tables.ambassadors, self.data.as_of)

    @cached_property
    def retention(self) -> recruitment.Retention:
        """Return how long ambassadors stay: the shifted beta geometric model of brief and members."""
        return recruitment.retention(self.brief, self.members)

    @cached_property
    def terms(self) -> recruitment.AmbassadorTerms:
        """Return what an ambassador costs to win and to keep."""
        return recruitment.ambassador_terms(self.brief)

    def programme(self, *, n_worlds: int = 10_000, seed: int = 1) -> simulation.Programme:
        """Simulate a year with ambassadors.

        Parameters
        ----------
        n_worlds : int
            Simulated campaigns.
        seed : int
            Of the random numbers.

        Returns
        -------
        Programme
            Its periods and worlds, in money.

        Examples
        --------
        >>> len(study.recruitment().programme(n_worlds=256).worlds)
        256
        """
        return simulation.programme(
            self.data.engagement,
            self.brief,
            retention=self.retention,
            n_worlds=n_worlds,
            seed=seed,
            beliefs=self.beliefs,
        )

    @property
    def _log(self) -> pd.DataFrame:
        return recruitment.with_offers(self.data.tables.outreach, self.brief)


def plans(run: Run, shortlist: Shortlist) -> pd.DataFrame:
    """Return what both plans write to, cost and bring in the run's simulated campaigns; as `Study.plans`."""
    options = {str(option): rows for option, rows in run.worlds.groupby("arm", observed=True)}
    if run.study.nano not in options:
        raise errors.unknown("option", run.study.nano, options)
    bought = run.plan.set_index("arm").loc[run.study.nano]
    macro = options[risk.RIVAL]["profit"].to_numpy() if risk.RIVAL in options else None
    listed = shortlist.play(n_worlds=run.n_worlds, seed=run.seed, only=["shortlist"])
    rows = {
        ROSTER: {"on_list": len(shortlist.invitations), "creators_drawn": 0, **_played(listed, macro)},
        BUDGET: {
            "on_list": round(bought["contacts"]),
            "creators_drawn": bought["creators_drawn"],
            **_played(options[run.study.nano], macro),
        },
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("plan")
    return table.assign(**dict.fromkeys(ODDS, math.nan)) if run.study.withheld else table


def _played(worlds: pd.DataFrame, macro: Floats | None) -> dict[str, float]:
    profit, orders, cost = (worlds[name].to_numpy() for name in ("profit", "conversions", "cost"))
    return {
        "contacts": float(worlds["contacts"].mean()),
        "posts_live": float(worlds["posts_live"].mean()),
        "unique_reach_p50": float(worlds["unique_reach"].median()),
        "cost_mean": float(cost.mean()),
        "conversions_mean": float(orders.mean()),
        "cost_per_order": float(cost.sum() / orders.sum()) if orders.any() else math.nan,
        "profit_mean": float(profit.mean()),
        **{f"profit_p{percent}": risk.quantile(profit, percent / 100).value for percent in (10, 50, 90)},
        "p_loss": risk.p_loss(profit).value,
        "p_beats_macro": math.nan if macro is None else risk.p_beats(profit, macro).value,
    }


def staged_plan(
    study: StudyInputs,
    shortlist: Shortlist,
    *,
    n_worlds: int,
    seed: int,
    week: str,
    executor: Executor | None,
) -> staged.StagedPlan:
    """Return the staged plan, as `Study.staged`."""
    if study.withheld:
        raise errors.InputError(f"no batches can be planned: {study.withheld}")
    if shortlist.invitations.empty:
        raise errors.InputError(f"no batches can be planned: {shortlist.plan.limited_by[0]}")
    plan = staged.plan(
        study.engagement,
        study.brief,
        shortlist.invitations,
        timing=timing(study, week),
        n_worlds=n_worlds,
        seed=seed,
        beliefs=study.beliefs,
        executor=executor,
    )
    return replace(plan, rule={**plan.rule, "terms": staged.terms(study.asked)}) if plan.rule else plan


def timing(study: StudyInputs, week: str = "") -> staged.Timing:
    """Return when the plan starts, by the data or in that week, and how long a batch takes to be live."""
    start = study.as_of
    if week:
        start = max(start, pd.Timestamp(weeks.first_day(week), tz="UTC"))
    live = Recruitment(study.data, study.brief, study.beliefs).funnel.live
    in_time = np.flatnonzero(live.share(DAYS.astype(np.float64)) >= LIVE)
    return staged.Timing(start, float(DAYS[in_time[0]] if len(in_time) else DAYS[-1]))
