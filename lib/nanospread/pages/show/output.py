"""What every output of a cell has in common: stable, printable, escaped."""

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


def printable(value: object) -> str:
    """Return text without control characters and direction overrides, each shown as a replacement mark."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


def rounded(value: float, digits: int) -> float:
    """Return a number at `digits` significant digits."""
    return float(f"{value:.{digits - 1}e}") + 0.0  # + 0.0 turns -0.0 into 0.0
