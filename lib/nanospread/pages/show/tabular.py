"""Frames -> tables in HTML and plain text, and their values for the report's CSV and metrics.json."""

import math
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from nanospread.pages.show.output import Output, packed, printable, rounded

TABLE = "text/vnd.nanospread.table"
METRICS = "text/vnd.nanospread.metrics"
METRIC_COLUMNS = ("metric", "label", "value", "low", "high", "se", "n", "unit", "basis", "formula")
BASES = ("measured", "estimated", "assumed")
SHARES = ("share", "probability")
MISSING = "–"
MOST_ROWS = 250  # on a page, which stays under its megabyte; the report's CSV and workbook have them all

Format = str | Callable[[Any], str]


def table(
    frame: pd.DataFrame, caption: str, *, name: str | None = None, formats: Mapping[str, Format] | None = None
) -> Output:
    """Return a frame as an accessible HTML table with its caption, and as plain text.

    `formats` names how a column's numbers are written: a format string ("{:.1%}" or ".1%") or a function.
    With a `name`, the values travel along at 6 significant digits and the report writes them as a CSV.
    A longer table than `MOST_ROWS` is cut there, and its caption says so.
    """
    whole = _with_index(frame)
    shown = _written(whole.head(MOST_ROWS), formats or {})
    title = caption + _cut(len(whole), name)
    data: dict[str, Any] = {
        "text/html": _html(shown, _numeric(whole), title),
        "text/plain": _plain(shown, title),
    }
    if name is not None:
        data[TABLE] = packed({"name": name, "caption": printable(caption)} | _values(whole))
    return Output(data)


def _cut(rows: int, name: str | None) -> str:
    if rows <= MOST_ROWS:
        return ""
    where = f"; all are in {name}.csv" if name else ""
    return f" (the first {MOST_ROWS:,} of {rows:,} rows{where})"


def metrics(*frames: pd.DataFrame, caption: str = "The numbers on this page, checked") -> Output:
    """Return the checked table, one row per metric, which the report gathers into metrics.json.

    `frames` come one after the other. They have the columns metric, value, unit, basis and formula; low,
    high, se, n and a label in words (else the name of the metric stands for it) where they exist. The table
    shows the label, not the name.
    Values are kept at 6 significant digits; a share is shown in percent and kept as a share [0-1].
    Raises ValueError on a missing column, a metric named twice, or a basis that is not one of `BASES`.
    """
    whole = _checked(pd.concat(frames, ignore_index=True))
    in_percent = whole["unit"].isin(SHARES).to_numpy(dtype=bool)
    shown = _written(whole, {"n": "{:,.0f}"})
    for column in ("value", "low", "high", "se"):
        shares = [
            _cell(x, "{:.2%}" if share else None) for x, share in zip(whole[column], in_percent, strict=True)
        ]
        shown[column] = shares
    shown = shown.drop(columns="metric").rename(columns={"label": "number"})
    return Output(
        {
            "text/html": _html(shown, _numeric(whole)[1:], caption, row="term"),
            "text/plain": _plain(shown, caption),
            METRICS: packed(_values(whole)),
        }
    )


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    named = any(name is not None for name in frame.index.names)
    whole = frame.reset_index(drop=not named)
    names = [" · ".join(map(str, c)) for c in whole.columns.to_frame(index=False).itertuples(index=False)]
    return whole.set_axis(names, axis="columns")


def _numeric(frame: pd.DataFrame) -> list[bool]:
    kinds = [frame.iloc[:, i].dtype for i in range(frame.shape[1])]
    return [pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind) for kind in kinds]


def _written(frame: pd.DataFrame, formats: Mapping[str, Format]) -> pd.DataFrame:
    unknown = sorted(set(formats) - set(frame.columns))
    if unknown:
        raise ValueError(f"formats for columns that the table does not have: {', '.join(unknown)}")
    cells = {
        i: [_cell(x, formats.get(str(c))) for x in frame.iloc[:, i]] for i, c in enumerate(frame.columns)
    }
    return pd.DataFrame(cells, index=frame.index, dtype=object).set_axis(frame.columns, axis="columns")


def _cell(value: Any, how: Format | None) -> str:
    if not isinstance(value, list | tuple | dict | np.ndarray) and pd.isna(value):
        return MISSING
    if callable(how):
        return printable(how(value))
    if how is not None:
        return how.format(value) if "{" in how else format(value, how)
    return printable(_default(value))


def _default(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:,.0f}" if abs(number) >= 1000 else f"{rounded(number, 4):.4g}"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d" if value == value.normalize() else "%Y-%m-%d %H:%M")
    return str(value)


def _html(shown: pd.DataFrame, numeric: list[bool], caption: str, row: str = "") -> str:
    """Return the table; row: the class of its row heads, where they are ours and not a creator's words."""
    kinds = [' class="num"' if number else "" for number in numeric]
    head = "".join(
        f'<th scope="col"{kind}>{escape(printable(c).replace("_", " "))}</th>'
        for c, kind in zip(shown.columns, kinds, strict=True)
    )
    first = f' class="{row}"' if row else kinds[0] if kinds else ""
    body = "\n".join(_html_row(cells, kinds, first) for cells in shown.itertuples(index=False, name=None))
    return (
        f'<table class="nanospread">\n<caption>{escape(printable(caption))}</caption>\n'
        f"<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )


def _html_row(row: tuple[str, ...], kinds: list[str], first: str) -> str:
    cells = [f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)]
    if cells:  # the first column says what the row is about
        cells[0] = f'<th scope="row"{first}>{escape(row[0])}</th>'
    return f"<tr>{''.join(cells)}</tr>"


def _plain(shown: pd.DataFrame, caption: str) -> str:
    body = shown.to_string(index=False) if len(shown) else ", ".join(shown.columns) + ": no rows"
    return f"{printable(caption)}\n{body}"


def _values(frame: pd.DataFrame) -> dict[str, Any]:
    rows = [[_value(x) for x in row] for row in frame.astype(object).itertuples(index=False, name=None)]
    return {"columns": [printable(column) for column in frame.columns], "rows": rows}


def _value(value: Any) -> Any:
    if value is None or (not isinstance(value, list | tuple | dict | np.ndarray) and pd.isna(value)):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return rounded(float(value), 6) if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, pd.Timestamp) else printable(value)


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    missing = [c for c in ("metric", "value", "unit", "basis", "formula") if c not in frame.columns]
    if missing:
        raise ValueError(f"the checked table lacks {', '.join(missing)}")
    twice = frame.loc[frame["metric"].duplicated(), "metric"].tolist()
    if twice:
        raise ValueError(f"metrics named twice: {', '.join(map(str, twice))}")
    strange = sorted(set(frame["basis"]) - set(BASES))
    if strange:
        raise ValueError(f"basis must be one of {', '.join(BASES)}, not {', '.join(map(str, strange))}")
    labelled = frame if "label" in frame.columns else frame.assign(label=frame["metric"])
    whole = labelled.reindex(columns=list(METRIC_COLUMNS)).reset_index(drop=True)
    return whole.astype(dict.fromkeys(("value", "low", "high", "se"), "float64") | {"n": "Int64"})
