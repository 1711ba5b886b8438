"""A fetch's answers -> export files as `ingest` reads them; what was refused is among them with its reason.

Whatever later versions read differently, they read from the answers that were kept: these files are made of
them anew, byte by byte the same as long as the answers are.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nanospread.fetch import run, settings
from nanospread.fetch.accounts import Found
from nanospread.fetch.asking import Asking, Clock
from nanospread.fetch.journal import Journal

LARGEST = 4_000_000  # characters of a file; ingest holds one whole
SHORTCODE = re.compile(r"https://(?:www\.)?instagram\.com/(?:[^/]+/)?(?:p|reel|reels|tv)/([A-Za-z0-9_-]+)/?")
TABLES = {"account": "creators", "media": "posts"}  # which a refusal of each kind is told with


def write(journal: Path, into: Path, clock: Clock) -> list[Path]:
    """Write the export files of a fetch into a folder, and return them; none where nothing was asked for."""
    kept = Journal(journal)
    asked = settings.asked_before(kept.head["settings"])
    every = run.read(Asking(kept, None, clock), asked)
    if asked.own == "brand":
        every = (found for found in every if not found.own)
    paths: list[Path] = []
    size = LARGEST
    for line in (line for found in every for line in _lines(found)):
        if size + len(line) > LARGEST:
            paths.append(into / f"accounts-{len(paths) + 1:03}.jsonl")
            size = 0
        with paths[-1].open("a", encoding="utf-8") as file:
            file.write(line)
        size += len(line)
    return paths


def _lines(found: Found) -> Iterator[str]:
    if found.account is not None:
        media = [_with_shortcode(each) for each in found.media]
        yield _line({"business_discovery": {**found.account, "media": {"data": media}}})
    for one in found.outcomes:
        if one.reason and one.kind in TABLES:
            yield _line({"error": {"message": one.reason}, "table": TABLES[one.kind]})


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True) + "\n"


def _with_shortcode(medium: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a medium with the short code of its address, by which other exports name a post."""
    found = SHORTCODE.fullmatch(str(medium.get("permalink")))
    return medium if found is None or "shortcode" in medium else {**medium, "shortcode": found[1]}
