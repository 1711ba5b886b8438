"""What a campaign may buy: the macro on offer, and what nano creators are offered."""

from typing import Annotated, Literal, NamedTuple, Self

import pydantic

from nanospread.campaign.brief.fields import Account, Frozen, Niche, within


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

    offer: Literal["gift", "fee", "mixed"] = "gift"
    fee_from: Annotated[int, within(1_000, 10_000)] = 5_000
    posts: Annotated[int, within(1, 20)] = 1


class Deal(NamedTuple):
    """What a macro costs [money] for how many followers."""

    followers: int
    fee: float
