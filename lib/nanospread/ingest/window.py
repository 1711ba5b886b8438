"""Posts and a date in; which posts are analysed, and why the others are not, out."""

import pandas as pd

from nanospread.core.errors import InputError

KEPT = ""
OLD = "older than the window"
FRESH = "too fresh to count"
ORDER = ["creator", "posted_at", "post"]
ENOUGH = 100  # dates from which on one can be called far from the others
FAR = pd.Timedelta(days=366)
STRAY = "dated more than a year after nearly all others"


def check(last_posts: int, last_days: float | None, fresh_days: float) -> None:
    """Raise InputError for a window that cannot be."""
    if not last_posts >= 1:
        raise InputError(f"last_posts is {last_posts}: it must be 1 or more posts of each creator")
    if last_days is not None and not last_days > 0:
        raise InputError(f"last_days is {last_days}: it must be above 0 days, or None for no limit")
    if not fresh_days >= 0:
        raise InputError(f"fresh_days is {fresh_days}: it must be 0 or more days")


def stray(when: pd.Series) -> "pd.Series[str]":
    """Return the reason against each date that lies more than a year after 99 in 100 of the others.

    The newest date is the data's own: one mistyped year would make every other post old, and carry the
    trend of engagement decades ahead.
    """
    known = when.dropna()
    if len(known) < ENOUGH:
        return pd.Series(dtype="str")
    last = pd.Timestamp(known.quantile(0.99, interpolation="lower")) + FAR  # type: ignore[arg-type]
    return pd.Series(STRAY, index=known.index[known > last], dtype="str")


def reasons(
    posts: pd.DataFrame, today: pd.Timestamp, *, last_posts: int, last_days: float | None, fresh_days: float
) -> pd.Series:
    """Return for each post, by its index, why it is left out: too fresh, else too old, else KEPT.

    A fresh post takes no place among the newest `last_posts`.
    """
    age = (today - posts["posted_at"]).dt.total_seconds() / 86_400
    fresh = age < fresh_days
    ripe = posts.loc[~fresh, ORDER].sort_values(ORDER)
    newer = ripe.groupby("creator", sort=False).cumcount(ascending=False).reindex(posts.index)
    old = newer >= last_posts
    if last_days is not None:
        old |= age > last_days
    left = pd.Series(KEPT, index=posts.index, dtype="str")
    return left.mask(old, OLD).mask(fresh, FRESH)


def tally(reasons: pd.Series, creators: pd.Series) -> pd.DataFrame:
    """Return reason, posts, creators: one row for each reason, none left out too."""
    of = creators.groupby(reasons).agg(posts="size", creators="nunique")
    return (
        of.reindex([OLD, FRESH], fill_value=0).rename_axis("reason").reset_index().astype({"reason": "str"})
    )


def nothing_left(
    reasons: pd.Series, today: pd.Timestamp, *, last_days: float | None, fresh_days: float
) -> InputError:
    """Return the error for a window without a post: how many fell out, and what to change."""
    fresh, old = (int((reasons == reason).sum()) for reason in (FRESH, OLD))
    changes = [f"lower fresh_days (it is {fresh_days})"] if fresh else []
    changes += [f"raise last_days (it is {last_days})"] if old else []
    return InputError(
        f"no post is left to analyse: of {len(reasons)}, {fresh} are too fresh and {old} older than the "
        f"window at the data's own date, {today.date()}: {' or '.join(changes)}"
    )
