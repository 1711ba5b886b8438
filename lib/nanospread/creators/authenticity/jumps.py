"""Dated follower counts and posts -> changes that came at once: of followers, and of engagements per post."""

import math

import numpy as np
import pandas as pd

from nanospread.core.estimates import Z95
from nanospread.creators.authenticity import rates

ROBUST = 1.4826  # sd of a normal spread / its median absolute deviation
SIDE = 3  # posts at least before and after a shift of engagement
AROUND = 2  # posts at least before and after a jump of followers
FOLLOWED = 0.5  # of a jump of followers that engagements must show to explain it


def followers(history: pd.DataFrame, posts: pd.DataFrame) -> pd.DataFrame:
    """Return by creator value, low, high, n, note and explained: the largest weekly growth beyond the usual.

    Creators with two or more weekly changes. explained: engagements per post rose by at least half as much.
    """
    changes = weekly(history)
    by = changes.groupby("creator")["change"]
    usual = by.transform("median")
    sd = ROBUST * (changes["change"] - usual).abs().groupby(changes["creator"]).median()
    largest = changes.loc[by.idxmax()].set_index("creator")
    n = by.size()
    excess = (largest["change"] - by.median()).clip(lower=0)
    rows = pd.DataFrame(
        {
            "value": np.exp(-excess),
            "low": np.exp(-(excess + Z95 * sd)),
            "high": np.exp(-(excess - Z95 * sd).clip(lower=0)),
            "n": n,
        }
    )
    response = _response(largest, posts).reindex(rows.index)
    rows["explained"] = response >= FOLLOWED * excess
    rows["note"] = _note(largest, excess, response)
    return rows[n >= 2]


def weekly(history: pd.DataFrame) -> pd.DataFrame:
    """Return creator, since, until and change [log per week] from one week's last count to the next one's."""
    dated = history.dropna(subset="as_of").sort_values(["creator", "as_of"])
    week = (dated["as_of"] - dated["as_of"].min()).dt.days // 7
    last = dated[["creator", "as_of", "followers"]].assign(week=week)
    last = last.drop_duplicates(["creator", "week"], keep="last").reset_index(drop=True)
    log = pd.Series(np.log(last["followers"].astype("float64")), index=last.index)
    before = last["creator"].eq(last["creator"].shift())
    since = last["as_of"].shift()
    weeks = ((last["as_of"] - since).dt.total_seconds() / (7 * 86_400)).clip(lower=1)
    changes = last.assign(since=since, until=last["as_of"], change=(log - log.shift()) / weeks)
    return changes.loc[before, ["creator", "since", "until", "change"]].reset_index(drop=True)


def _response(largest: pd.DataFrame, posts: pd.DataFrame) -> "pd.Series[float]":
    """Return the change of log engagements per post from before the jump to after it, by creator."""
    known = posts.loc[posts["engagements"].notna(), ["creator", "posted_at", "engagements"]]
    known = known.merge(largest[["since", "until"]], left_on="creator", right_index=True)
    log = pd.Series(np.log(known["engagements"] + 0.5), index=known.index)
    sides = {"before": known["posted_at"] < known["since"], "after": known["posted_at"] >= known["until"]}
    means: dict[str, pd.Series[float]] = {}
    for side, of in sides.items():
        groups = log[of].groupby(known.loc[of, "creator"])
        means[side] = groups.mean()[groups.size() >= AROUND]
    return means["after"] - means["before"]


def _note(
    largest: pd.DataFrame, excess: "pd.Series[float]", response: "pd.Series[float]"
) -> "pd.Series[str]":
    growth = _percent(largest["change"])
    until = largest["until"].dt.strftime("%Y-%m-%d")
    reply = _percent(response) + " engagements per post"
    reply = reply.where(response.notna(), "too few posts on both sides to compare")
    note: pd.Series[str] = growth + " a week up to " + until + ", " + reply
    return note.where(excess > 0, "")


def _percent(log_change: "pd.Series[float]") -> "pd.Series[str]":
    return log_change.map(lambda change: f"{100 * math.expm1(change):+,.0f} %").astype("str")


def engagement(posts: pd.DataFrame) -> pd.DataFrame:
    """Return by creator value, low, high, n and note: the clearest shift of the level of engagement."""
    known = posts[posts["engagements"].notna()].sort_values(["creator", "posted_at", "post"])
    known = known.assign(log=np.log(known["engagements"] + 0.5))
    by = known.groupby("creator")["log"]
    n, total = by.transform("size"), by.transform("sum")
    before = known.groupby("creator").cumcount() + 1
    after = n - before
    split = (before >= SIDE) & (after >= SIDE)
    so_far = by.cumsum()[split]
    before, after, log = before[split], after[split], total[split]
    shift = (log - so_far) / after - so_far / before
    weight = before * after / (before + after)
    clear = shift.abs() * np.sqrt(weight)
    at = clear.groupby(known.loc[split, "creator"]).idxmax()
    return _shifted(known, at, shift, weight)


def _shifted(
    known: pd.DataFrame, at: "pd.Series[int]", shift: "pd.Series[float]", weight: "pd.Series[float]"
) -> pd.DataFrame:
    """Return the components at the rows `at` of each creator, the last post before its shift."""
    rows = known.loc[at].set_index("creator")
    size = shift.loc[at].set_axis(rows.index)
    of = weight.loc[at].set_axis(rows.index)
    by = known.groupby("creator")["log"]
    n = by.size().reindex(rows.index)
    around = (by.var(ddof=0).reindex(rows.index) * n - size**2 * of).clip(lower=0)
    sd = rates.moderated_sd(around, (n - 2).astype("float64"), rows["tier"].astype("str"))
    half, distance = Z95 * sd / of**0.5, size.abs()
    change = _percent(size) + " per post after "
    return pd.DataFrame(
        {
            "value": np.exp(-distance),
            "low": np.exp(-(distance + half)),
            "high": np.exp(-(distance - half).clip(lower=0)),
            "n": n,
            "note": change + rows["posted_at"].dt.strftime("%Y-%m-%d"),
        }
    )
