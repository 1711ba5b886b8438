"""The parts of a brief, and the kinds of their fields: offers, what is wanted, batches, limits.

The rule of batches is written once, when the campaign starts (`nanospread plan --write`), and read while it
runs.
"""

import math
from collections.abc import Collection, Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, Self, TypeVar

import numpy as np
import pandas as pd
import pydantic

from nanospread.core import errors, weeks
from nanospread.core.models import FrozenModel, Listed, Text, spelt, within
from nanospread.core.types import Floats
from nanospread.creators import tiers

Niche = Annotated[
    str, pydantic.StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=100)
]
Name = Annotated[
    str,
    pydantic.AfterValidator(
        spelt(
            "[a-z0-9][a-z0-9_-]{0,63}", "small letters, digits, - and _, since it names the report's folder"
        )
    ),
]


def _account(name: str) -> str:
    """Return the name as the tables spell it: without the @ in front."""
    if not (bare := name.removeprefix("@")):
        raise ValueError("must be the name of an account")
    return bare


Account = Annotated[Niche, pydantic.AfterValidator(_account)]  # spelt like a niche, in small letters
Currency = Annotated[str, pydantic.AfterValidator(spelt("[A-Z]{3}", "three capitals such as EUR"))]
Zone = Annotated[Text, pydantic.AfterValidator(lambda name: weeks.zone(name).key)]
Money = Annotated[float, within(0.01, 1_000_000_000)]
Offer = Literal["gift", "fee", "mixed"]
Amount = TypeVar("Amount", float, Floats)
BudgetShare = Annotated[float, within(0.0001, 1)]
RowShare = Annotated[float, within(0, 1)]
Accounts = Annotated[tuple[Account, ...], Listed]


class MacroQuote(FrozenModel):
    """The macro on offer: followers and the fee it asks.

    Without followers, the budget buys as many as fee_per_follower_macro allows; followers without a fee are
    priced at fee_per_follower_macro for each post. posts: how many the fee pays for, each one feed post and
    one story. niche: None = the first niche of the brief. creator: one of the user's
    data, whose own followers and niche count; the simulation looks them up (`Brief.quoted`).
    """

    followers: Annotated[int | None, within(1, 1_000_000_000)] = None
    fee: Annotated[float | None, within(0.01, 1_000_000_000)] = None
    posts: Annotated[int, within(1, 20)] = 1
    niche: Niche | None = None
    creator: Account | None = None

    @pydantic.model_validator(mode="before")
    @classmethod
    def _says_nothing_twice(cls, fields: object) -> object:
        own = fields if isinstance(fields, dict) else {}  # a finished quote may hold what was looked up
        twice = any(own.get(field) is not None for field in ("followers", "niche"))
        if own.get("creator") and twice:
            raise ValueError(
                f"must leave out followers and niche beside creator {own['creator']!r}: "
                "they come from its data"
            )
        return fields

    @pydantic.model_validator(mode="after")
    def _fee_buys_followers(self) -> Self:
        if self.fee is not None and self.followers is None and not self.creator:
            raise ValueError("needs followers beside its fee")
        return self

    def replaced(self, fields: dict[str, object]) -> dict[str, object]:
        """Return the fields of this quote with the given ones in their place, not yet checked.

        Another creator starts a quote of its own: followers, fee and niche asked of the one before are no
        more. What was looked up for a creator is left out, to be looked up again.
        """
        if fields.get("creator", self.creator) != self.creator:
            return fields
        current = self.model_dump(exclude={"followers", "niche"} if self.creator else None)
        return {**current, **fields}


class NanoOffer(FrozenModel):
    """What the mixes offer to nano creators; what gift and fee cost are assumptions.

    mixed: creators of at least `fee_from` followers are paid a fee, smaller ones get the gift alone. posts:
    how many each creator makes, each one feed post and one story; a gift is sent, or a fee paid, for each.
    """

    offer: Offer = "gift"
    fee_from: Annotated[int, within(100, 1_000_000)] = 5_000  # and inside the nano tier: `Brief`
    posts: Annotated[int, within(1, 20)] = 1

    def paid_from(self, offer: str = "") -> float:
        """Return from how many followers on a creator is paid; offer: "" for the brief's own.

        Raises: InputError for an unknown offer.
        """
        paid_from = {"gift": math.inf, "fee": 0.0, "mixed": float(self.fee_from)}
        if (offer or self.offer) not in paid_from:
            raise errors.unknown("offer", offer, paid_from)
        return paid_from[offer or self.offer]

    def paid_share(self, platform: str) -> float:
        """Return the share of nano creators whom a mixed offer pays; the tier is taken as log-uniform."""
        low, high = tiers.ends("nano", platform)
        return float(np.log(high / max(self.fee_from, low)) / np.log(high / low))


class Deal(NamedTuple):
    """What a macro costs [money] for how many followers."""

    followers: int
    fee: float


class PostTarget(FrozenModel):
    """How many live posts the campaign wants, how many days after the first contact, and how surely."""

    posts: Annotated[int, within(1, 5_000)] = 20
    days: Annotated[int, within(1, 730)] = 42
    chance: Annotated[float, within(0.5, 0.999)] = 0.95


class OrderCredit(FrozenModel):
    """Who is credited with an order, as `ingest.credit` says.

    first: code or link, which of the two decides where they name different creators. sitewide_share: of
    all orders, above which a code is the shop's own.
    """

    first: Literal["code", "link"] = "code"
    sitewide_share: Annotated[float, within(0.01, 1)] = 0.5


class ToleratedLoss(FrozenModel):
    """How often at most the campaign may lose more than so much of the budget: share [0-1], chance [0-1]."""

    share: Annotated[float, within(0, 1)] = 0.5
    chance: Annotated[float, within(0, 1)] = 0.1


Otherwise = Literal["stop", "macro"]


def _day(text: str) -> str:
    """Return a day as it is written. Raises: ValueError for what is no day of the calendar."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("must be a day such as 2026-11-29") from None


Day = Annotated[str, pydantic.AfterValidator(_day)]
Terms = Annotated[str, pydantic.AfterValidator(spelt("[a-z0-9]{4,40}", "4 to 40 small letters and digits"))]


class Thresholds(FrozenModel):
    """What follows from the orders, or the clicks, of a look's posts.

    go_on: from so many on all the rest is sent. stop: below it nothing more is, and `otherwise` says what
    happens then: stop, or book the macro. Between the two the next batch is sent.
    """

    go_on: Annotated[int, within(0, 1_000_000_000)]
    stop: Annotated[int, within(0, 1_000_000_000)]
    otherwise: Otherwise = "stop"

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.stop > self.go_on:
            raise ValueError(f"stop must be at most go_on; got stop {self.stop:,} and go_on {self.go_on:,}")
        return self


class Look(Thresholds):
    """One look of a rule: at how many live posts, and what follows from their orders.

    clicks: what follows from their clicks while no orders are known; None: the look waits for orders.
    """

    posts: Annotated[int, within(1, 20_000)]
    clicks: Thresholds | None = None


class Rule(FrozenModel):
    """The rule in force of a running campaign, as `nanospread plan --write` wrote it.

    campaign: its name in the outreach log and the results. planned: the day of the data that the rule was
    computed on. terms: which settings it was computed with, as `staged.terms`.
    """

    campaign: Text
    planned: Day
    terms: Terms
    looks: Annotated[tuple[Look, ...], Listed]

    @pydantic.model_validator(mode="after")
    def _one_after_the_other(self) -> Self:
        posts = [look.posts for look in self.looks]
        if not 1 <= len(posts) <= MOST - 1:
            raise ValueError(f"looks must be 1 to {MOST - 1}; got {len(posts)}")
        for before, after in pairwise(posts):
            if before >= after:
                raise ValueError(f"looks must rise in posts; got {before:,} before {after:,}")
        for last in (self.looks[-1], self.looks[-1].clicks):
            if last and last.stop != last.go_on:
                raise ValueError(
                    "the last look must have stop equal to go_on, as no further look follows; "
                    f"got {last.stop:,} and {last.go_on:,}"
                )
        return self


MOST = 5  # stages: more looks than that no team takes


class Batches(FrozenModel):
    """How the campaign may be sent in batches.

    most: batches at most; 1 sends all at once. days: after each post, within which its orders count at a
    look. capacity: creators the team can write to for one batch; None: as many as wanted. longest: days from
    the first message to the last batch at most; None: no limit. rule: the one in force while it runs.
    """

    most: Annotated[int, within(1, MOST)] = 3
    days: Annotated[int, within(1, 90)] = 14
    capacity: Annotated[int | None, within(1, 20_000)] = None
    longest: Annotated[int | None, within(1, 730)] = None
    rule: Rule | None = None


class ShortlistLimits(FrozenModel):
    """What a shortlist maximises, and the limits it keeps to.

    goal: expected profit or expected orders. caution: 0 looks at the mean alone, 1 at the worst 5 % of worlds
    alone (CVaR); between, at both. offers: what the brief offers, or the better of gift and fee for each
    creator. most_posts: of one creator. least_per_niche: creators, by niche; a niche
    not named has no minimum. most_share_niche, most_share_creator: of the budget. must, never: creators that
    have to be on it, or off it. flagged: whether creators with odd numbers (page 03) may be chosen.
    """

    goal: Literal["profit", "orders"] = "profit"
    caution: Annotated[float, within(0, 1)] = 0.0
    offers: Literal["planned", "best"] = "planned"
    most_posts: Annotated[int, within(1, 5)] = 1
    least_creators: Annotated[int, within(0, 100_000)] = 0
    most_creators: Annotated[int | None, within(1, 1_000_000)] = None
    least_per_niche: Mapping[Niche, Annotated[int, within(0, 100_000)]] = pydantic.Field(default_factory=dict)
    most_share_niche: BudgetShare = 1.0
    most_share_creator: BudgetShare = 1.0
    must: Accounts = ()
    never: Accounts = ()
    flagged: Literal["show", "leave_out"] = "show"

    @pydantic.field_validator("must", "never")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"must name each creator only once; {twice[0]!r} stands there twice")
        return names

    @pydantic.model_validator(mode="after")
    def _possible(self) -> Self:
        if both := sorted({*self.must} & {*self.never}):
            raise ValueError(f"must has {both[0]!r}, which never has too")
        least = max(self.least_creators, len(self.must))
        if self.most_creators is not None and self.most_creators < least:
            raise ValueError(
                f"most_creators must be at least {least:,} (least_creators {self.least_creators:,}, "
                f"{len(self.must)} in must); got {self.most_creators:,}"
            )
        if self.caution > 0 and self.goal != "profit":
            raise ValueError("caution is about profit: leave it out with goal orders")
        return self


class DataLimits(FrozenModel):
    """Shares of rows: most_refused of a table's, most_unmatched of the posts that have no follower count."""

    most_refused: RowShare = 0.1
    most_unmatched: RowShare = 0.5

    def refused(self, counts: pd.DataFrame, ledger: pd.DataFrame, harmless: Collection[str]) -> list[str]:
        """Return a sentence for each table that breaks its limit.

        counts, ledger: of `Tables`. harmless: reasons of refusals that lose nothing (repeats, accounts that
        asked to be forgotten); such rows count neither as rows nor as refused.
        """
        lines = ledger[(ledger["status"] == "refused") & ledger["reason"].isin(list(harmless))]
        aside = lines.drop_duplicates(["table", "file", "line"]).groupby("table").size()
        totals = counts.groupby("table", sort=False)[["rows_in", "refused"]].sum()
        totals = totals.sub(aside.reindex(totals.index, fill_value=0), axis="index")
        shares = totals["refused"] / totals["rows_in"].clip(lower=1)
        return [
            f"{table}: {share:.1%} of the rows were refused; the limit is {self.most_refused:.1%}."
            for table, share in shares.items()
            if share > self.most_refused
        ]

    def unmatched(self, posts: int, unmatched: int) -> list[str]:
        """Return a sentence if too many posts have no follower count. posts: those that have one [posts]."""
        share = unmatched / max(posts + unmatched, 1)
        if share <= self.most_unmatched:
            return []
        limit = f"the limit is {self.most_unmatched:.1%}"
        return [f"posts: {share:.1%} are by creators without a follower count; {limit}."]
