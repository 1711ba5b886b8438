"""One kind of error for everything a user can mistype: field, value, what is allowed, the nearest name."""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 5_000, 1_000  # characters of a line, and of its end, which says what to do
CLIPPED = 200  # characters of a name that nothing knows


class InputError(ValueError):
    """Say in one printable line, which a user can act on, why input cannot be used.

    Parameters
    ----------
    text : str
        The line; line breaks and unprintable characters in it are replaced.

    Examples
    --------
    >>> str(ns.InputError("week 2026-W54 does not exist"))
    'week 2026-W54 does not exist'
    """

    def __init__(self, text: str) -> None:
        line = " ".join(text.split())  # names of files and headers may hold anything, of any length
        most, end = LONGEST
        line = line if len(line) <= most else f"{line[: most - end]} \N{HORIZONTAL ELLIPSIS} {line[-end:]}"
        super().__init__("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line))


class BusyError(InputError):
    """Another run, send or fetch is at work in the same place."""


MOST = 60  # names that an error lists; of more it shows the nearest
NEAREST = 3


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, or None where none is close."""
    return next(iter(get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)), None)


def unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> InputError:
    """Return the error for a name that is not known, with the nearest one that is, and all or the nearest.

    where: in which list all of them stand, for names too many to list.
    """
    names = list(known)
    name = name if len(name) <= CLIPPED else f"{name[:CLIPPED]}\N{HORIZONTAL ELLIPSIS}"
    guess = nearest(name, names)
    hint = f"; did you mean {guess!r}?" if guess else "."
    if len(names) <= MOST:
        return InputError(f"unknown {kind} {name!r}{hint} Known: {', '.join(names)}")
    close = get_close_matches(name.lower(), names, n=NEAREST, cutoff=0.0)
    listed = f"; {where}" if where else ""
    return InputError(f"unknown {kind} {name!r}{hint} Nearest of {len(names):,}: {', '.join(close)}{listed}")
