"""A fetch's answers -> export files as `ingest` reads them; what was refused is among them with its reason.

One's own posts and stories, with the figures that only their owner is told, are a table of their own beside
the account of the fetch: no creator made them, so that no table of creators has them.

Whatever later versions read differently, they read from the answers that were kept: these files are made of
them anew, byte by byte the same as long as the answers are.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from nanospread.core import formatting
from nanospread.fetch import api_rules, journal, run, settings
from nanospread.fetch.accounts import AccountResult
from nanospread.fetch.journal import Journal
from nanospread.fetch.session import Clock, Session
from nanospread.ingest.formats import graph

LARGEST = 4_000_000  # characters of a file; ingest holds one whole
SHORTCODE = re.compile(r"https://(?:www\.)?instagram\.com/(?:[^/]+/)?(?:p|reel|reels|tv)/([A-Za-z0-9_-]+)/?")
TABLES = {"account": "creators", "media": "posts"}  # which a refusal of each kind is told with
ACCOUNT, POST, STORY = "account", "post", "story"
ABOUT = ("kind", "post", "account", "posted_at", "media_product_type", "permalink", "followers")


def write(path: Path, into: Path, clock: Clock) -> list[Path]:
    """Write the export files of a fetch into a folder, and return them; none where nothing was asked for.

    path: of its journal.
    """
    fetched = Journal(path)
    requested = settings.asked_before(fetched.head["settings"])
    results = run.read(Session(fetched, None, clock), requested)
    if requested.own == "brand":
        results = (result for result in results if not result.is_own)
    paths: list[Path] = []
    size = LARGEST
    for line in (line for result in results for line in _lines(result)):
        if size + len(line) > LARGEST:
            paths.append(into / f"accounts-{len(paths) + 1:03}.jsonl")
            size = 0
        with paths[-1].open("a", encoding="utf-8") as file:
            file.write(line)
        size += len(line)
    return paths


def _lines(result: AccountResult) -> Iterator[str]:
    if result.account is not None:
        media = [_with_shortcode(each) for each in result.media]
        yield _line({"business_discovery": {**result.account, "media": {"data": media}}})
    for outcome in result.outcomes:
        if outcome.reason and outcome.kind in TABLES:
            yield _line({"error": {"message": outcome.reason}, "table": TABLES[outcome.kind]})


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True) + "\n"


def _with_shortcode(medium: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a medium with the short code of its address, by which other exports name a post."""
    match = SHORTCODE.fullmatch(str(medium.get("permalink")))
    return medium if match is None or "shortcode" in medium else {**medium, "shortcode": match[1]}


def write_own(path: Path, clock: Clock) -> None:
    """Write one's own account, posts and stories with their figures as CSV; nothing where none was read.

    path: of the journal of the fetch, beside which it lies. Captions are left out: they may name others.
    """
    fetched = Journal(path)
    requested = settings.asked_before(fetched.head["settings"])
    day = f"{fetched.start.astimezone(UTC):%Y-%m-%d}"
    metrics = api_rules.field_names("insights", day, requested.version)
    figures = ("likes", "comments", *(graph.MINE.get(name, name) for name in metrics))
    rows: list[Mapping[str, str]] = []
    for result in run.read(Session(fetched, None, clock), requested) if requested.own != "none" else ():
        if not result.is_own:
            break  # one's own come first
        rows += _own_rows(result, rows[0]["account"] if rows else "")
    columns = (*ABOUT, *figures)
    if rows:
        text = formatting.csv_text(columns, [[row.get(name, "") for name in columns] for row in rows])
        journal.write_private(journal.own_media_file(path), text)


def own_counts(path: Path) -> Counter[str]:
    """Return how many posts and stories, by kind, are in the file of one's own media of a fetch."""
    file = journal.own_media_file(path)
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return Counter(row["kind"] for row in csv.DictReader(text.splitlines(keepends=True)))


def _own_rows(result: AccountResult, account: str) -> Iterator[Mapping[str, str]]:
    """Yield the account, where these are not its stories, and its media. account: whose stories they are."""
    if result.account is not None:
        account = str(result.account["username"])
        yield {
            "kind": ACCOUNT,
            "account": account,
            "followers": str(result.account.get("followers_count", "")),
        }
    for medium in map(_with_shortcode, result.media):
        cells = graph.row(json.loads(json.dumps(medium), parse_int=str, parse_float=str), account)
        if not isinstance(cells, str):
            yield cells | {"kind": POST if result.account is not None else STORY, "account": account}
