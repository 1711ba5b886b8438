"""What a shortlist must keep to -> limits, each checked by itself."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from nanospread.core import errors


@dataclass(frozen=True)
class Limits:
    """Hard limits of a shortlist; every choice and every baseline keeps to all of them.

    budget: [cents], 0 or more. least_creators, most_creators: number of creators chosen; None is no limit.
    least_per_niche: creators chosen of each niche named. most_share_niche, most_share_creator: largest share
    of the budget that one niche, one creator may cost, 0-1. must, never: creators always and never chosen.
    currency: of the budget, for messages.

    Raises: InputError for a value out of its range, or a creator under both must and never.
    """

    budget: int
    least_creators: int = 0
    most_creators: int | None = None
    least_per_niche: Mapping[str, int] = field(default_factory=dict)
    most_share_niche: float = 1.0
    most_share_creator: float = 1.0
    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    currency: str = "EUR"

    def __post_init__(self) -> None:
        counts = {"budget": self.budget, "least_creators": self.least_creators}
        counts |= {f"least_per_niche {niche}": least for niche, least in self.least_per_niche.items()}
        for name, count in counts.items():
            _check_whole(name, count)
        for name in ("most_share_niche", "most_share_creator"):
            if not 0 < getattr(self, name) <= 1:
                raise errors.InputError(f"{name} must be above 0 and at most 1; got {getattr(self, name)}")
        if self.most_creators is not None:
            _check_whole("most_creators", self.most_creators, self.least_creators)
        both = sorted(set(self.must) & set(self.never))
        if both:
            raise errors.InputError(f"must and never both name {both[0]!r}; take it out of one of them")

    def part(self, share: float) -> int:
        """Return the whole cents in this share of the budget."""
        return math.floor(share * self.budget * (1 + 1e-12) + 1e-6)

    def money(self, cents: int) -> str:
        """Return an amount of cents in words for a message."""
        return f"{self.currency} {cents / 100:,.2f}"


def _check_whole(name: str, count: object, least: int = 0) -> None:
    if isinstance(count, bool) or not hasattr(count, "__index__") or int(count.__index__()) < least:
        raise errors.InputError(f"{name} must be a whole number, {least} or more; got {count}")
