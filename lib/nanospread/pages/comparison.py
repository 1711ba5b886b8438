"""Plans side by side in words: which settings differ, what each comes to, and how far apart they are."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from nanospread.core.formatting import MINUS, capital, listed, significant
from nanospread.pages import show, verdict
from nanospread.pages.changes import setting, written
from nanospread.pages.labels import inside, label, labels
from nanospread.pages.show import MISSING
from nanospread.study import Comparison
from nanospread.study.comparison import ADVISED, MEASURES

SHOWN = ["cost_mean", "conversions_mean", "cost_per_order", "profit_p50", "p_loss"]
CLOSE, SAME = "too close to call", "the same"


def sentences(compared: Comparison) -> list[str]:
    """Return what each plan chooses, and how much more or less that earns than what the first one chooses."""
    chosen = [
        f"{name}: {verdict.chosen(made.choice, made.reason, made.clear, made.out_of_reach)}."
        for name, made in _decisions(compared)
    ]
    rows = compared.differences.query("option == @ADVISED and measure == 'profit_mean'")
    apart = [_apart(compared, row) for row in rows.to_dict("records")]
    return [" ".join(chosen), *apart, *_notes(compared)]


def _decisions(compared: Comparison) -> list[tuple[str, Any]]:
    return [(name, run.decision) for name, run in zip(compared.names, compared.runs, strict=True)]


def _apart(compared: Comparison, row: Mapping[Any, Any]) -> str:
    first, currency = compared.names[0], compared.runs[0].study.brief.currency
    if row["value"] == row["se"] == 0:
        return f"{row['brief']} and {first} earn the same on average."
    if not row["clear"]:
        return f"Whether {row['brief']} earns more than {first} on average is too close to call."
    more = "more" if row["value"] > 0 else "less"
    low, high = (verdict.about(row[end], currency) for end in ("low", "high"))
    return (
        f"On average, {row['brief']} earns {verdict.about(abs(row['value']), currency)} {more} than {first}. "
        f"The 80% range of that difference is {low} to {high}, over what is not known."
    )


def _notes(compared: Comparison) -> list[str]:
    """Return which plans set something that results teach, which loosens the pairs of campaigns."""
    names = compared.learned_anew()
    if not names:
        return []
    under = f"Your results teach something else under {listed([*names])}"
    return [f"{under}, so the 80% ranges of its differences are wider than they need be."]


def shown(compared: Comparison | None) -> list[show.Output]:
    """Return what a page shows of plans side by side; nothing where none was asked for."""
    if compared is None:
        return []
    study, first, tables = compared.runs[0].study, compared.names[0], []
    if len(settings := differing(compared)):
        tables.append(show.table(settings, "What differs"))
    caption = f"What each plan comes to; money in {study.brief.currency}"
    tables.append(show.table(options(compared), caption, basis=study.basis))
    caption = f"How far each plan is from {first}, in the same simulated campaigns"
    tables.append(show.table(differences(compared), caption, basis=study.basis))
    return [show.text(sentences(compared)), *tables]


def differing(compared: Comparison) -> pd.DataFrame:
    """Return the settings that differ in words: one row each, one column for each plan."""
    rows = compared.differing
    words = {"setting": [capital(setting(str(name))) for name in rows.index]}
    each = {f"plan {brief}": list(map(_value, map(str, rows.index), rows[brief])) for brief in compared.names}
    return pd.DataFrame(words | each)


def _value(name: str, value: Any) -> str:
    """Return a setting in words; (low, central, high) of what is not known as its middle and range."""
    if isinstance(value, tuple):
        low, middle, high = (_value(name, each) for each in value)
        return f"{middle} ({low} to {high})"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value('', each)}" for key, each in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_value("", each) for each in value) or "none"
    if isinstance(value, float):
        share = name in labels() and labels()[name].format == "percent"
        return f"{100 * value:.4g}%" if share else f"{value:,.10g}"
    return inside(name, value) if isinstance(value, str) else written(value)


def options(compared: Comparison) -> pd.DataFrame:
    """Return what the options of each plan come to, one row each, its choice marked as such."""
    rows = compared.options
    names = [
        f"{brief}: {inside('option', option)}{', chosen' if advised else ''}"
        for brief, option, advised in rows[["brief", "option", "advised"]].itertuples(index=False, name=None)
    ]
    return pd.DataFrame({"option": names}).join(rows[SHOWN])


def differences(compared: Comparison) -> pd.DataFrame:
    """Return how far each other plan is from the first, number by number, where anything is not the same.

    What each plan chooses has rows of its own where they choose different options.
    """
    currency, rows = compared.runs[0].study.brief.currency, []
    choices = {name: made.choice.partition("_")[0] for name, made in _decisions(compared)}
    for (brief, option), part in compared.differences.groupby(["brief", "option"], sort=False):
        if option == ADVISED and choices[str(brief)] == choices[compared.names[0]]:
            continue
        words = {"brief": brief, "option": inside("option", option)}
        each = part.set_index("measure").to_dict("index")
        measures = [name for name in MEASURES if not each[name]["value"] == each[name]["se"] == 0]
        rows += [words | _row(name, each[name], currency) for name in measures]
        if not measures:
            rows.append(words | {"number": "everything", "difference": SAME, "80% range": MISSING})
    return pd.DataFrame(rows, columns=["brief", "option", "number", "difference", "80% range"])


def _row(measure: str, row: Mapping[Any, Any], currency: str) -> dict[str, str]:
    difference = _signed(row["value"], measure, currency)
    if not row["clear"] and not math.isnan(row["value"]):
        difference = f"{CLOSE} (noise {_signed(row['se'], measure, currency).lstrip('+')})"
    ends = [_signed(row[end], measure, currency) for end in ("low", "high")]
    return {
        "number": label(measure),
        "difference": difference,
        "80% range": MISSING if math.isnan(row["low"]) else " to ".join(ends),
    }


def _signed(value: float, measure: str, currency: str) -> str:
    """Return a difference with its sign, in the words of its measure."""
    if math.isnan(value):
        return MISSING
    size, unit = abs(value), labels()[measure].unit
    words = f"{significant(100 * size)} of 100" if unit == "of 100" else significant(size)
    if unit == "money":
        words = verdict.about(size, currency) if not 0 < size < 0.005 else f"under {currency} 0.01"
    return f"{MINUS if value < 0 else '+'}{words}" if size else words
