"""Options of creators as given -> nothing, or what is wrong with them in one line."""

import numpy as np
import pandas as pd

from nanospread.campaign.shortlist.limits import Limits
from nanospread.core import errors
from nanospread.core.types import Floats, Ints

NUMBERS = ("posts", "cost", "value", "er", "reach")
WHOLE = ("posts", "cost")
LEAST = {"posts": 1.0, "value": -np.inf}  # of the others 0


def numbers(options: pd.DataFrame) -> None:
    """Check that options have all their columns, and numbers in them that can be.

    Raises: InputError that names column, creator and value.
    """
    for name in ("creator", "niche", *NUMBERS):
        if name not in options:
            raise errors.InputError(
                f"options need a column {name!r}; they have {', '.join(map(str, options.columns))}"
            )
        if options[name].isna().any():
            raise errors.InputError(
                f"{name} is missing in row {int(options[name].isna().argmax())} of the options"
            )
    for name in NUMBERS:
        number, least = options[name].to_numpy(dtype=np.float64), LEAST.get(name, 0.0)
        bad = ~np.isfinite(number) | (number < least)
        if name in WHOLE:
            bad |= number % 1 != 0
        if bad.any():
            at = int(bad.argmax())
            kind = "a whole number" if name in WHOLE else "a finite number"
            above = "" if name == "value" else f", {least:g} or more"
            creator = options["creator"].iloc[at]
            raise errors.InputError(f"{name} of {creator!r} must be {kind}{above}; got {number[at]:g}")


def scenarios(gains: Floats | None, caution: float, options: int) -> None:
    """Check that gains fit to so many options where caution needs them. Raises: InputError."""
    if not 0 <= caution <= 1:
        raise errors.InputError(f"caution must be from 0 to 1; got {caution}")
    if caution == 0:
        return
    if gains is None or gains.ndim != 2 or gains.shape[1] != options or not len(gains):
        raise errors.InputError(f"caution above 0 needs gains of at least one world by {options} options")
    if not np.isfinite(gains).all():
        raise errors.InputError("gains must be finite numbers")


def once(names: pd.Index, owner: Ints, niche: Ints, posts: Ints) -> None:
    """Check that no creator has one number of posts twice, or two niches. Raises: InputError."""
    order = np.lexsort((posts, owner))
    same = owner[order][1:] == owner[order][:-1]
    twice = np.flatnonzero(same & (posts[order][1:] == posts[order][:-1]))
    if len(twice):
        at = order[twice[0]]
        raise errors.InputError(f"options list {names[owner[at]]!r} with {posts[at]} posts twice")
    moved = np.flatnonzero(same & (niche[order][1:] != niche[order][:-1]))
    if len(moved):
        raise errors.InputError(f"creator {names[owner[order[moved[0]]]]!r} has options in two niches")


def known(limits: Limits, names: pd.Index, niches: pd.Index) -> None:
    """Check that all names under the limits are those of creators and niches. Raises: InputError."""
    for what, some in (("must", limits.must), ("never", limits.never)):
        for name in some:
            if name not in names:
                raise errors.unknown(f"creator under {what}", name, names)
    for name in limits.least_per_niche:
        if name not in niches:
            raise errors.unknown("niche under least_per_niche", name, niches)


def possible(cost: Ints, owner: Ints, names: pd.Index, limits: Limits, most: int) -> None:
    """Check that somebody can be chosen, and each must-have, where an option may cost so much [cents].

    Raises: InputError that says what the cheapest costs.
    """
    allowed = ~names.isin(limits.never)[owner]
    if not allowed.any():
        raise errors.InputError("no creator is left to choose: never names all, or there are no options")
    for name in limits.must:
        least = int(cost[owner == names.get_loc(name)].min())
        if least > most:
            raise errors.InputError(
                f"must names {name!r}, who costs at least {limits.money(least)}, more than "
                f"{_cap(limits, most)}; take {name!r} out or allow {limits.money(least)}"
            )
    least = int(cost[allowed].min())
    if least > most:
        raise errors.InputError(
            f"no creator fits: the cheapest costs {limits.money(least)}, more than {_cap(limits, most)}"
        )


def _cap(limits: Limits, most: int) -> str:
    """Return in words the cap that lets one option cost this much at most."""
    for name in ("most_share_creator", "most_share_niche"):
        share = getattr(limits, name)
        if limits.part(share) == most < limits.budget:
            return f"the {limits.money(most)} that {name} {share:g} allows"
    return f"the budget of {limits.money(limits.budget)}"
