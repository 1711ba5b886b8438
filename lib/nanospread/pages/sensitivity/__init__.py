"""What is not known: its share of the spread, what it is worth to know first, and what turns nano."""

import math

import pandas as pd

from nanospread.campaign.beliefs import Beliefs
from nanospread.campaign.brief import Brief
from nanospread.campaign.sensitivity import CHOICES, clear_worth
from nanospread.core.estimates import SURE
from nanospread.core.formatting import Finding, capital, listed, money, percent, significant
from nanospread.pages.labels import label
from nanospread.pages.verdict import MATERIAL


def unknowns(table: pd.DataFrame, luck: float, perfect: float, brief: Brief) -> Finding:
    """Return how much of the spread is luck and not knowing, what is worth knowing, and what turns nano.

    table: as `Run.unknowns`. luck: the share of the spread that no belief tells [0-1]. perfect: what it is
    worth to know all beliefs first [money].
    """
    if table.empty:
        return Finding.of("Every assumption is set: the spread is luck alone")
    top, most = str(table["share"].idxmax()), percent(float(table["share"].max()))
    title = f"Luck carries {percent(luck)} of the spread, no assumption alone more than {most}"
    parts = [
        f"Luck carries {percent(luck)} of the spread of nano's profit. Of what is not known, {label(top)} "
        f"carries most: {most}.",
        _worth_knowing(table, perfect, brief.currency),
    ]
    levels = {"earns its cost": "pays", "earns as much as the macro": "even"}
    parts += [
        f"On average nano {does} only with {listed(places)}, all else as believed."
        for does, column in levels.items()
        if (places := _turning_points(table, column, brief))
    ]
    return Finding(title, " ".join(parts))


def _worth_knowing(table: pd.DataFrame, perfect: float, currency: str) -> str:
    worth = clear_worth(table)
    if not worth.max() > MATERIAL * perfect:
        return "No single assumption is worth much by itself: many small ones decide together."
    name, amount = str(worth.idxmax()), float(worth.max())
    return f"To find out {label(name)} before spending is worth {money(amount, currency)}."


def _turning_points(table: pd.DataFrame, column: str, brief: Brief) -> list[str]:
    """Return where nano turns, in each belief's unit, those that carry most of the spread first."""
    placed = table[SURE * table[f"{column}_se"] < table[column].abs()].sort_values("share", ascending=False)
    return [
        f"{label(row['belief'])} {row[f'{column}_side']} {in_unit(row['belief'], row[column], brief)}"
        for row in placed.reset_index().to_dict("records")
    ]


def in_unit(name: str, value: float, brief: Brief) -> str:
    """Return a value of a belief in its natural unit: 0.42 of a share -> 42%, of money -> EUR 0.42."""
    if math.isnan(value):
        return "–"
    unit = brief.assumptions[name].unit if name in brief.assumptions else "ratio"
    if unit == "share":
        return percent(value)
    return money(value, brief.currency) if unit == "money" else significant(value)


def believed(table: pd.DataFrame) -> pd.DataFrame:
    """Return `Beliefs.table` as it is read: labels, the middle before, and the 10, 50 and 90 % points now.

    What is set as one number is left out.
    """
    free = table[table["basis"] != "set"]
    shown = {"prior_p50": "before", "p10": "low", "p50": "middle", "p90": "high", "basis": "basis"}
    names = [capital(label(name)) for name in free.index]
    return free[[*shown]].rename(columns=shown).set_axis(names).rename_axis("belief").reset_index()


def turning_table(table: pd.DataFrame, brief: Brief) -> pd.DataFrame:
    """Return `Run.unknowns` as it is read: share of the spread, worth, and turning points in their units.

    Worth within the simulation's error is 0.
    """
    rows = table.reset_index()
    for name in CHOICES:
        clear = rows[f"worth_{name}"] > SURE * rows[f"worth_{name}_se"]
        rows[f"worth_{name}"] = rows[f"worth_{name}"].where(clear, 0.0)
    for column in ("pays", "even"):
        rows[column] = [
            f"{side} {in_unit(name, value, brief)}".strip()
            for name, value, side in zip(rows["belief"], rows[column], rows[f"{column}_side"], strict=True)
        ]
    worth = {"worth_spend": "to_spend", "worth_choice": "to_choose"}
    shown = rows[["belief", "share", *worth, "pays", "even"]].rename(columns=worth)
    return shown.assign(belief=[capital(label(name)) for name in rows["belief"]])


def doubts(beliefs: Beliefs, brief: Brief) -> tuple[str, ...]:
    """Return what contradicts in the results or with the prior, and what they could not be fitted to."""
    conflicts = [
        f"Your results put {label(name)} at {in_unit(name, middle, brief)}, outside what was believed "
        f"before ({in_unit(name, low, brief)} to {in_unit(name, high, brief)})."
        for name, middle, low, high in beliefs.conflicts
    ]
    unfitted = [
        f"The results cannot be fitted to {listed([label(name) for name in names], len(names))}: what was "
        "believed before stays."
        for names in beliefs.unfitted
    ]
    return (*beliefs.notes, *conflicts, *unfitted)
