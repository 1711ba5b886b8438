"""Rows of page 03."""

import pandas as pd

MEDIANS = {
    "comment_share": "Comments among engagements, median creator, ",
    "reply_rate": "Comments answered, median creator, ",
}


def authenticity(
    by_tier: pd.DataFrame, answerable: pd.DataFrame, flagged: tuple[int, float, int], *, tier: str = "nano"
) -> pd.DataFrame:
    """Return comment share per tier, answerable audiences, the tier's reply rate, and flags beside luck's.

    by_tier: as `authenticity.summary`. answerable: as `authenticity.answerable`. flagged: creators flagged,
    expected by chance and tested, as `authenticity.flagged`.
    """
    share, reply = (by_tier[by_tier["component"] == name] for name in ("comment_share", "reply_rate"))
    medians = pd.concat([share, reply[reply["tier"].astype(str) == tier]])
    names = medians["tier"].astype(str).str.replace(" ", "_")
    found = pd.DataFrame(
        {
            "metric": medians["component"].astype(str) + "_median_" + names,
            "label": medians["component"].map(MEDIANS).astype(str) + medians["tier"].astype(str),
            "value": medians["median"],
            "low": medians["median_low"],
            "high": medians["median_high"],
            "n": medians["creators"],
            "unit": "share",
            "basis": "measured",
            "formula": "median over creators; 95 % interval by order statistics",
        }
    )
    rows = [found, _answerable(answerable[answerable["tier"].astype(str) == tier])]
    return pd.concat([*rows, _flagged(*flagged)], ignore_index=True)


def _answerable(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the tiers' shares of creators whom one person's answers suffice, which rest on an assumption."""
    names = rows["tier"].astype(str)
    return pd.DataFrame(
        {
            "metric": "answerable_" + names.str.replace(" ", "_"),
            "label": "Creators whose comments one person can answer, " + names,
            "value": rows["share"],
            "low": rows["low"],
            "high": rows["high"],
            "n": rows["creators"],
            "unit": "share",
            "basis": "assumed",
            "formula": "share of creators whose comments per post are within the assumed capacity",
        }
    )


def _flagged(number: int, expected: float, tested: int) -> pd.DataFrame:
    rows = [
        ("creators_flagged", "Creators with a flag", number, "measured", "creators with one flag or more"),
        (
            "creators_flagged_by_chance", "Creators that luck alone would flag", expected, "estimated",
            "sum over creators of the probability of a flag, were peers spread normally",
        ),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["metric", "label", "value", "basis", "formula"])
    return frame.assign(n=tested, unit="creators")
