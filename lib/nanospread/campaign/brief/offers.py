"""What a campaign may buy: the macro on offer, and what nano creators are offered."""

import math
from typing import Annotated, Literal, NamedTuple, Self, TypeVar, get_args, overload

import numpy as np
import pydantic

from nanospread.campaign.brief.fields import Account, Frozen, Niche, within
from nanospread.core import errors
from nanospread.core.types import Flags, Floats
from nanospread.creators import tiers

Offer = Literal["gift", "fee", "mixed"]
OFFERS = get_args(Offer)
Amount = TypeVar("Amount", float, Floats)


class MacroQuote(Frozen):
    """The macro on offer: followers and the fee it asks.

    Without followers, the budget buys as many as fee_per_follower_macro allows; followers without a fee are
    priced at fee_per_follower_macro. niche: None = the first niche of the brief. creator: one of the user's
    data, whose own followers and niche count; the simulation looks them up (`Brief.quoted`).
    """

    followers: Annotated[int | None, within(1, 1_000_000_000)] = None
    fee: Annotated[float | None, within(0.01, 1_000_000_000)] = None
    niche: Niche | None = None
    creator: Account | None = None

    @pydantic.model_validator(mode="before")
    @classmethod
    def _says_nothing_twice(cls, given: object) -> object:
        own = given if isinstance(given, dict) else {}  # a finished quote may hold what was looked up
        twice = any(own.get(field) is not None for field in ("followers", "niche"))
        if own.get("creator") and twice:
            raise ValueError(
                f"must leave out followers and niche beside creator {own['creator']!r}: "
                "they come from its data"
            )
        return given

    @pydantic.model_validator(mode="after")
    def _fee_buys_followers(self) -> Self:
        if self.fee is not None and self.followers is None and not self.creator:
            raise ValueError("needs followers beside its fee")
        return self

    def replaced(self, given: dict[str, object]) -> dict[str, object]:
        """Return the fields of this quote with the given ones in their place, not yet checked.

        Another creator starts a quote of its own: followers, fee and niche asked of the one before are no
        more. What was looked up for a creator is left out, to be looked up again.
        """
        if given.get("creator", self.creator) != self.creator:
            return given
        asked = self.model_dump(exclude={"followers", "niche"} if self.creator else None)
        return {**asked, **given}


class NanoOffer(Frozen):
    """What the mixes offer to nano creators; what gift and fee cost are assumptions.

    mixed: creators of at least `fee_from` followers are paid a fee, smaller ones get the gift alone. posts:
    how many each creator makes, each one feed post and one story.
    """

    offer: Offer = "gift"
    fee_from: Annotated[int, within(1_000, 10_000)] = 5_000
    posts: Annotated[int, within(1, 20)] = 1

    @overload
    def pays(self, followers: float, offer: str = "") -> bool: ...

    @overload
    def pays(self, followers: Floats, offer: str = "") -> Flags: ...

    def pays(self, followers: Amount, offer: str = "") -> bool | Flags:
        """Return whether a creator of so many followers is paid, True or False; an array gives an array.

        offer: "" for the brief's own. Raises: InputError for an unknown offer.
        """
        paid_from = {"gift": math.inf, "fee": 0.0, "mixed": float(self.fee_from)}
        if (offer or self.offer) not in paid_from:
            raise errors.unknown("offer", offer, paid_from)
        return followers >= paid_from[offer or self.offer]

    def paid_share(self) -> float:
        """Return the share of nano creators whom a mixed offer pays; the tier is taken as log-uniform."""
        low, high = nano_tier()
        return float(np.log(high / max(self.fee_from, low)) / np.log(high / low))


def nano_tier() -> tuple[float, float]:
    """Return where the nano tier starts and ends [followers]."""
    rows = tiers.table()
    nano = rows[rows["tier"] == "nano"]
    return float(nano["low"].iloc[0]), float(nano["high"].iloc[0])


class Deal(NamedTuple):
    """What a macro costs [money] for how many followers."""

    followers: int
    fee: float
