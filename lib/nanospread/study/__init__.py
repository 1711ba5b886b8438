"""The only pipeline: data + engagement model + brief -> simulate, sweep, shortlist, recruitment, backtest.

`open` says where the data and the brief are; a `Study` computes each step once, when it is first asked for,
and never changes. Notebooks, the what-if panel, week over week, the report's checks and the command line all
start here.

- data: a folder of exports or a store -> tables, posts of a window, engagement model
- recruiting: whom to write to, what to offer, how long it takes, and who stays
- inviting: whom to invite, and what the list brings
- checking: whether the forecasts were right
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread.campaign import brief as briefs
from nanospread.campaign import reach, recruitment, risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.core import errors, formatting
from nanospread.core.described import Described
from nanospread.core.estimates import Estimate
from nanospread.creators.engagement import EngagementModel
from nanospread.ingest.dataset import Tables
from nanospread.study.checking import ForecastCheck
from nanospread.study.data import Data, Window, place
from nanospread.study.inviting import Shortlist
from nanospread.study.recruiting import Recruitment

__all__ = ["Data", "ForecastCheck", "Recruitment", "Run", "Shortlist", "Study", "Window", "open", "place"]

WINDOW = tuple(asdict(Window()))


@dataclass(frozen=True, repr=False)
class Study(Described):
    """Data and a brief, with all that follows from the two.

    data: tables, window, engagement model. asked: the brief with this study's changes, before the data told
    anything; `brief` is the one in force.
    """

    data: Data
    asked: Brief

    @property
    def tables(self) -> Tables:
        """The validated tables, with the ledger of what was repaired and refused."""
        return self.data.tables

    @property
    def posts(self) -> pd.DataFrame:
        """The posts of the window with their rates."""
        return self.data.posts

    @property
    def left_out(self) -> pd.DataFrame:
        """What the window leaves out: reason, posts, creators."""
        return self.data.left_out

    @property
    def roster(self) -> pd.DataFrame:
        """One row per creator: creator, niche, followers, as_of."""
        return self.data.roster

    @property
    def engagement(self) -> EngagementModel:
        """The engagement model fitted to the posts."""
        return self.data.engagement

    @property
    def as_of(self) -> pd.Timestamp:
        """The data's own date: nothing asks the clock."""
        return self.data.as_of

    @cached_property
    def measured(self) -> Mapping[str, Mapping[str, float | str]]:
        """The assumptions that the data measure, by name: low, central, high, source."""
        rates = recruitment.measured(self.tables.outreach, self.asked, as_of=self.as_of)
        return rates | reach.measured(self.tables.overlaps, self.roster)

    @cached_property
    def brief(self) -> Brief:
        """The brief in force: what the data measure stands in place of what is published."""
        return briefs.calibrated(self.asked, self.measured)

    @property
    def nano(self) -> str:
        """The name of the nano option of the brief's offer, such as nano_gift."""
        return f"nano_{self.asked.nano.offer}"

    def changed(self, **changes: object) -> "Study":
        """Return the study with other values of the brief or another window of posts; None leaves a value.

        The tables are shared, and the engagement model where the window stays the same.
        """
        window, others = _split(self.asked, changes)
        return Study(
            self.data.within(replace(self.data.window, **window)), briefs.changed(self.asked, **others)
        )

    def simulate(
        self,
        n_worlds: int = 10_000,
        seed: int = 1,
        *,
        only: Sequence[str] | None = None,
        executor: Executor | None = None,
    ) -> "Run":
        """Return the brief's options in the same simulated campaigns; only: their names, None for all."""
        run = Run(self, n_worlds, seed, None if only is None else tuple(only), executor)
        _ = run.outcomes  # at once: whatever is wrong is said here
        return run

    def sweep(
        self,
        name: str,
        values: Iterable[float],
        *,
        n_worlds: int = 10_000,
        seed: int = 1,
        only: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the money of each option at each value of one assumption, in the same campaigns."""
        return simulation.sweep(
            self.engagement, self.brief, name=name, values=values, n_worlds=n_worlds, seed=seed, only=only
        )

    def frontier(
        self,
        shares: Iterable[float],
        *,
        n_worlds: int = 10_000,
        seed: int = 1,
        executor: Executor | None = None,
    ) -> pd.DataFrame:
        """Return the money of each mix of macro and nano, in the same simulated campaigns."""
        return simulation.frontier(
            self.engagement, self.brief, shares=shares, n_worlds=n_worlds, seed=seed, executor=executor
        )

    def components(self, *, flag_is_label: bool = False) -> pd.DataFrame:
        """Return the authenticity components of each creator, as `authenticity.components`."""
        return self.data.components(flag_is_label=flag_is_label)

    def shortlist(self, *, seed: int = 1) -> Shortlist:
        """Return whom to invite under the brief's limits."""
        return Shortlist(self.data, self.brief, seed)

    def recruitment(self) -> Recruitment:
        """Return how many creators to write to, what to offer, and who stays."""
        return Recruitment(self.data, self.brief)

    def backtest(self, *, seed: int = 1) -> ForecastCheck:
        """Return whether forecasts of posts that the model had not seen were right."""
        return ForecastCheck(self.data, self.brief, seed)

    def creators(self) -> pd.DataFrame:
        """Return the posterior engagement rate of each creator, one row each."""
        return self.engagement.creators

    def _described(self) -> tuple[str, Iterable[tuple[str, object]]]:
        brief, window, tables = self.asked, self.data.window, self.tables
        days = "any age" if window.last_days is None else f"at most {window.last_days:g} days old"
        return f"Study of {brief.title}", [
            ("data", self.data.folder),
            ("creators", f"{len(self.roster):,}"),
            ("posts", f"{len(tables.posts):,}, the newest of {tables.posts['posted_at'].max():%Y-%m-%d}"),
            ("window", f"newest {window.last_posts:,} of each, {window.fresh_days:g} days or older, {days}"),
            ("brief", brief.name),
            ("budget", formatting.money(brief.budget, brief.currency)),
            ("niches", ", ".join(brief.niches)),
            ("nano offer", brief.nano.offer),
            ("measured", ", ".join(self.measured) or "nothing: every assumption is published or set"),
        ]


@dataclass(frozen=True, repr=False)
class Run(Described):
    """The options of a study's brief in the same simulated campaigns."""

    study: Study
    n_worlds: int
    seed: int
    only: tuple[str, ...] | None = None
    executor: Executor | None = field(default=None, compare=False)

    @cached_property
    def outcomes(self) -> simulation.Outcomes:
        """What the campaigns came to, as `simulation.campaign`."""
        return simulation.campaign(
            self.study.engagement,
            self.study.brief,
            n_worlds=self.n_worlds,
            seed=self.seed,
            only=self.only,
            executor=self.executor,
        )

    @property
    def worlds(self) -> pd.DataFrame:
        """One row per option and simulated campaign, as `simulation.Outcomes.worlds`."""
        return self.outcomes.worlds

    @property
    def plan(self) -> pd.DataFrame:
        """What each option buys, as `simulation.Outcomes.plan`."""
        return self.outcomes.plan

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know about this run, in sentences."""
        return self.outcomes.notes

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Each measure of each option with its Monte Carlo error, as `risk.summary`."""
        return risk.summary(self.worlds, flop_roi=self.study.brief.flop_roi)

    @cached_property
    def by_arm(self) -> pd.DataFrame:
        """One row per option, one column per measure, as `risk.by_arm`."""
        return risk.by_arm(self.summary)

    def estimate(self, option: str, measure: str) -> Estimate:
        """Return one measure of one option with its Monte Carlo error."""
        return risk.estimate(self.summary, option, measure)

    def odds(self) -> pd.DataFrame:
        """Return one row per option: chances, profit, cost per order."""
        rows = self.by_arm.set_index("arm")[
            ["p_beats_macro", "p_loss", "profit_p10", "profit_p50", "profit_p90"]
        ]
        money = self.worlds.groupby("arm", observed=True)[["cost", "conversions"]].sum()
        return rows.assign(cost_per_order=money["cost"] / money["conversions"]).rename_axis("option")

    def _described(self) -> tuple[str, Iterable[tuple[str, object]]]:
        currency = self.study.asked.currency
        title = f"{self.n_worlds:,} simulated campaigns of {self.study.asked.title}, seed {self.seed}"
        return title, [(str(option), _in_words(odds, currency)) for option, odds in self.odds().iterrows()]


def _in_words(odds: "pd.Series[float]", currency: str) -> str:
    ahead = f"beats the macro in {formatting.odds(odds['p_beats_macro'])}, "
    return (
        f"{ahead if pd.notna(odds['p_beats_macro']) else ''}loses in {formatting.odds(odds['p_loss'])}, "
        f"median profit {formatting.money(odds['profit_p50'], currency)}"
    )


def open(  # noqa: A001  as ns.open
    data: str | Path = "", *, brief: str | Path | Brief = "", week: str | None = None, **changes: Any
) -> Study:
    """Return the study of a folder of exports, a store or the bundled sample, under a brief."""
    asked = brief if isinstance(brief, Brief) else briefs.read(briefs.path(brief or "sample"))
    window, others = _split(asked, changes)
    return Study(Data(place(data, week), Window(**window)), briefs.changed(asked, **others))


def _split(brief: Brief, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the changes of the window, and those of the brief. Raises: InputError for an unknown name."""
    known = [*WINDOW, *briefs.parameters(brief)]
    for name in changes:
        if name not in known:
            raise errors.unknown("parameter", name, known)
    given = {name: value for name, value in changes.items() if value is not None}
    window = {name: value for name, value in given.items() if name in WINDOW}
    return window, {name: value for name, value in given.items() if name not in WINDOW}
