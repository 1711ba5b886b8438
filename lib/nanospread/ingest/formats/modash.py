"""Modash's report of an account (JSON) -> creators; its rate is likes alone over followers."""

from collections.abc import Iterator, Mapping
from typing import Any

from nanospread.ingest import documents
from nanospread.ingest.documents import Row
from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "modash"
WHAT = "Modash report (JSON), one or a list: handle, followers and the reported rate, a fraction"
HEADER = ("creator", "followers", "reported_er")


def recognised(export: Export) -> bool:
    """Return if a record holds profile.profile with followers."""
    return export.kind == "json" and any(_profile(value) for value in export.sample())


def _profile(value: Mapping[str, Any]) -> Mapping[str, Any]:
    outer = value.get("profile")
    inner = outer.get("profile") if isinstance(outer, Mapping) else None
    return inner if isinstance(inner, Mapping) and "followers" in inner else {}


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the accounts."""
    rows = [_row(number, value) for number, value in export.objects]
    yield documents.sheet(
        export.name, "", rows, HEADER, table="creators", settings={"reported_er": "fraction"}
    )


def _row(number: int, value: Any) -> Row:
    if why := documents.reason(value):
        return number, why
    profile = _profile(value)
    if not profile:
        return number, documents.cell(value.get("message")) or "no profile in it"
    cells = documents.flat(profile)
    renamed = {"username": "creator", "engagementRate": "reported_er"}
    return number, {renamed.get(name, name): text for name, text in cells.items()}
