"""Events and trials per post -> one rate per creator, with an interval that knows that posts differ."""

import pandas as pd

from nanospread.core.intervals import wilson

PRIOR = 4.0  # posts' worth of the tier's spread beside a creator's own [posts]
UNKNOWN_RHO = 0.05  # correlation inside a post, where no creator has two: assumed


def pooled(posts: pd.DataFrame) -> pd.DataFrame:
    """Return each creator's sum of events over sum of trials, with its 95 % interval.

    The comments of one post resemble each other, so they are worth fewer independent ones: with m of them and
    the correlation rho inside a post, m / (1 + (m - 1) rho). A creator's own estimate of that is drawn to the
    tier's as by `PRIOR` posts, and Wilson's interval is taken at the effective number, with Student's t.

    posts: creator, tier, events, trials, one row per post; unknown ones and those without a trial are left
    out.

    Returns: by creator: value, low, high [share], trials, posts.

    References: Wilson 1927, J. Am. Stat. Assoc. 22:209; Rao and Scott 1992, Biometrics 48:577.
    """
    known = posts[(posts["trials"] > 0) & posts["events"].notna()]
    known = known.assign(squares=known["trials"] ** 2)
    found = known.groupby("creator").agg(
        tier=("tier", "first"), events=("events", "sum"), trials=("trials", "sum"),
        squares=("squares", "sum"), posts=("events", "size"),
    )  # fmt: skip
    value = found["events"] / found["trials"]
    effective = found["trials"] / _inflation(known, found, value)
    low, high = wilson(
        value.to_numpy(dtype=float),
        effective.to_numpy(dtype=float),
        (found["posts"] - 1 + PRIOR).to_numpy(dtype=float),
    )
    return found[["trials", "posts"]].assign(value=value, low=low, high=high)


def _inflation(posts: pd.DataFrame, found: pd.DataFrame, value: "pd.Series[float]") -> "pd.Series[float]":
    """Return how many times the variance of each creator's rate is that of independent trials."""
    residual = (posts["events"] - posts["creator"].map(value) * posts["trials"]) ** 2
    smooth = (found["events"] + 0.5) / (found["trials"] + 1)
    free = found["posts"] - 1
    binomial = found["trials"] * smooth * (1 - smooth)
    own = residual.groupby(posts["creator"]).sum() / binomial * found["posts"] / free.clip(lower=1) - 1
    size = found["squares"] / found["trials"] - 1
    sums = pd.DataFrame({"own": free * own, "size": free * size}).groupby(found["tier"]).sum()
    rho = (sums["own"] / sums["size"].where(sums["size"] > 0)).clip(0, 1).fillna(UNKNOWN_RHO)
    expected = size * found["tier"].map(rho).astype("float64")
    return 1 + ((free * own + PRIOR * expected) / (free + PRIOR)).clip(lower=0)


def moderated_sd(
    squares: "pd.Series[float]", freedom: "pd.Series[float]", tier: "pd.Series[str]"
) -> "pd.Series[float]":
    """Return each creator's sd from its sum of squares, drawn to the tier's as by `PRIOR` posts.

    Missing where nobody of the tier has two posts.
    """
    sums = pd.DataFrame({"squares": squares, "freedom": freedom}).groupby(tier).sum()
    usual = tier.map(sums["squares"] / sums["freedom"].where(sums["freedom"] > 0)).astype("float64")
    return ((squares + PRIOR * usual) / (freedom + PRIOR)) ** 0.5
