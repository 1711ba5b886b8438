"""Batches of a campaign in its brief: how many at most, when to look, and the rule that is in force.

The rule is written once, when the campaign starts (`nanospread plan --write`), and read while it runs.
"""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

import pydantic

from nanospread.core.typed import FrozenModel, Listed, Text, spelt, within

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
