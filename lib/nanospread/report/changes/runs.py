"""Settings + data -> the headline figures of a run; two runs -> the paired error of their difference."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.campaign import brief, reach, recruitment, risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.campaign.risk import TAIL, batches, won
from nanospread.core import errors
from nanospread.creators import engagement, metrics
from nanospread.creators.engagement import EngagementModel
from nanospread.ingest import tables
from nanospread.ingest.tables import Tables
from nanospread.pages import headlines
from nanospread.report.changes import campaign
from nanospread.report.changes.schema import Report

WINDOW = ("last_posts", "last_days", "fresh_days")
NEAR = 0.05  # of all worlds, to each side of the median
AFFORDABLE = 50_000  # worlds of an earlier run that are simulated again, whatever this run takes


@dataclass(frozen=True)
class Settings:
    """What a run's headline figures follow from, but for the data.

    plan: the brief as given, before what the data tell. window: last_posts, last_days, fresh_days.
    """

    plan: Brief
    window: Mapping[str, float | None]
    seed: int
    n_worlds: int

    @property
    def nano(self) -> str:
        """Return the nano arm of the brief's offer."""
        return f"nano_{self.plan.nano.offer}"


@dataclass(frozen=True)
class Run:
    """Headline figures by `role`; profit [money] of the arms macro and nano, by world."""

    figures: pd.DataFrame
    profit: Mapping[str, NDArray[np.float64]]


def settings(report: Report) -> Settings:
    """Return the settings of an earlier report. Raises: InputError where today's program cannot take them."""
    window = {name: report.parameters.get(name, "") for name in WINDOW}
    if report.seed is None or report.n_worlds is None or any(isinstance(at, str) for at in window.values()):
        raise errors.InputError("that report does not say its seed, worlds or window of posts")
    numbers = {name: at for name, at in window.items() if not isinstance(at, str)}
    return Settings(campaign.restored(report.campaign), numbers, report.seed, report.n_worlds)


def fitted(validated: Tables, settings: Settings) -> EngagementModel:
    """Return the engagement model of the posts in the settings' window."""
    posts = metrics.per_post(tables.dated_posts(validated, **settings.window))  # type: ignore[arg-type]
    return engagement.fit(posts, tables.roster(validated))


def run(
    validated: Tables,
    settings: Settings,
    model: EngagementModel,
    *,
    kept: Mapping[str, object] | None = None,
) -> Run:
    """Return the headline figures of these settings on these data, as page 00 computes its own.

    model: as `fitted`. kept: the content of the brief in an earlier report, where the settings are of one:
    what its owner had set goes before what the data tell, as it did then.
    """
    plan = settings.plan
    told = _told(plan, validated)
    plan = brief.calibrated(campaign.open_to(plan, kept, told) if kept else plan, told)
    outcomes = simulation.campaign(
        model, plan, n_worlds=settings.n_worlds, seed=settings.seed, only=["macro", settings.nano]
    )
    summary = risk.summary(outcomes.worlds, flop_roi=plan.flop_roi)
    rows = headlines.first_screen(
        summary, nano=settings.nano, currency=plan.currency, n_worlds=settings.n_worlds
    )
    return Run(by_role(rows, settings.nano), _profit(outcomes.worlds, settings.nano))


def check_affordable(before: Settings, now: Settings) -> None:
    """Raise InputError where an earlier run took too many worlds to simulate them again."""
    most = max(AFFORDABLE, now.n_worlds)
    if before.n_worlds > most:
        raise errors.InputError(f"it took {before.n_worlds:,} worlds, more than the {most:,} of a comparison")


def calibrated(plan: Brief, validated: Tables) -> Brief:
    """Return the brief with what the data tell in place of what is published."""
    return brief.calibrated(plan, _told(plan, validated))


def _told(plan: Brief, validated: Tables) -> dict[str, dict[str, float | str]]:
    rates = recruitment.measured(validated.outreach, plan, as_of=tables.as_of(validated))
    return rates | reach.measured(validated.overlaps, tables.roster(validated))


def _profit(worlds: pd.DataFrame, nano: str) -> dict[str, NDArray[np.float64]]:
    wide = worlds.pivot(index="world", columns="arm", values="profit").sort_index()
    return {side: wide[arm].to_numpy(dtype=np.float64) for side, arm in (("macro", "macro"), ("nano", nano))}


def by_role(rows: pd.DataFrame, nano: str) -> pd.DataFrame:
    """Return checked rows by their role, such as p_loss_nano, whichever offer the brief makes.

    rows: as `headlines.first_screen`. nano: the arm of the brief's offer. Numbers at six digits, as stored.
    """
    kept = {name: rows[name].map(_six_digits) for name in ("value", "low", "high", "se")}
    return rows.assign(**kept).set_index(rows["metric"].map(lambda metric: role(metric, nano)).rename("role"))


def _six_digits(value: float) -> float:
    return float(f"{value:.5e}")


def role(metric: str, nano: str) -> str:
    """Return the name of a metric with its nano arm as plain nano."""
    return metric.removesuffix(nano) + "nano" if metric.endswith(f"_{nano}") else metric


def paired_se(one: Run, other: Run) -> dict[str, float]:
    """Return the standard error of each figure's difference between two runs of the same seed and worlds.

    The worlds have their luck in common, so what it adds to both leaves no error.
    """
    groups = batches.of_worlds(np.arange(len(one.profit["macro"])))
    return {
        name: batches.se(influence(other, name) - influence(one, name), groups) for name in one.figures.index
    }


def influence(run: Run, role: str) -> NDArray[np.float64]:
    """Return what each world adds to a headline figure (its influence function, up to a constant).

    The median's is a step over the density there, read off the quantiles `NEAR` to both sides.

    References: Serfling 1980, Approximation Theorems of Mathematical Statistics, 2.3 (quantiles); for the
    mean of the worst worlds `risk.cvar`.
    """
    measure, side = role.rsplit("_", 1)
    own = run.profit[side]
    match measure:
        case "p_beats_macro":
            return won(own, run.profit["macro"])
        case "p_loss":
            return (own < 0).astype(np.float64)
        case "profit_p50":
            low, middle, high = np.quantile(own, [0.5 - NEAR, 0.5, 0.5 + NEAR])
            return np.asarray((own > middle) * (high - low) / (2 * NEAR), dtype=np.float64)
        case "cvar_5":
            return np.minimum(own - np.quantile(own, TAIL), 0) / TAIL
    raise errors.unknown("headline figure", role, run.figures.index)
