"""What numbers rest on -> the badge that says so: your data, a calculation, a publication, an assumption."""

from collections.abc import Iterable, Mapping
from html import escape

from nanospread.pages.labels import label

KINDS = ("measured", "learned", "estimated", "published", "set", "assumed")

Basis = str | Mapping[str, str] | Iterable[str]
Parts = tuple[tuple[str, str], ...]  # kind, and what rests on it


def parts(basis: Basis) -> Parts:
    """Return each kind of basis once with what rests on it, "" where nothing else is there.

    basis: one of `KINDS`, several, or by what rests on it. Raises: ValueError for another kind.
    """
    kinds_alone = [basis] if isinstance(basis, str) else basis
    pairs = [*basis.items()] if isinstance(basis, Mapping) else [("", kind) for kind in kinds_alone]
    if strange := sorted({kind for _, kind in pairs} - {*KINDS}):
        raise ValueError(f"basis must be one of {', '.join(KINDS)}, not {', '.join(strange)}")
    kinds = dict.fromkeys(kind for _, kind in pairs)
    words_by_kind = {kind: ", ".join(what for what, each in pairs if each == kind and what) for kind in kinds}
    return (
        tuple(words_by_kind.items())
        if len(words_by_kind) > 1
        else tuple((kind, "") for kind in words_by_kind)
    )


def rebased(of: Parts, basis: str) -> Parts:
    """Return parts with another basis of what is estimated."""
    return tuple(dict.fromkeys((basis if kind == "estimated" else kind, what) for kind, what in of))


def merged(every: Iterable[Iterable[tuple[str, str]]]) -> Parts:
    """Return the parts of several tables as those of one, each once."""
    return tuple(dict.fromkeys((str(kind), str(what)) for each in every for kind, what in each))


def words(pairs: Iterable[tuple[str, str]]) -> str:
    """Return parts in words, such as "from your data: past; calculated: plan"."""
    return "; ".join(f"{_label(kind)}: {what}" if what else _label(kind) for kind, what in pairs)


def badges(pairs: Iterable[tuple[str, str]]) -> str:
    """Return parts as HTML: a badge each, in words, with a class of its kind."""
    return " ".join(
        f'<em class="basis{f" {kind}" if kind in KINDS else ""}">{escape(words([(kind, what)]))}</em>'
        for kind, what in pairs
    )


def _label(kind: str) -> str:
    """Return a kind as a reader sees it; what a notebook made by others calls so, as it is."""
    return label(kind) if kind in KINDS else kind
