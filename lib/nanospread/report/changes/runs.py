"""A run -> its headline figures, by role; two runs of one seed -> the paired error of their difference."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nanospread.campaign.risk import TAIL, batches, won
from nanospread.core import errors
from nanospread.core.types import Floats
from nanospread.pages import campaign as campaign_page
from nanospread.report.changes import records
from nanospread.report.changes.records import Report
from nanospread.study import WINDOW, Premises, Run, Window

NEAR = 0.05  # of all worlds, to each side of the median
AFFORDABLE = 50_000  # worlds of an earlier run that are simulated again, whatever this run takes


@dataclass(frozen=True)
class Headline:
    """Headline figures by `role`; profit [money] of the options macro and nano, by world."""

    figures: pd.DataFrame
    profit: Mapping[str, Floats]


def of_report(report: Report, study: Premises) -> Run:
    """Return the run of an earlier report, on the study's data; nothing is simulated before it is read.

    Raises: InputError where today's program cannot take its settings.
    """
    window = {name: report.parameters.get(name, "") for name in WINDOW}
    if report.seed is None or report.n_worlds is None or any(isinstance(at, str) for at in window.values()):
        raise errors.InputError("that report does not say its seed, worlds or window of posts")
    data = study.data.within(Window(**window))  # type: ignore[arg-type]
    before = replace(study, data=data, asked=records.restored(report.campaign))
    return Run(before, report.n_worlds, report.seed)


def open_to_data(run: Run, report: Report) -> Run:
    """Return the run of a report with what today's data measure, but where the brief's owner had set it."""
    asked = records.open_to(run.study.asked, report.campaign, run.study.measured)
    return replace(run, study=replace(run.study, asked=asked))


def headline(run: Run) -> Headline:
    """Return a run's headline figures as page 00 computes its own."""
    nano, brief = run.study.nano, run.study.brief
    pair = replace(run, only=("macro", nano))
    rows = campaign_page.first_screen(pair.summary, nano=nano, currency=brief.currency, n_worlds=run.n_worlds)
    wide = pair.worlds.pivot(index="world", columns="arm", values="profit").sort_index()
    sides = {"macro": "macro", "nano": nano}
    profit = {side: wide[arm].to_numpy(dtype=np.float64) for side, arm in sides.items()}
    return Headline(by_role(rows, nano), profit)


def check_affordable(before: Run, now: Run) -> None:
    """Raise InputError where an earlier run took too many worlds to simulate them again."""
    most = max(AFFORDABLE, now.n_worlds)
    if before.n_worlds > most:
        raise errors.InputError(f"it took {before.n_worlds:,} worlds, more than the {most:,} of a comparison")


def by_role(rows: pd.DataFrame, nano: str) -> pd.DataFrame:
    """Return checked rows by their role, such as p_loss_nano, whichever offer the brief makes.

    rows: as `campaign.first_screen`. nano: the arm of the brief's offer. Numbers at six digits, as stored.
    """
    rounded = {name: rows[name].map(_six_digits) for name in ("value", "low", "high", "se")}
    roles = rows["metric"].map(lambda metric: role(metric, nano)).rename("role")
    return rows.assign(**rounded).set_index(roles)


def _six_digits(value: float) -> float:
    return float(f"{value:.5e}")


def role(metric: str, nano: str) -> str:
    """Return the name of a metric with its nano arm as plain nano."""
    return metric.removesuffix(nano) + "nano" if metric.endswith(f"_{nano}") else metric


def paired_se(one: Headline, other: Headline) -> dict[str, float]:
    """Return the standard error of each figure's difference between two runs of the same seed and worlds.

    The worlds have their luck in common, so what it adds to both leaves no error.
    """
    groups = batches.of_worlds(np.arange(len(one.profit["macro"])))
    return {
        name: batches.se(influence(other, name) - influence(one, name), groups) for name in one.figures.index
    }


def influence(run: Headline, role: str) -> Floats:
    """Return what each world adds to a headline figure (its influence function, up to a constant).

    The median's is a step over the density there, read off the quantiles `NEAR` to both sides.

    References: Serfling 1980, Approximation Theorems of Mathematical Statistics, 2.3 (quantiles); for the
    mean of the worst worlds `risk.cvar`.
    """
    measure, side = role.rsplit("_", 1)
    profit = run.profit[side]
    match measure:
        case "p_beats_macro":
            return won(profit, run.profit["macro"])
        case "p_loss":
            return (profit < 0).astype(np.float64)
        case "profit_p50":
            low, middle, high = np.quantile(profit, [0.5 - NEAR, 0.5, 0.5 + NEAR])
            return np.asarray((profit > middle) * (high - low) / (2 * NEAR), dtype=np.float64)
        case "cvar_5":
            return np.minimum(profit - np.quantile(profit, TAIL), 0) / TAIL
    raise errors.unknown("headline figure", role, run.figures.index)
