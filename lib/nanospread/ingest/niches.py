"""Creators in, the same with mistyped niches as the common one they stand for out."""

from collections.abc import Iterator, Mapping

import pandas as pd

from nanospread.ingest.reading import UNKNOWN

FEW = 5  # creators: a niche of more is one of its own
TIMES = 10  # as many creators must have the niche that it stands for
SHORTEST = {"letter missing or too many": 5, "letters turned round": 6, "other letter": 8}
MISTYPED = "niche mistyped: read as the common one next to it"


def settled(creators: pd.DataFrame) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Return creators with rare niches one edit away from a common one renamed to it, and the reasons.

    Rare: at most 5 creators, and a tenth of those of the common one. The edit is a letter missing or too many
    (niches of 5 letters and more), two neighbours turned round (6) or another letter (8): `biking` is no
    mistyped `baking`. Of several common ones it is the most common, then the first by the alphabet. A common
    niche has 10 creators or more, so none is ever renamed.
    """
    sizes = creators[creators["niche"] != UNKNOWN].groupby("niche")["creator"].nunique()
    meant = _meant({str(name): int(size) for name, size in sizes.items()})
    wrong = creators["niche"].isin(list(meant))
    if not wrong.any():
        return creators, pd.Series(dtype="str")
    niche = creators["niche"].mask(wrong, creators["niche"].map(meant)).astype("str")
    return creators.assign(niche=niche), pd.Series(MISTYPED, index=creators.index[wrong], dtype="str")


def _meant(sizes: Mapping[str, int]) -> dict[str, str]:
    """Return mistyped niche -> the common one."""
    near: dict[str, list[str]] = {}
    for name, size in sizes.items():
        if size >= TIMES:
            for form in {name, *_shorter(name)}:
                near.setdefault(form, []).append(name)
    meant = {}
    for name, size in sizes.items():
        if size <= FEW:
            others = {other for form in {name, *_shorter(name)} for other in near.get(form, ())}
            fitting = [o for o in others if sizes[o] >= TIMES * size and _mistyped(name, o)]
            if fitting:
                meant[name] = min(fitting, key=lambda other: (-sizes[other], other))
    return meant


def _shorter(name: str) -> Iterator[str]:
    """Yield the word without each of its letters: words one edit apart share one of these."""
    if len(name) <= 60:
        yield from (name[:at] + name[at + 1 :] for at in range(len(name)))


def _mistyped(one: str, two: str) -> bool:
    """Return whether one word is the other with a single slip that words of their length can bear."""
    short, long = sorted((one, two), key=len)
    if len(long) == len(short) + 1:
        return len(short) >= SHORTEST["letter missing or too many"] and short in _shorter(long)
    differing = [at for at in range(len(long)) if one[at : at + 1] != two[at : at + 1]]
    if len(long) != len(short) or not differing:
        return False
    if len(differing) == 1:
        return len(long) >= SHORTEST["other letter"]
    first, last = differing[0], differing[-1]
    turned = len(differing) == 2 and last == first + 1 and (one[first], one[last]) == (two[last], two[first])
    return turned and len(long) >= SHORTEST["letters turned round"]
