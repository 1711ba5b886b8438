"""The options of a brief in the same simulated campaigns -> worlds, summary, odds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from nanospread.campaign import decision, risk, simulation, streaming, unit_economics, what_if
from nanospread.campaign.brief import Brief, changed, earned_share
from nanospread.campaign.decision import Decision
from nanospread.campaign.sensitivity import NOTHING, Information, clear_worth
from nanospread.campaign.simulation import Outcomes, by_world
from nanospread.campaign.simulation.by_world import JointDraws, without
from nanospread.campaign.streaming import CampaignSummary
from nanospread.campaign.what_if import PairedCampaigns
from nanospread.core import cluster, errors, formatting
from nanospread.core.estimates import Estimate
from nanospread.core.formatting import ReprMixin, Rows
from nanospread.study.data import StudyInputs

Given = Literal["everything", "central"]
GIVEN = ("everything", "central")
KEPT = 5_000_000  # worlds of a run that are kept; of more, what they come to alone


@dataclass(frozen=True, repr=False)
class Run(ReprMixin):
    """Hold the options of a study's brief in the same simulated campaigns; made by `Study.simulate`.

    Parameters
    ----------
    study : Study
        Whose brief is simulated.
    n_worlds : int
        Simulated campaigns. Of more than 5,000,000 summary, odds, plan and notes are there, not the worlds.
    seed : int
        Of the random numbers.
    only : tuple of str, optional
        Names of the options; None for all.
    executor : concurrent.futures.Executor or distributed.Client, optional
        Over whose workers the campaigns are spread.
    given : {"everything", "central"}
        What the campaigns draw: luck and beliefs, or luck alone, with each assumption at its central value.

    Examples
    --------
    >>> run.n_worlds, len(run.worlds) // run.n_worlds
    (1000, 6)
    """

    study: StudyInputs
    n_worlds: int
    seed: int
    only: tuple[str, ...] | None = None
    executor: Any = field(default=None, compare=False)
    given: Given = "everything"

    @cached_property
    def played(self) -> Outcomes | CampaignSummary:
        """Return what the campaigns came to: of more than `KEPT` without the worlds."""
        play = simulation.campaign if self.n_worlds <= KEPT else streaming.campaign
        with cluster.workers(self.executor) as workers:
            return play(
                self.study.engagement,
                self.study.brief,
                n_worlds=self.n_worlds,
                seed=self.seed,
                only=self.only,
                executor=workers,
                beliefs=self.study.beliefs if self.given == "everything" else None,
            )

    @cached_property
    def central(self) -> "Run":
        """Return the same options under luck alone, each assumption at its central value."""
        return replace(self, given="central")

    @cached_property
    def information(self) -> Information:
        """Return the profits beside what each campaign drew of the beliefs, as `sensitivity.Information`."""
        if self.given == "central":
            raise errors.InputError("given must be 'everything' to ask what beliefs tell; got 'central'")
        beliefs = self.study.beliefs
        per_click = {side: beliefs.orders_per_100_clicks(side) for side in ("nano", "macro")}
        drawn = simulation.believed(
            beliefs,
            n_worlds=self.n_worlds,
            seed=self.seed,
            also={f"orders_per_100_clicks_{side}": values for side, values in per_click.items()},
        )
        drawn = drawn.drop(columns={*beliefs.names} - {*self.study.brief.in_force()})
        varied = [name for name in drawn if drawn[name].nunique() > 1]
        profits = self.worlds.groupby("arm", observed=True)["profit"]
        by_option = {str(arm): values.to_numpy() for arm, values in profits}
        return Information(by_option, drawn[varied], drawn.index.to_numpy() % risk.BATCHES)

    @cached_property
    def unknowns(self) -> pd.DataFrame:
        """Return what is not known, one row per belief, with what it is worth to know it first.

        Returns
        -------
        pandas.DataFrame
            By belief: worth_spend and worth_choice, what knowing it is worth before one decides to spend at
            all, and between nano and the macro [money], each with its Monte Carlo error _se; share of the
            spread of nano's profit [0-1]; pays and even, its value where nano earns its cost, and as much as
            the macro if that is in reach, on average (missing where it does at none), each with _se and
            _side. Those worth most beyond the simulation's error come first, then by share.

        References
        ----------
        docs/model.md C15.

        Examples
        --------
        >>> "orders_per_100_clicks_nano" in run.unknowns.index
        True
        """
        nano, both = self.study.nano, [self.study.nano, risk.RIVAL]
        information = self.information
        choices = {"spend": [NOTHING, nano], "choice": both if risk.RIVAL in information.profits else [nano]}
        parts = [information.evppi(options).add_prefix(f"worth_{name}_") for name, options in choices.items()]
        columns = {f"worth_{name}_value": f"worth_{name}" for name in choices}
        table = pd.concat(parts, axis=1).rename(columns=columns).assign(share=information.shares(nano))
        for name, other in (("pays", NOTHING), ("even", risk.RIVAL)):
            if other not in (NOTHING, *information.profits):
                continue
            rows = information.break_evens(nano, other).add_prefix(f"{name}_")
            table = table.join(rows.rename(columns={f"{name}_value": name}))
        order = pd.DataFrame({"worth": clear_worth(table), "share": table["share"]})
        return table.loc[order.sort_values(["worth", "share"], ascending=False).index]

    @property
    def worlds(self) -> pd.DataFrame:
        """Return one row per option and world: world, arm, cost, profit [money], conversions, and more.

        Raises
        ------
        InputError
            More than 5,000,000 worlds, which are not kept.
        """
        if isinstance(self.played, CampaignSummary):
            raise errors.InputError(
                f"n_worlds must be at most {KEPT:,} for the worlds to be kept; of {self.n_worlds:,} "
                "there are summary and odds"
            )
        return self.played.worlds

    @property
    def out_of_reach(self) -> bool:
        """Return whether the macro asks for more than the budget, which leaves nano alone."""
        return self.quoted.out_of_reach

    @property
    def quoted(self) -> Brief:
        """Return the brief in force, with the followers of a macro that it names."""
        return simulation.quoted(self.study.engagement, self.study.brief)

    @property
    def plan(self) -> pd.DataFrame:
        """Return what each option buys, one row each; means over worlds."""
        return self.played.plan

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader must know about this run, in sentences."""
        return self.played.notes

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Return each measure of each option with its Monte Carlo error, unless odds are withheld."""
        if isinstance(self.played, CampaignSummary):
            rows = self.played.summary
        else:
            rows = risk.summary(self.played.worlds, flop_roi=self.study.brief.flop_roi)
        return rows.assign(value=math.nan, se=math.nan) if self.study.withheld else rows

    @cached_property
    def by_arm(self) -> pd.DataFrame:
        """Return one row per option, one column per measure."""
        return risk.by_arm(self.summary)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Return what an order costs, past and planned, nano and macro.

        Returns
        -------
        pandas.DataFrame
            By past_nano, past_macro (missing without past orders), plan_nano and plan_macro (missing where it
            is out of reach): cost_per_order, and of a plan low and high over what is not known [money];
            orders and campaigns that past results are of, and left_out, results without a cost or orders.

        Examples
        --------
        >>> bool(run.costs.loc["plan_nano", "low"] < run.costs.loc["plan_nano", "cost_per_order"])
        True
        """
        study = self.study
        past = unit_economics.past_cost_per_order(study.tables.results, study.roster, study.brief.platform)
        options = {"plan_nano": study.nano, "plan_macro": risk.RIVAL}
        worlds = {str(arm): part for arm, part in self.worlds.groupby("arm", observed=True)}
        plans = {
            name: unit_economics.planned_cost_per_order(
                worlds[arm]["cost"].to_numpy(), worlds[arm]["conversions"].to_numpy(), self.information
            )
            for name, arm in options.items()
            if arm in worlds
        }
        rows = past.add_prefix("past_", axis="index")
        return pd.concat([rows, pd.DataFrame.from_dict(plans, orient="index")])

    @property
    def earned_per_order(self) -> float:
        """Return what a nano order earns before any cost, on average [money]."""
        nano = self.worlds[self.worlds["arm"] == self.study.nano]
        orders = float(nano["conversions"].sum())
        return float((nano["profit"] + nano["cost"]).sum() / orders) if orders else math.nan

    def estimate(self, option: str, measure: str) -> Estimate:
        """Read one measure of one option with its Monte Carlo standard error.

        Parameters
        ----------
        option : str
            Such as macro or nano_gift.
        measure : str
            Such as p_loss or profit_p50.

        Returns
        -------
        Estimate
            Value and standard error, in the measure's unit.

        Raises
        ------
        InputError
            An unknown option or measure.

        Examples
        --------
        >>> loss = run.estimate("macro", "p_loss")
        >>> round(loss.value, 2), loss.se < 0.02
        (0.61, True)
        """
        return risk.estimate(self.summary, option, measure)

    @cached_property
    def decision(self) -> Decision:
        """Decide between nano, the macro and spending nothing.

        Returns
        -------
        Decision
            What to buy under the loss that the brief tolerates, how firm that is, and what would settle it.

        Examples
        --------
        >>> run.decision.choice, run.decision.reason
        ('nano_gift', 'pays')
        """
        return decision.decide(self.information, self.study.brief, nano=self.study.nano)

    @cached_property
    def paired(self) -> PairedCampaigns:
        """Return nano and the macro of these campaigns, to be asked at once for other settings."""
        joint = self.study.beliefs if self.given == "everything" else None
        return _paired(self.worlds, self.quoted, self.study.nano, joint, self.seed)

    def odds(self, given: Given = "everything") -> pd.DataFrame:
        """Compare the options: chances, profit and cost per order.

        Parameters
        ----------
        given : {"everything", "central"}
            Over luck and over what is not known, or luck alone, with each assumption at its central value.

        Returns
        -------
        pandas.DataFrame
            One row per option: p_beats_macro, p_loss [0-1]; profit_p10, profit_p50, profit_p90 [money];
            cost_per_order [money], all cost over all orders, missing without any.

        Examples
        --------
        >>> run.odds().loc["nano_gift", ["p_beats_macro", "p_loss"]].round(2).tolist()
        [0.74, 0.27]
        >>> run.odds(given="central").loc["nano_gift", ["p_beats_macro", "p_loss"]].round(2).tolist()
        [0.78, 0.38]
        """
        if given not in GIVEN:
            raise errors.unknown("given", given, GIVEN)
        if given == "central" != self.given:
            return self.central.odds("central")
        columns = ["p_beats_macro", "p_loss", "profit_p10", "profit_p50", "profit_p90"]
        rows = self.by_arm.set_index("arm").reindex(columns=columns)  # without a macro nothing beats it
        means = self.by_arm.set_index("arm")
        orders = means["conversions_mean"].where(means["conversions_mean"] > 0)
        return rows.assign(cost_per_order=means["cost_mean"] / orders).rename_axis("option")

    def _repr_rows(self) -> tuple[str, Rows]:
        currency = self.study.asked.currency
        title = f"{self.n_worlds:,} simulated campaigns of {self.study.asked.title}, seed {self.seed}"
        return title, [(str(option), _in_words(odds, currency)) for option, odds in self.odds().iterrows()]


def supposed(
    study: StudyInputs, changes: Mapping[str, object], *, n_worlds: int, seed: int
) -> PairedCampaigns:
    """Return nano and the macro with some fields or assumptions of the brief set, all others as believed.

    Nothing is learned anew from the results, as in `Study.sweep`. Raises: InputError, as `Study.changed`.
    """
    brief: Brief = changed(study.brief, **changes)
    joint: JointDraws | None = study.beliefs
    for name in changes:
        joint = without(joint, name)
    brief, nano = simulation.quoted(study.engagement, brief), f"nano_{brief.nano.offer}"
    only = [nano] if brief.out_of_reach else [nano, risk.RIVAL]
    played = simulation.campaign(
        study.engagement, brief, n_worlds=n_worlds, seed=seed, only=only, beliefs=joint
    )
    return _paired(played.worlds, brief, nano, joint, seed)


def _paired(
    worlds: pd.DataFrame, brief: Brief, nano: str, joint: JointDraws | None, seed: int
) -> PairedCampaigns:
    values, macro_price = by_world.values(brief, joint, seed, 0, worlds["world"].nunique()), None
    if brief.macro.followers and not brief.macro.fee:
        macro_price = brief.macro.followers * brief.macro.posts * values.fee_per_follower_macro
    margin = earned_share(values.replaced({"code_discount": 0.0, "commission": 0.0}))
    earned = earned_share(values)
    return what_if.paired(worlds, brief, nano, margin=margin, earned=earned, macro_price=macro_price)


def _in_words(odds: "pd.Series[float]", currency: str) -> str:
    ahead = f"beats the macro in {formatting.odds(odds['p_beats_macro'])}, "
    return (
        f"{ahead if pd.notna(odds['p_beats_macro']) else ''}loses in {formatting.odds(odds['p_loss'])}, "
        f"median profit {formatting.money(odds['profit_p50'], currency)}"
    )
