"""How many different people some creators reach, when one more hardly adds any, and what that rests on."""

import math

import numpy as np
import pandas as pd

from nanospread.campaign import reach
from nanospread.core.formatting import Finding, count, counted, percent, significant

HALF = 0.5  # of a creator's own reach: with fewer new people, more than half know the campaign already [1]
CLOSE = 0.1  # bounds nearer than this part of the upper one say as much as the central value [1]


def unique_reach(found: reach.Reach) -> Finding:
    """Return what part of the summed reach is different people, how far that may be off, and why."""
    if found.gross <= 0:
        return Finding("Nobody is reached", "Nobody is reached: no creator is expected to be seen.")
    people, who = _about(found.unique), counted(found.creators, "creator")
    if found.creators == 1:
        alone = f"{who} reaches about {people} people"
        return Finding(alone, f"{alone}.")
    share = percent(found.unique / found.gross)
    return Finding(
        _title(found.basis, f"{who} reach about {people} people, {share} of"),
        f"The reaches of {who} add up to about {_about(found.gross)}. About {people} of these are different "
        f"people ({share}), each met by {found.frequency:.2f} creators on average. {_bounds(found)} "
        f"{_basis(found)}",
    )


def _title(basis: str, reached: str) -> str:
    if basis == "measured":
        return f"{reached} their summed reach"
    others = "other pairs" if basis == "partly measured" else "audiences"
    return f"If {others} overlap at random, {reached.replace('about ', '')} the sum"


def _about(people: float) -> str:
    """Return people at two digits where they are many: 47,000."""
    return significant(people) if people >= 100 else count(people)


def _bounds(found: reach.Reach) -> str:
    low, high = _about(found.low), _about(found.high)
    if found.high - found.low <= CLOSE * found.high:
        return f"Whatever else they share, it is from {low} to {high}."
    if found.method == "random overlap":
        return f"At least {low}, if all audiences lie inside each other; at most {high}, if none meet."
    return f"What is measured leaves at least {low} and at most {high}."


def _basis(found: reach.Reach) -> str:
    if found.basis == "measured":
        return "The pairs that matter most are all measured."
    if found.basis == "partly measured":
        return (
            f"Of the {counted(found.pairs, 'pair')} that matter most {count(found.measured_pairs)} are "
            "measured; the others are assumed to overlap at random."
        )
    return (
        "This is assumed, not measured: audiences overlap at random in pools of people whose size is assumed "
        f"too. Measured overlap would tell; {counted(found.pairs, 'pair')} of creators matter most."
    )


def enough_creators(curve: pd.DataFrame, *, basis: str) -> Finding:
    """Return from which creator on more than half of each one's reach are people already reached.

    curve: creators, gross, unique, low, high [people], as `reach.curve`, in the order they would be added.
    basis: what the overlap rests on, as in `reach.Reach`.
    """
    rows = curve[curve["gross"].diff().fillna(curve["gross"]) > 0]
    if len(rows) < 2:
        return Finding(
            "Too few creators to say when more stop adding people",
            "With fewer than two creators who reach anybody, there is no curve of unique reach.",
        )
    new, overlap = _new_share(rows), "as measured" if basis == "measured" else "as assumed"
    last = int(rows["creators"].iloc[-1])
    stop = int(rows["creators"].to_numpy()[_from(new)]) if new[-1] < HALF else 0
    if stop:
        return Finding(
            f"From creator {count(stop)} on, more than half of each one's reach is known already",
            f"Of the people whom creator {count(last)} reaches, {percent(new[-1])} are new to the campaign. "
            f"From creator {count(stop)} on it is less than half for each further one, in this order and if "
            f"audiences overlap {overlap}.",
        )
    return Finding(
        f"Up to creator {count(last)} each one adds mostly new people, {percent(new[-1])} at the end",
        f"Of the people whom the last of {counted(last, 'creator')} reach, {percent(new[-1])} are new to the "
        f"campaign: more creators still add people if audiences overlap {overlap}.",
    )


def _new_share(rows: pd.DataFrame) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Return for each creator the new people per person reached, over the tenth of the curve around it."""
    width = max(1, math.ceil(len(rows) / 10))
    gained = rows[["unique", "gross"]].diff().fillna(rows[["unique", "gross"]])
    smooth = gained.rolling(width, min_periods=1).sum()
    return (smooth["unique"] / smooth["gross"]).to_numpy(dtype=float)


def _from(new: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> int:
    """Return the first place from which on all are under half."""
    return int(np.flatnonzero(new >= HALF).max(initial=-1)) + 1
