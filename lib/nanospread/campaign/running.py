"""The rule of a brief + outreach log + results -> where the running campaign is, and what the rule says now.

A look counts the orders of the first live posts, each within so many days of its post. It is due once all of
these days are over and counted, so that no batch is stopped for orders that cannot be there yet; before that
only orders that already suffice say go on, since orders only become more. A batch is whom the team wrote to
up to a look. Macro creators of the campaign are in no look: the rule is about nano posts.

A look goes by clicks while clicks alone are known of its posts, where the rule has thresholds for them.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.typing import NaTType

from nanospread.campaign.brief import Brief, Look, Rule, Thresholds
from nanospread.campaign.recruitment import LONGEST, POSTED, Funnel
from nanospread.campaign.recruitment.outreach import ages, true
from nanospread.core import errors
from nanospread.core.formatting import count, counted, day, handle, listed
from nanospread.core.types import Floats
from nanospread.creators import tiers

Verdict = Literal["wait", "next batch", "go on", "stop", "macro"]
Measure = Literal["orders", "clicks"]
BATCHES = ["batch", "contacted", "accepted", "shipped", "live", "orders", "orders_to_come"]
POSTS = ["creator", "posted_at", "orders", "clicks", "as_of"]
NOBODY_TO_COME = 0.5  # posts to expect yet, under which all contacts count as decided
LEAST_SHARE = 0.5  # of a look's posts, under which its thresholds are not brought down to fewer
SHORT = 0.1  # of a look's posts that may be missing before more creators are written to
AHEAD = 1.5  # times the contacts that a look needs on average: more were sent ahead of it
SOON = 1e-6  # of orders that come at once [days]
STALE = 7.0  # days that the last order may be older than the data: no order a day is no old export
ALIKE = 0.85  # likeness of two names of campaigns that are one, spelt twice


class CampaignRecords(NamedTuple):
    """What is known of campaigns: `Tables.outreach`, results with offers, and the roster.

    orders: campaign, creator, ordered_at, orders [orders], of those credited one by one; until: the last day
    of which orders were exported, missing where results alone tell of orders. as_of: the data's own date.
    platform: as whose sizes are cut.
    """

    outreach: pd.DataFrame
    results: pd.DataFrame
    roster: pd.DataFrame
    orders: pd.DataFrame
    until: pd.Timestamp
    as_of: pd.Timestamp
    platform: str

    @property
    def campaigns(self) -> list[str]:
        """Return the names of all campaigns that the outreach log or the results tell."""
        names = pd.concat([self.outreach["campaign"], self.results["campaign"]])
        return list(dict.fromkeys(names[names != ""]))

    def of(self, campaign: str, rule: Rule | None) -> "CampaignRecords":
        """Return what is known of one campaign's nano creators, its contacts in the order of their dates.

        Contacts that name no campaign and are not older than the campaign's rule are of it.
        """
        log, results, orders = self.outreach, self.results, self.orders
        mine = log["campaign"] == campaign
        if rule and rule.campaign == campaign:
            mine |= (log["campaign"] == "") & (log["contacted_at"] >= _utc(rule.planned))
        newest = log[mine].sort_values(["contacted_at", "creator"], na_position="first", kind="stable")
        macro = set(self.roster.loc[tiers.near_macro(self.roster["followers"], self.platform), "creator"])
        return self._replace(
            outreach=newest.drop_duplicates("creator", keep="last").reset_index(drop=True),
            results=results[(results["campaign"] == campaign) & ~results["creator"].isin(macro)],
            orders=orders[(orders["campaign"] == campaign) & ~orders["creator"].isin(macro)],
        )


class OutreachCapacity(NamedTuple):
    """How many creators posts take.

    posting: posts of one contact, as equally likely rates of the next campaign. longest: contacts that the
    budget pays. capacity: creators the team can write to at once.
    """

    posting: Floats
    longest: float
    capacity: int

    @classmethod
    def of(cls, brief: Brief, funnel: Funnel) -> "OutreachCapacity":
        """Return what a brief and its funnel say."""
        values, posting = brief.values, funnel.posting * brief.nano.posts
        cost = values.labour_per_contact + brief.opt_in * brief.goods
        cost += float(funnel.posting.mean()) * values.overhead_per_creator
        longest = min(brief.budget / cost, LONGEST) if cost > 0 else LONGEST
        return cls(posting, longest, brief.batches.capacity or LONGEST)

    def contacts(self, posts: float) -> int:
        """Return the contacts that so many posts take on average, none more than the budget pays."""
        return math.ceil(float(np.minimum(posts / self.posting, self.longest).mean()))


class NextLook(NamedTuple):
    """The look that the campaign is under, and what it says.

    number: of the rule's, from 1. posts: live posts that it needs; live: those of them that are there.
    measure: orders, or clicks where they alone are known; brought: what these posts did of it, orders within
    the rule's days. go_on, stop: its thresholds of the measure, brought down in proportion where fewer posts
    than planned will come (scaled). due_on: when the last of its posts is old
    enough, missing where that post is not live. write_to: creators to write to before it has its posts.
    """

    number: int
    posts: int
    live: int
    measure: Measure
    brought: int
    go_on: int
    stop: int
    scaled: bool
    due_on: pd.Timestamp | NaTType
    verdict: Verdict
    write_to: int


@dataclass(frozen=True)
class Running:
    """Where a running campaign is.

    batches: one row each: batch, contacted, accepted, shipped [creators], live [posts], orders (missing where
    no result of its posts is known), orders_to_come (to expect of who posted or accepted). look: the one that
    decides now; None for a campaign without a rule. looks: those that are over and that one, as `NextLook`.
    started: whether anybody was written to, or has posted. notes: what a reader must know, in sentences.
    """

    campaign: str
    as_of: pd.Timestamp
    batches: pd.DataFrame
    look: NextLook | None
    looks: pd.DataFrame
    started: bool
    notes: tuple[str, ...]


def checked(records: CampaignRecords, rule: Rule | None, campaign: str) -> str:
    """Return the campaign that is meant; "" is the rule's.

    A rule's campaign that nobody was written to for yet is in no table. Raises: InputError for a name that
    is in none, where it is no rule's or is spelt almost like one that began after the rule was planned.
    """
    name, names = campaign or (rule.campaign if rule else ""), records.campaigns
    if name in names or not name:
        return name
    if rule is None or name != rule.campaign:
        raise errors.unknown("campaign", name, names)
    log = records.outreach
    begun = log.groupby("campaign")["contacted_at"].min()
    new = [str(other) for other in begun.index[begun >= _utc(rule.planned)] if other]
    digits = [other for other in new if re.findall(r"\d+", other) == re.findall(r"\d+", name)]
    for other in get_close_matches(name, digits, n=1, cutoff=ALIKE):
        raise errors.InputError(
            f"batches.rule.campaign is {name!r}, which neither the outreach log nor the results know; "
            f"did you mean {other!r}?"
        )
    return name


def running(
    brief: Brief,
    records: CampaignRecords,
    funnel: Funnel,
    to_come: "pd.Series[float]",
    *,
    campaign: str = "",
    terms: str = "",
) -> Running:
    """Return where a campaign is, and what the rule of the brief says now.

    records: of all campaigns. funnel: of the brief's offer. to_come: orders to expect yet, by creator.
    campaign: "" is the rule's. terms: of a rule that was computed with the brief as it is, "" where nobody
    asks.

    Raises: InputError, as `checked`, and without a name where the brief has no rule.
    """
    rule = brief.batches.rule
    name = checked(records, rule, campaign)
    if not name:
        raise errors.InputError("the brief has no batches.rule: name a campaign")
    rule = rule if rule and rule.campaign == name else None
    mine = records.of(name, rule)
    posts = live_posts(mine)
    delay, days = brief.values.order_delay_days, brief.batches.days
    within = in_window(posts, mine, days=days, delay=delay)
    awaited = float(posts_to_come(mine, funnel).sum()) * brief.nano.posts
    sender = OutreachCapacity.of(brief, funnel)
    every = rule.looks if rule else ()
    looks = list(_looks(every, within, sender, days=days, awaited=awaited))
    batches = _batches(mine, within, to_come, looks, n=len(rule.looks) + 1 if rule else 1)
    notes = tuple(_notes(rule, mine, within, looks, sender, days, terms)) if rule else ()
    return Running(
        campaign=name,
        as_of=mine.as_of,
        batches=batches,
        look=looks[-1] if looks else None,
        looks=pd.DataFrame(looks, columns=NextLook._fields).rename(columns={"number": "look"}),
        started=bool(len(mine.outreach) or len(posts)),
        notes=notes,
    )


def live_posts(records: CampaignRecords) -> pd.DataFrame:
    """Return the live posts of a campaign by date: creator, posted_at, orders, clicks, as_of.

    records: as `CampaignRecords.of`. Unknown dates are missing and come last; orders, clicks and as_of (of
    their count) are missing where no result tells them. A result is a post, its further periods are not, and
    one of a creator who has not posted by the log and brought nothing is none.
    """
    log, results = records.outreach, records.results
    when = log.set_index("creator")["posted_at"]
    posted = set(log.loc[true(log["posted"]), "creator"])
    by_log = when.reindex(results["creator"]).set_axis(results.index)
    rows = results.assign(posted_at=results["posted_at"].fillna(by_log))
    has_results = (rows[["orders", "clicks"]].fillna(0) > 0).any(axis=1)
    waits = rows["creator"].isin(set(log["creator"]) - posted)
    rows = rows[rows["posted_at"].notna() | has_results | ~waits]
    again = rows.groupby(["creator", "posted_at", "period"], dropna=False).cumcount()
    slot = again.where(rows["period"] == "", 0)
    by = rows.assign(slot=slot).groupby(["creator", "posted_at", "slot"], dropna=False, sort=False)
    sums = by[["orders", "clicks"]].sum(min_count=1).assign(as_of=by["as_of"].max()).reset_index()
    silent = log[log["creator"].isin(posted - set(rows["creator"]))][["creator", "posted_at"]]
    posts = pd.concat([sums if len(rows) else rows[POSTS], silent], ignore_index=True)[POSTS]
    return posts.sort_values(["posted_at", "creator"], na_position="last", kind="stable", ignore_index=True)


def in_window(posts: pd.DataFrame, records: CampaignRecords, *, days: float, delay: float) -> pd.DataFrame:
    """Return the posts with until, counted and estimated.

    until: the last day of which a post's orders are known. counted: its orders within so many days of it,
    missing where none are known. estimated: whether only a total of more days is known, of which as much
    counts as comes in time where orders come `delay` days late on average [orders, exponential].
    """
    until = posts["as_of"].fillna(records.as_of)
    fresh = (until == records.until) & (records.as_of - until <= pd.Timedelta(days=STALE))
    until = until.mask(fresh, records.as_of)
    age = (until - posts["posted_at"]).dt.total_seconds() / 86_400.0
    over = (age > days) & (posts["orders"] > 0)
    late = max(delay, SOON)
    part = np.expm1(-days / late) / np.expm1(-age.where(over) / late)
    by_date, known_by_date = _by_date(posts, records.orders, days)
    counted_ = (posts["orders"] * part.fillna(1.0)).mask(known_by_date, by_date)
    return posts.assign(until=until, counted=counted_, estimated=over & ~known_by_date)


def _by_date(
    posts: pd.DataFrame, orders: pd.DataFrame, days: float
) -> "tuple[pd.Series[float], pd.Series[bool]]":
    """Return each post's orders within the days, as their dates tell, and where they tell all of them.

    An order is of its creator's last post up to its day. Where a result tells more orders than have dates,
    dates do not tell all.
    """
    one_by_one, total = (rows.groupby("creator")["orders"].sum() for rows in (orders, posts))
    every = one_by_one >= total.reindex(one_by_one.index, fill_value=0.0) - 0.5
    sure = set(every.index[every]) - set(orders.loc[orders["ordered_at"].isna(), "creator"])
    place = posts.assign(place=posts.index)[posts["posted_at"].notna() & posts["creator"].isin(sure)]
    each = orders[orders["creator"].isin(sure)].sort_values("ordered_at")
    matches = pd.merge_asof(
        each[["creator", "ordered_at", "orders"]],
        place[["creator", "posted_at", "place"]].assign(ordered_at=place["posted_at"].dt.floor("D")),
        on="ordered_at",
        by="creator",
    )
    matches = matches[matches["ordered_at"] <= matches["posted_at"] + pd.Timedelta(days=days)]
    sums = matches.groupby("place")["orders"].sum().reindex(posts.index, fill_value=0.0)
    return sums, pd.Series(posts.index.isin(place.index), index=posts.index)


def posts_to_come(records: CampaignRecords, funnel: Funnel) -> "pd.Series[float]":
    """Return by creator the chance that it posts yet, of who may [0-1]; records: as `CampaignRecords.of`.

    Who agreed posts at the rate of those who agree, who has not answered at that of all contacts; both less
    the longer ago the contact is. Who declined does not.
    """
    log = records.outreach
    replied, agreed, posted = (true(log[name]) for name in ("replied", "accepted", "posted"))
    over = pd.Series(funnel.live.share(ages(log, records.as_of)), index=log.index)
    live = posted | log["creator"].isin(records.results["creator"])
    stages = list(funnel.rates)
    steps = stages[stages.index("agreed") + 1 : stages.index(POSTED) + 1]
    taking = math.prod(funnel.rates[step].mean for step in steps)
    rate = pd.Series(float(funnel.posting.mean()), index=log.index).mask(agreed, taking)
    chance = rate * (1 - over) / (1 - rate * over)
    open_ = ~live & (agreed | ~replied)
    return pd.Series(chance[open_].to_numpy(), index=log.loc[open_, "creator"])


def _looks(
    looks: Sequence[Look], posts: pd.DataFrame, sender: OutreachCapacity, *, days: float, awaited: float
) -> Iterator[NextLook]:
    """Yield each look that is over, and the one that decides now.

    posts: as `in_window`. awaited: posts to expect yet.
    """
    window, dated = pd.Timedelta(days=days), posts[posts["posted_at"].notna()]
    for number, look in enumerate(looks, start=1):
        first = dated.head(look.posts)
        too_few = len(posts) < look.posts and awaited < NOBODY_TO_COME
        scaled = too_few and len(first) >= LEAST_SHARE * look.posts
        required = len(first) if scaled else look.posts
        measure, ends = _measured(look, first)
        go_on, stop = (math.ceil(end * required / look.posts) for end in (ends.go_on, ends.stop))
        observed = first["counted" if measure == "orders" else measure]
        live, total = len(first) >= required, round(float(observed.sum()))
        known = first[measure].notna()
        due = live and bool((known & (first["until"] >= first["posted_at"] + window)).all())
        short = look.posts - len(posts) - awaited
        enough = short < max(1.0, SHORT * look.posts)
        write_to = 0 if enough else min(sender.contacts(short), sender.capacity)
        verdict: Verdict = "next batch" if write_to else "wait"
        if total >= go_on and (due or (known.any() and not scaled)):
            verdict = "go on"
        elif due:
            verdict = ends.otherwise if total < stop else "next batch"
        over = due and verdict == "next batch"
        due_on = first["posted_at"].max() + window if live and required else pd.NaT
        write_to = 0 if due or verdict == "go on" else write_to
        counts = len(first), measure, total
        yield NextLook(number, look.posts, *counts, go_on, stop, scaled, due_on, verdict, write_to)
        if not over:
            return


def _measured(look: Look, first: pd.DataFrame) -> tuple[Measure, Thresholds]:
    """Return what a look goes by, and its thresholds: orders, and clicks while no orders are known."""
    if look.clicks and first["orders"].isna().all() and first["clicks"].notna().any():
        return "clicks", look.clicks
    return "orders", look


def _batches(
    records: CampaignRecords,
    posts: pd.DataFrame,
    to_come: "pd.Series[float]",
    looks: Sequence[NextLook],
    *,
    n: int,
) -> pd.DataFrame:
    """Return the state of each batch, as `Running.batches`.

    A creator is of the batch that was written to when it was; whom the log does not know is of that in which
    it posted.
    """
    ends = [look.due_on for look in looks if look.verdict != "wait" and look.due_on <= records.as_of]
    log = records.outreach
    posted = posts.groupby("creator")["posted_at"].min()
    others = posted[~posted.index.isin(log["creator"])]
    when = pd.concat([log.set_index("creator")["contacted_at"], others])
    when = when.fillna(posted)
    batch = pd.Series(1, index=when.index)
    for end in ends:
        batch += (when > end).astype(int)
    mine = log.assign(batch=log["creator"].map(batch), shipped=log["shipped_at"].notna())
    steps = mine.groupby("batch")[["accepted", "shipped"]].sum().astype("int64")
    of_post = posts.groupby(posts["creator"].map(batch))
    rows = pd.DataFrame({"batch": range(1, n + 1)}).set_index("batch")
    rows["contacted"] = mine["batch"].value_counts()
    rows[["accepted", "shipped"]] = steps
    rows["live"] = of_post.size()
    rows = rows.fillna(0).astype("int64")
    orders = of_post["orders"].sum(min_count=1).reindex(rows.index)
    rows["orders"] = orders.mask(rows["live"] == 0, 0.0)
    rows["orders_to_come"] = to_come.groupby(batch.reindex(to_come.index).to_numpy()).sum()
    return rows.fillna({"orders_to_come": 0.0}).reset_index()[BATCHES]


def _notes(
    rule: Rule,
    records: CampaignRecords,
    posts: pd.DataFrame,
    looks: Sequence[NextLook],
    sender: OutreachCapacity,
    days: float,
    terms: str,
) -> Iterator[str]:
    """Yield what a reader must know of the rule and of what its look counts, in sentences."""
    look, name = looks[-1], handle(rule.campaign)
    by = look.measure
    first = posts[posts["posted_at"].notna()].head(look.posts)
    if not len(records.outreach) and posts.empty:
        yield f"Nobody has been written to for {name} yet."
    elif posts.empty:
        yield f"No post of {name} is live yet."
    elif posts["orders"].isna().all():
        does = "goes by them until orders are" if by == "clicks" else "waits for orders"
        clicks = f", clicks alone: look {look.number} {does}" if posts["clicks"].notna().any() else ""
        yield f"No orders of {name} are known yet{clicks}."
    if posts[by].notna().any() and (silent := first.loc[first[by].isna(), "creator"].tolist()):
        yield (
            f"The look waits for results of {counted(len(silent), 'live post')}: {listed(silent)}. "
            f"Add a row for each, with 0 {by} where none came."
        )
    if undated := int(posts["posted_at"].isna().sum()):
        yield f"{counted(undated, 'live post')} without a date count in no look: add posted_at."
    behind = first[first[by].notna() & (first["until"] < records.as_of)]
    if pd.notna(look.due_on) and look.due_on <= records.as_of and not behind.empty and look.verdict == "wait":
        last = day(behind["until"].min())
        yield f"{by.capitalize()} are known up to {last} only: export them again before you decide."
    undated_count = first[by].notna() & first["as_of"].isna()
    if undated_count.any():
        yield f"Results that do not say when they were counted (as_of) are taken as of {day(records.as_of)}."
    if first["estimated"].any():
        rows = first[first["estimated"]]
        yield (
            f"Of {counted(len(rows), 'post')} only the total is known: about "
            f"{count(rows['counted'].sum())} of {counted(rows['orders'].sum(), 'order')} came within "
            f"{count(days)} days."
        )
    if look.scaled:
        yield (
            f"All contacts have ended with {counted(look.live, 'live post')} of {count(look.posts)}: "
            "the thresholds are brought down in proportion, and err more often."
        )
    yield from _sent_ahead(records, look, sender)
    before = posts[(posts["posted_at"] < _utc(rule.planned)) & posts[by].notna()]
    if len(before):
        planned = day(_utc(rule.planned))
        yield (
            f"{counted(len(before), 'post')} went live before the rule was planned ({planned}): "
            f"it may have known their {by}, so they test it less than new ones."
        )
    if terms and terms != rule.terms:
        yield (
            "The rule was computed with other parameters than the brief has now (budget, offers, macro or "
            "days): plan again for the next campaign, and leave this rule as it is."
        )


def _sent_ahead(records: CampaignRecords, look: NextLook, sender: OutreachCapacity) -> Iterator[str]:
    """Yield that more was sent than the rule allows before its look, or after it said stop."""
    contacted = records.outreach["contacted_at"]
    if look.verdict in ("stop", "macro") and (late := int((contacted > look.due_on).sum())):
        yield f"{counted(late, 'creator')} were written to after the look that says {look.verdict}."
    required = sender.contacts(look.posts)
    if look.verdict == "wait" and len(contacted) > AHEAD * required:
        yield (
            f"{counted(len(contacted), 'creator')} were written to, and look {look.number} needs about "
            f"{count(required)}: more was sent than the rule allows before it."
        )


def _utc(day_: str) -> pd.Timestamp:
    return pd.Timestamp(day_, tz="UTC")
