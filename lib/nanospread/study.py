"""The only pipeline: data + engagement model + brief -> simulate, sweep, shortlist, recruitment, backtest.

`open` says where the data and the brief are; a `Study` computes each step once, when it is first asked for,
and never changes. Notebooks, the what-if panel, week over week, the report's checks and the command line all
start here.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread import store
from nanospread.campaign import brief as briefs
from nanospread.campaign import reach, recruitment, risk, shortlist, simulation
from nanospread.campaign.brief import Brief
from nanospread.core import errors, paths
from nanospread.core.estimates import Estimate
from nanospread.creators import authenticity, engagement, metrics
from nanospread.creators.engagement import EngagementModel
from nanospread.ingest import dated
from nanospread.ingest.dataset import Tables


@dataclass(frozen=True)
class Window:
    """Which posts count: the newest `last_posts` of each creator that are `fresh_days` to `last_days` old."""

    last_posts: int = 12
    last_days: float | None = None
    fresh_days: float = 3.0


@dataclass(frozen=True)
class Data:
    """A folder of exports or a store, read once, and the posts of a window with their engagement model."""

    folder: Path
    window: Window = field(default_factory=Window)
    read: Tables | None = field(default=None, repr=False, compare=False)

    @cached_property
    def tables(self) -> Tables:
        """The validated tables, with the ledger of what was repaired and refused."""
        return self.read or store.opened(self.folder)

    @cached_property
    def roster(self) -> pd.DataFrame:
        """One row per creator, as `dated.roster`."""
        return dated.roster(self.tables)

    @cached_property
    def as_of(self) -> pd.Timestamp:
        """The data's own date."""
        return dated.as_of(self.tables)

    @cached_property
    def posts(self) -> pd.DataFrame:
        """The posts of the window with their rates, as `metrics.per_post`."""
        return metrics.per_post(dated.dated_posts(self.tables, **asdict(self.window)))

    @cached_property
    def left_out(self) -> pd.DataFrame:
        """What the window leaves out, as `dated.left_out`."""
        return dated.left_out(self.tables, **asdict(self.window))

    @cached_property
    def engagement(self) -> EngagementModel:
        """The engagement model of the posts."""
        return engagement.fit(self.posts, self.roster)

    def within(self, window: Window) -> "Data":
        """Return the same tables under another window of posts."""
        return self if window == self.window else Data(self.folder, window, self.tables)


@dataclass(frozen=True)
class Study:
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
        """Return the study with other values of the brief or another window of posts; None leaves a value."""
        window = {name: value for name, value in changes.items() if name in asdict(self.data.window)}
        own = {name: value for name, value in changes.items() if name not in window}
        return replace(
            self,
            data=self.data.within(replace(self.data.window, **window)),  # type: ignore[arg-type]
            asked=briefs.changed(self.asked, **own),
        )

    def simulate(
        self,
        n_worlds: int = 10_000,
        seed: int = 1,
        *,
        only: Sequence[str] | None = None,
        executor: Executor | None = None,
    ) -> "Run":
        """Return the brief's options in the same simulated campaigns."""
        outcomes = simulation.campaign(
            self.engagement, self.brief, n_worlds=n_worlds, seed=seed, only=only, executor=executor
        )
        return Run(self, n_worlds, seed, outcomes)

    def sweep(
        self, name: str, values: Iterable[float], *, n_worlds: int = 10_000, seed: int = 1
    ) -> pd.DataFrame:
        """Return the money of each option at each value of one assumption, in the same campaigns."""
        return simulation.sweep(
            self.engagement, self.brief, name=name, values=values, n_worlds=n_worlds, seed=seed
        )

    def frontier(self, shares: Iterable[float], *, n_worlds: int = 10_000, seed: int = 1) -> pd.DataFrame:
        """Return the money of each mix of macro and nano, in the same simulated campaigns."""
        return simulation.frontier(self.engagement, self.brief, shares=shares, n_worlds=n_worlds, seed=seed)

    @cached_property
    def components(self) -> pd.DataFrame:
        """The authenticity components of each creator, as `authenticity.components`."""
        return authenticity.components(self.posts, self.roster, self.tables.creators, self.tables.comments)

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Whom the shortlist may invite, as `shortlist.candidates`."""
        return shortlist.candidates(self.engagement, self.brief, self.roster, self.components)

    def shortlist(self, *, seed: int = 1) -> shortlist.Plan:
        """Return whom to invite under the brief's limits."""
        return shortlist.plan(
            self.engagement,
            self.brief,
            self.candidates,
            roster=self.roster,
            overlaps=self.tables.overlaps,
            seed=seed,
        )

    def creators(self) -> pd.DataFrame:
        """Return the posterior engagement rate of each creator, one row each."""
        return self.engagement.creators


@dataclass(frozen=True)
class Run:
    """The brief's options in the same simulated campaigns."""

    study: Study
    n_worlds: int
    seed: int
    outcomes: simulation.Outcomes = field(repr=False)

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

    def estimate(self, option: str, measure: str) -> Estimate:
        """Return one measure of one option with its Monte Carlo error."""
        return risk.estimate(self.summary, option, measure)

    def odds(self) -> pd.DataFrame:
        """Return one row per option: chances, profit, cost per order."""
        rows = risk.by_arm(self.summary).set_index("arm")
        money = self.worlds.groupby("arm", observed=True)[["cost", "conversions"]].sum()
        shown = rows[["p_beats_macro", "p_loss", "profit_p10", "profit_p50", "profit_p90"]]
        return shown.assign(cost_per_order=money["cost"] / money["conversions"]).rename_axis("option")


def open(  # noqa: A001  as ns.open
    data: str | Path = "", *, brief: str | Path = "", week: str | None = None, **changes: Any
) -> Study:
    """Return the study of a folder of exports, a store or the bundled sample, under a brief."""
    if week is not None:
        raise errors.InputError("week is not built yet")
    window = {name: changes.pop(name) for name in asdict(Window()) if changes.get(name) is not None}
    asked = briefs.changed(briefs.read(briefs.path(brief or "sample")), **changes)
    return Study(Data(paths.folder(str(data)), Window(**window)), asked)
