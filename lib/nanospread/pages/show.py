"""Tables, figures and sentences -> what a notebook cell shows and stores.

Every output is stable: no ids, addresses, dates or versions, so that nbval compares it word for word and
two runs of a report are the same bytes. Text that creators control is escaped in HTML and in Markdown. A
figure is stored as one line and a table as a line for each row: a changed number is a diff of a few lines.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nanospread.core import paths
from nanospread.core.estimates import Z95, Estimate
from nanospread.core.files import reference_rows
from nanospread.core.formatting import count, significant
from nanospread.core.formatting import printable as printable
from nanospread.pages import basis as bases
from nanospread.pages import image, labels
from nanospread.pages.basis import Basis

TABLE = "text/vnd.nanospread.table"
METRICS = "text/vnd.nanospread.metrics"
METRIC_TABLE, METRIC_WORDS = paths.DATA / "metrics.csv", ("metric", "label", "unit", "formula")
ROUNDING = 1e-12  # of a value; an error below it is that of the sum alone, which differs by processor
METRIC_COLUMNS = ("metric", "label", "value", "low", "high", "se", "n", "unit", "basis", "formula")
BASES = ("measured", "estimated", "assumed")
CHECKED = "The numbers on this page, checked"
SHARES = ("share", "probability")
MISSING = "–"
MOST_ROWS = 250  # on a page, which stays under its megabyte; the report's CSV and workbook have them all
NUMBERS = "text/vnd.nanospread.numbers"
NARROW = "text/vnd.nanospread.narrow"  # the SVG for a phone
NARROW_PNG = "text/vnd.nanospread.narrow.png"  # the same in base64, of a figure with too many marks
MOST_MARKS = 500  # above it an SVG outgrows a PNG of the same figure
MAIL_COLOURS = 32  # of a PNG: enough for a mail
MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#!|~$&@]|(?:^|(?<=\n))[-+=]|(?<=\d)[.)](?=\s)|:(?=//))")

Format = str | Callable[[Any], str]


@dataclass(frozen=True)
class Output:
    """What one cell shows: one value per media type, with metadata per media type."""

    data: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return dict(self.data), dict(self.metadata)

    def __repr__(self) -> str:
        return str(self.data["text/plain"])


def text(*sentences: str | Iterable[str]) -> Output:
    """Return sentences as paragraphs: Markdown with every active character escaped, and plain text.

    An empty sentence is none.
    """
    flat = [s for part in sentences for s in ([part] if isinstance(part, str) else part) if s]
    lines = [" ".join(printable(sentence).split()) for sentence in flat]
    return Output(
        {
            "text/markdown": "\n\n".join(MARKDOWN.sub(r"\\\1", x) for x in lines),
            "text/plain": "\n".join(lines),
        }
    )


@cache
def metric_words() -> dict[str, tuple[str, ...]]:
    """Return name, label, unit and formula of each row of data/metrics.csv, by its name."""
    rows = (row for _, row in reference_rows(METRIC_TABLE, METRIC_WORDS))
    return {row["metric"]: tuple(row.values()) for row in rows}


def _in_words(row: str, words: Mapping[str, object] | None) -> list[str]:
    (name, *texts), words = metric_words()[row], words or {}
    parts = {key: re.sub("[ -]", "_", str(value)).lower() for key, value in words.items()}
    return [name.format(**parts), *(text.format(**words) for text in texts)]


class Metric(NamedTuple):
    """One checked row; low and high are its interval, se its Monte Carlo error, n its sample size."""

    metric: str
    label: str
    value: float
    unit: str
    basis: str
    formula: str
    low: float = math.nan
    high: float = math.nan
    se: float = math.nan
    n: float = math.nan

    @classmethod
    def of(
        cls, row: str, value: float, basis: str, low: float = math.nan, high: float = math.nan,
        se: float = math.nan, n: float = math.nan, words: Mapping[str, object] | None = None,
    ) -> "Metric":  # fmt: skip
        """Return a metric by its row of data/metrics.csv; words: what stands in braces there."""
        metric, label, unit, formula = _in_words(row, words)
        return cls(metric, label, value, unit, basis, formula, low, high, se, n)

    @classmethod
    def played(
        cls, row: str, number: Estimate, n_worlds: float, words: Mapping[str, object] | None = None
    ) -> "Metric":
        """Return a simulated number as `of`, its interval the simulation's own error; n_worlds: or nan."""
        metric = cls.of(row, number.value, "estimated", se=number.se, n=n_worlds, words=words)
        low, high = number.value - Z95 * number.se, number.value + Z95 * number.se
        if metric.unit in SHARES:
            low, high = max(low, 0.0), min(high, 1.0)
        return metric._replace(low=low, high=high)


def table(
    frame: pd.DataFrame, caption: str, *, basis: Basis = (), name: str | None = None,
    formats: Mapping[str, Format] | None = None,
) -> Output:  # fmt: skip
    """Return a frame as an accessible HTML table with its caption, and as plain text.

    A column is headed and written as data/labels.csv says; `formats` names how else one is written: a format
    string ("{:.1%}" or ".1%") or a function.
    basis: what its numbers rest on, as `basis.parts`; a table with a column `basis` says so itself.
    With a `name`, the values travel along at 6 significant digits and the report writes them as a CSV.
    A longer table than `MOST_ROWS` is cut there, and its caption says so.
    """
    whole = _with_index(frame)
    formats_by_column = {str(c): how for c in whole.columns if (how := labels.writer(c))}
    text_cells = _written(whole.head(MOST_ROWS), formats_by_column | dict(formats or {}))
    title = caption + _cut(len(whole), name)
    rests = bases.parts(basis or _own_basis(whole))
    data: dict[str, Any] = {
        "text/html": _html(text_cells, _numeric(whole), title, rests),
        "text/plain": _plain(text_cells, title, rests),
    }
    if name is not None:
        data[TABLE] = packed({"name": name, "caption": printable(caption)} | _values(whole))
    return Output(data)


def _own_basis(frame: pd.DataFrame) -> list[str]:
    """Return the kinds of basis that a table's own column names, the surest first."""
    own = set(frame.get("basis", ()))
    return [kind for kind in bases.KINDS if kind in own]


def _cut(rows: int, name: str | None) -> str:
    if rows <= MOST_ROWS:
        return ""
    note = f"; all are in {name}.csv" if name else ""
    return f" (the first {MOST_ROWS:,} of {rows:,} rows{note})"


def metrics(*frames: pd.DataFrame, basis: str = "estimated") -> Output:
    """Return the checked table, one row per metric, which the report gathers into metrics.json.

    `frames`, one after the other: metric, value, unit, basis, formula, and low, high, se, n and a label in
    words where they exist. Values are kept at 6 significant digits; a share is shown in percent.
    basis: what is estimated rests on: `Study.basis` where that is simulated sales.
    Raises ValueError on a missing column, a metric named twice, or a basis that is not one of `BASES`.
    """
    whole = _checked(pd.concat(frames, ignore_index=True))
    whole["basis"] = whole["basis"].replace("estimated", basis)
    whole["se"] = whole["se"].mask(whole["se"] <= ROUNDING * whole["value"].abs(), 0.0)
    in_percent = whole["unit"].isin(SHARES).to_numpy(dtype=bool)
    text_cells = _written(whole, {"n": "{:,.0f}"})
    for column in ("value", "low", "high", "se"):
        cells = zip(whole[column], in_percent, strict=True)
        text_cells[column] = [_cell(x, "{:.2%}" if share else None) for x, share in cells]
    text_cells["basis"] = whole["basis"].map(labels.label)
    text_cells = text_cells.drop(columns="metric").rename(columns={"label": "number"})
    return Output(
        {
            "text/html": _html(text_cells, _numeric(whole)[1:], CHECKED, (), row="term"),
            "text/plain": _plain(text_cells, CHECKED, ()),
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
    columns = enumerate(frame.columns)
    cells = {i: [_cell(x, formats.get(str(c))) for x in frame.iloc[:, i]] for i, c in columns}
    return pd.DataFrame(cells, index=frame.index, dtype=object).set_axis(frame.columns, axis="columns")


def _cell(value: Any, cell_format: Format | None) -> str:
    if not isinstance(value, list | tuple | dict | np.ndarray) and pd.isna(value):
        return MISSING
    if callable(cell_format):
        return printable(cell_format(value))
    if cell_format is not None:
        return cell_format.format(value) if "{" in cell_format else format(value, cell_format)
    return printable(_default(value))


def _default(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    if isinstance(value, float | np.floating):
        number = float(value)
        return count(number) if abs(number) >= 1000 else significant(number, 3)
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d" if value == value.normalize() else "%Y-%m-%d %H:%M")
    return str(value)


def _html(shown: pd.DataFrame, numeric: list[bool], caption: str, rests: bases.Parts, row: str = "") -> str:
    """Return the table; row: the class of its row heads, where they are ours and not a creator's words."""
    title = " ".join(filter(None, (escape(printable(caption)), bases.badges(rests))))
    kinds = [' class="num"' if number else "" for number in numeric]
    head = "".join(
        f'<th scope="col"{kind}>{escape(labels.heading(printable(c)))}</th>'
        for c, kind in zip(shown.columns, kinds, strict=True)
    )
    first = f' class="{row}"' if row else kinds[0] if kinds else ""
    body = "\n".join(_html_row(cells, kinds, first) for cells in shown.itertuples(index=False, name=None))
    return (
        f'<table class="nanospread">\n<caption>{title}</caption>\n'
        f"<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )


def _html_row(row: tuple[str, ...], kinds: list[str], first: str) -> str:
    cells = [f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)]
    if cells:  # the first column says what the row is about
        cells[0] = f'<th scope="row"{first}>{escape(row[0])}</th>'
    return f"<tr>{''.join(cells)}</tr>"


def _plain(shown: pd.DataFrame, caption: str, rests: bases.Parts) -> str:
    headed = shown.set_axis([labels.heading(column) for column in shown.columns], axis="columns")
    body = headed.to_string(index=False) if len(headed) else ", ".join(headed.columns) + ": no rows"
    return f"{printable(caption)}{f' [{bases.words(rests)}]' if rests else ''}\n{body}"


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


def figure(drawn: Axes | Figure, *, numbers: Sequence[Mapping[str, Any]] = (), mail: bool = False) -> Output:
    """Return a figure as SVG, or as PNG where it has too many marks, with alt text.

    mail: keep a small PNG too, for the report's mail: mail clients show no SVG. The plain text is the alt
    text and a digest of the drawn data at 4 significant digits: nbval skips images, and so sees a figure
    move all the same. numbers: those behind it, which a report shows as its data table.
    """
    canvas = drawn if isinstance(drawn, Figure) else drawn.get_figure(root=True)
    if canvas is None:
        raise ValueError("these Axes belong to no figure")
    alt = alt_text(canvas)
    marks, digest = image.digest(canvas, alt)
    data: dict[str, Any] = {"text/plain": f"{alt}\n[figure, {marks:,} marks, data {digest}]"}
    metadata: dict[str, Any] = {}
    if marks > MOST_MARKS:
        data["image/png"], width = image.png(canvas)
        metadata["image/png"] = {"alt": alt, "width": width}
    else:
        data["image/svg+xml"] = image.svg(canvas)
        metadata["image/svg+xml"] = {"alt": alt}
    if mail:
        data["image/png"], width = image.png(canvas, MAIL_COLOURS)
        metadata["image/png"] = {"alt": alt, "mail": True, "width": width}
    return Output(data | ({NUMBERS: packed(*numbers)} if numbers else {}), metadata)


def alt_text(figure: Figure) -> str:
    """Return the finding (the titles) and what is drawn (the figure's label), as sentences."""
    titles = [ax.get_title(loc) for ax in figure.axes for loc in ("left", "center", "right")]
    every = [figure.get_suptitle(), *titles, str(figure.get_label() or "")]
    parts = [" ".join(printable(part).replace("\\$", "$").split()) for part in every]
    return " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts if part) or "Figure."


def packed(*tables: Mapping[str, Any]) -> str:
    """Return tables as JSON Lines: an object that describes a table, then an array for each of its rows.

    For a media type of text/: nbformat stores such text line by line and JupyterLab leaves it alone. JSON
    would be stored with each cell on a line of its own, and JupyterLab saves its 1.0 as 1.
    """
    heads = [{name: value for name, value in table.items() if name != "rows"} for table in tables]
    parts = [part for head, table in zip(heads, tables, strict=True) for part in (head, *table["rows"])]
    return "\n".join(json.dumps(part, ensure_ascii=False, allow_nan=False) for part in parts)


def unpacked(text: str) -> list[dict[str, Any]]:
    """Return the tables of `packed`, each with its `rows`."""
    tables: list[dict[str, Any]] = []
    for part in map(json.loads, text.split("\n")):
        if isinstance(part, dict):
            tables.append({**part, "rows": []})
        else:
            tables[-1]["rows"].append(part)
    return tables


def records(text: str) -> list[dict[str, Any]]:
    """Return the rows of the tables of `packed` by the names of their columns."""
    tables = unpacked(text)
    return [dict(zip(table["columns"], row, strict=True)) for table in tables for row in table["rows"]]


def rounded(value: float, digits: int) -> float:
    """Return a number at `digits` significant digits."""
    return float(f"{value:.{digits - 1}e}") + 0.0  # + 0.0 turns -0.0 into 0.0
