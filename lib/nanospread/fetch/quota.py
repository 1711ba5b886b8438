"""Creators and the limits -> who comes first, and how long it takes. Nothing is asked here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nanospread.fetch.outcomes import Outcome
from nanospread.fetch.paging import PAGE
from nanospread.fetch.settings import Settings

PER_HOUR = 200  # calls that a Platform allows for each of its users, of whom there may be one only


@dataclass(frozen=True)
class Plan:
    """What a fetch comes to. calls: of creators, which count on the limit of the hour; own: the others."""

    creators: tuple[str, ...]  # in the order in which they are asked for
    calls_each: int
    own: int
    per_hour: int

    @property
    def calls(self) -> int:
        """Return the calls for creators."""
        return len(self.creators) * self.calls_each

    @property
    def hours(self) -> float:
        """Return how long the limit makes them take at most."""
        return self.calls / self.per_hour

    @property
    def first_hour(self) -> tuple[str, ...]:
        """Return the creators who fit into one hour's calls."""
        return self.creators[: self.per_hour // self.calls_each]


def plan(settings: Settings, creators: Sequence[str], before: Mapping[tuple[str, str], Outcome]) -> Plan:
    """Return the plan of a fetch. before: the account of the last one."""
    pages = math.ceil(settings.media / PAGE)
    own = 0 if settings.own == "none" else 1 + pages + (settings.media if settings.insights else 0)
    own += settings.stories and settings.own != "none"
    asked = ordered(creators, before)
    return Plan(asked, pages, own, settings.calls_per_hour or PER_HOUR)


def ordered(creators: Iterable[str], before: Mapping[tuple[str, str], Outcome]) -> tuple[str, ...]:
    """Return creators in the order in which they are asked for.

    Those never asked for come first, then those asked for longest ago, then as they stand in the list.
    """
    known = {name: one.asked for (kind, name), one in before.items() if kind == "account"}
    return tuple(sorted(dict.fromkeys(creators), key=lambda name: known.get(name, "")))
