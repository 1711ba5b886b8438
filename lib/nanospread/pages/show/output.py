"""What every output of a cell has in common: stable, printable, escaped, and stored in few lines."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# control characters, the marks that turn the direction of the text around them, and halves of characters
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#!|~$&@]|(?:^|(?<=\n))[-+=]|(?<=\d)[.)](?=\s)|:(?=//))")


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
    """Return sentences as paragraphs: Markdown with every active character escaped, and plain text."""
    flat = [s for part in sentences for s in ([part] if isinstance(part, str) else part)]
    lines = [" ".join(printable(sentence).split()) for sentence in flat]
    return Output(
        {
            "text/markdown": "\n\n".join(MARKDOWN.sub(r"\\\1", x) for x in lines),
            "text/plain": "\n".join(lines),
        }
    )


def packed(*tables: Mapping[str, Any]) -> str:
    """Return tables as JSON Lines: an object that describes a table, then an array for each of its rows.

    For a media type of text/: nbformat stores such text line by line and JupyterLab leaves it alone. JSON
    would be stored with each cell on a line of its own, and JupyterLab saves its 1.0 as 1.
    """
    parts = [
        part for table in tables for part in ({k: v for k, v in table.items() if k != "rows"}, *table["rows"])
    ]
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
    return [
        dict(zip(table["columns"], row, strict=True)) for table in unpacked(text) for row in table["rows"]
    ]


def printable(value: object) -> str:
    """Return text without control characters and direction overrides, each shown as a replacement mark."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


def rounded(value: float, digits: int) -> float:
    """Return a number at `digits` significant digits."""
    return float(f"{value:.{digits - 1}e}") + 0.0  # + 0.0 turns -0.0 into 0.0
