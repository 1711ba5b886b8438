"""What happened to the exported rows, which dates they cover, and how well follower counts fit the posts."""

import pandas as pd

from nanospread.core.formatting import Finding, capital, count, counted, day, listed, percent, shortened

FEW = 0.02  # up to this share of rows refused is what real exports do [1]
MANY = 0.10  # above it the export itself is the problem [1]
STALE = 30.0  # a follower count further from its post than this may mislead [days] (model.md D4)


def data_trust(counts: pd.DataFrame, ledger: pd.DataFrame) -> Finding:
    """Return how many rows were refused or repaired, and the most frequent reason for a refusal.

    counts: table, file, rows_in, kept, repaired, refused. ledger: table, status, reason (`tables.Tables`).
    """
    rows, repaired, refused = (int(counts[name].sum()) for name in ("rows_in", "repaired", "refused"))
    if rows == 0:
        return Finding("No rows came in", "No rows came in: there is nothing to trust or to doubt.")
    usable = f"{count(rows - refused)} of {count(rows)} rows can be used"
    mended = f"{percent(repaired / rows)} only after a repair" if repaired else "none needed a repair"
    if refused == 0:
        return Finding(
            f"All {count(rows)} rows can be used, {mended}",
            f"All {count(rows)} rows can be used, {mended}: nothing was refused.",
        )
    table, reason, often = _worst(ledger)
    why = f", most often in {table}: {reason} ({often})" if reason and often < refused else ""
    why = f" in {table}: {reason}" if reason and often == refused else why
    return Finding(
        f"{usable}; {percent(refused / rows)} refused",
        f"{usable}, {mended}. {count(refused)} ({percent(refused / rows)}) {_were(refused)} refused{why}. "
        f"{_advice(refused / rows)}",
    )


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _worst(ledger: pd.DataFrame) -> tuple[str, str, int]:
    refused = ledger[ledger["status"] == "refused"]
    if refused.empty:
        return "", "", 0
    often = refused.groupby(["table", "reason"], sort=True).size().sort_values(ascending=False, kind="stable")
    table, reason = str(often.index[0][0]), str(often.index[0][1])
    return shortened(table, 20), shortened(reason), int(often.iloc[0])


def _advice(refused: float) -> str:
    if refused <= FEW:
        return "That is too little to change a conclusion."
    if refused <= MANY:
        return "Look at the reasons before relying on small differences."
    return "Repair the export before using anything on the later pages."


def refusals(ledger: pd.DataFrame) -> Finding:
    """Return how many refusals have which reason most often.

    ledger: table, status, reason, one row per refusal or repair, as `tables.Tables.ledger`.
    """
    total = int((ledger["status"] == "refused").sum())
    if total == 0:
        return Finding("Nothing was refused", "Nothing was refused.")
    table, reason, often = _worst(ledger)
    title = f"{counted(often, 'refusal')} of {count(total)} in {table}: {reason}"
    if often == total:
        title = f"{'The only refusal' if total == 1 else f'All {count(total)} refusals'} in {table}: {reason}"
    return Finding(
        shortened(title),
        f"The most frequent reason for a refusal: {reason} ({table}, "
        f"{count(often)} of {count(total)} refusals).",
    )


def coverage(posts: pd.DataFrame) -> Finding:
    """Return how many posts of how many creators there are, from when to when.

    posts: creator and posted_at, as from `tables.dated_posts`.
    """
    if posts.empty:
        return Finding("No posts to analyse", "No posts are left to analyse.")
    first, last = posts["posted_at"].min(), posts["posted_at"].max()
    span = f"{day(first)} to {day(last)}"
    what = f"{counted(len(posts), 'post')} by {counted(posts['creator'].nunique(), 'creator')}"
    weeks = posts["posted_at"].dt.tz_localize(None).dt.to_period("W-SUN")
    silent = (weeks.max() - weeks.min()).n + 1 - weeks.nunique()
    gaps = f"; {counted(silent, 'week')} in between {'has' if silent == 1 else 'have'} none" if silent else ""
    return Finding(f"{what}, {span}", f"{capital(what)}, posted {span}{gaps}.")


def freshness(posts: pd.DataFrame, *, stale_days: float = STALE) -> Finding:
    """Return how many posts are divided by a follower count that is not from around their own date.

    posts: followers_gap_days [days], missing where the count is undated. stale_days: the widest gap that
    still counts as the post's own time. The direction of the error is that of an account that grew.
    """
    if posts.empty:
        return Finding("No posts to analyse", "No posts are left to analyse.")
    gaps = posts["followers_gap_days"].astype("float64").abs()
    undated, stale = float(gaps.isna().mean()), float((gaps > stale_days).mean())
    limit = counted(stale_days, "day")
    if undated + stale == 0:
        good = f"Every post has a follower count from within {limit} of it"
        return Finding(good, f"{good}: engagement rates use the audience of the time.")
    if undated == 1:
        return Finding(
            "No follower count is dated: old posts may be divided by a later audience",
            "No follower count is dated, so old posts may be divided by a later audience. "
            "An account that has grown since then looks less engaged than it was.",
        )
    parts = [f"{percent(stale)} use a count more than {limit} away"] if stale else []
    parts += [f"{percent(undated)} use an undated count"] if undated else []
    title = f"{percent(undated + stale)} of posts are divided by a follower count from another time"
    effect = "An account that has grown since then looks less engaged than it was."
    return Finding(title, f"Of the posts, {listed(parts)}. {effect}")
