"""How the spread of outcomes narrows with the number of creators and of niches, and where it stops."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.core.formatting import SURE, Finding, count, counted, percent, significant

LITTLE = 0.05  # a doubling that narrows the spread by less than this is not worth its labour [1]


class Floor(NamedTuple):
    """The line cv² = shared + own / N through the simulated spreads, with the standard error of `shared`.

    largest: the most creators that were simulated; a floor that lies beyond them was not seen.
    """

    shared: float
    own: float
    shared_se: float
    largest: float

    @property
    def exists(self) -> bool:
        """Whether the shared part is there beyond the simulation's own error."""
        return self.own > 0 and self.shared > 0 and self.shared > SURE * self.shared_se

    @property
    def seen(self) -> bool:
        """Whether it also lies within the counts simulated: one further out is only the line's."""
        return self.exists and enough(self) <= self.largest

    @property
    def most_bets(self) -> float:
        """The number of independent creators that no number of creators exceeds: 1 / rho."""
        return (self.shared + self.own) / self.shared


def floor(by_count: pd.DataFrame) -> Floor:
    """Return the least-squares line of cv² on 1/N, each point weighted by its own error.

    by_count: creators, cv, cv_se. Needs three points with an error for a standard error; with fewer the
    floor is not known and `exists` is False. Source: Var(mean) = sd² (rho + (1 - rho) / N).
    """
    rows = by_count.dropna(subset=["creators", "cv"])
    if len(rows) < 3:
        return Floor(math.nan, math.nan, math.inf, 0.0)
    cv, error = rows["cv"].to_numpy(dtype=float), rows["cv_se"].to_numpy(dtype=float)
    weight = 1 / np.maximum(2 * cv * error, 1e-9 * max(float(cv.max()) ** 2, 1e-12))
    x = np.column_stack([np.ones(len(rows)), 1 / rows["creators"].to_numpy(dtype=float)]) * weight[:, None]
    inverse = np.linalg.inv(x.T @ x)
    shared, own = inverse @ x.T @ (cv**2 * weight)
    # a bent curve misses the line by more than its error says: widen by the misfit
    misfit = float(np.mean((cv**2 * weight - x @ np.array([shared, own])) ** 2) * len(rows) / (len(rows) - 2))
    error_of_shared = math.sqrt(inverse[0, 0] * max(misfit, 1.0))
    return Floor(float(shared), float(own), error_of_shared, float(rows["creators"].max()))


def enough(line: Floor, *, cut: float = LITTLE) -> float:
    """Return the number of creators from which doubling narrows the spread by less than `cut` [1]."""
    kept = (1 - cut) ** 2
    return max(1.0, line.own * (kept - 0.5) / (line.shared * (1 - kept)))


def spread_floor(by_count: pd.DataFrame, *, cut: float = LITTLE, what: str = "orders") -> Finding:
    """Return how the relative spread narrows with the number of creators, and its floor where there is one.

    by_count: creators, cv (sd / mean of the outcome), cv_se, one row per number of creators.
    cut: the narrowing under which doubling the number is not worth it [1]. what: the outcome that spreads.
    """
    rows = by_count.dropna(subset="cv").sort_values("creators")
    if rows.empty:
        return Finding(f"No {what} in any world", f"No {what} in any world, so there is no spread to narrow.")
    first, last = rows.iloc[0], rows.iloc[-1]
    wide, narrow = percent(first["cv"]), percent(last["cv"])
    fall = (
        f"With {counted(first['creators'], 'creator')} {what} vary by {wide} of their mean between worlds, "
        f"with {count(last['creators'])} by {narrow}"
    )
    line = floor(rows)
    if not line.seen:
        return Finding(
            f"More creators keep narrowing the risk: {wide} spread with {count(first['creators'])}, "
            f"{narrow} with {count(last['creators'])}",
            f"{fall}. No floor shows up to {counted(last['creators'], 'creator')}.",
        )
    stop, limit = math.ceil(enough(line, cut=cut)), percent(math.sqrt(line.shared))
    return Finding(
        f"Risk stops falling at a spread of about {limit}: beyond {count(stop)} creators little is gained",
        f"{fall}. It does not fall below about {limit}: luck that all creators share is not spread away, so "
        f"any number of them is worth at most {significant(line.most_bets)} independent ones. From about "
        f"{counted(stop, 'creator')} on, doubling the number narrows the spread by less than {percent(cut)}.",
    )


def returns(by_count: pd.DataFrame) -> Finding:
    """Return between which returns on investment 8 of 10 worlds lie, with the fewest and the most creators.

    by_count: creators, p10, p90 of ROI [1], one row per number of creators.
    """
    rows = by_count.sort_values("creators")
    if rows.empty:
        return Finding("No number of creators was simulated", "No number of creators was simulated.")
    few, many = (
        f"{percent(row['p10'])} to {percent(row['p90'])} with {counted(row['creators'], 'creator')}"
        for row in (rows.iloc[0], rows.iloc[-1])
    )
    spans = few if len(rows) == 1 else f"{few}, {many}"
    return Finding(
        f"8 in 10 worlds return {spans}", f"In 8 of 10 worlds the return on investment is {spans}."
    )


def niches(by_niches: pd.DataFrame, *, what: str = "orders") -> Finding:
    """Return whether spreading the same number of creators over more niches narrows the outcome.

    by_niches: niches, cv (sd / mean of the outcome), cv_se, one row per number of niches.
    """
    rows = by_niches.dropna(subset="cv").sort_values("niches")
    if len(rows) < 2:
        return Finding("Only one number of niches was simulated", "Only one number of niches was simulated.")
    few, many = rows.iloc[0], rows.iloc[-1]
    gained = float(few["cv"] - many["cv"])
    before, after = (f"{percent(row['cv'])} with {counted(row['niches'], 'niche')}" for row in (few, many))
    between = f"{before}, {after}"
    if abs(gained) <= SURE * math.hypot(few["cv_se"], many["cv_se"]):
        return Finding(
            f"More niches make no clear difference: spread {between}",
            f"Spreading over more niches makes no clear difference: {what} vary by {between}.",
        )
    verb, effect = ("narrow", "safer") if gained > 0 else ("widen", "riskier")
    return Finding(
        f"More niches {verb} the risk: spread {between}",
        f"More niches make the same number of creators {effect}: {what} vary by {between}.",
    )
