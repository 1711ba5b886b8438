"""An account's name -> all fetches without what they kept of it; and fetches that are old enough -> gone.

A fetch goes whole: with some of its answers it would be read again as one that reached fewer. An answer goes
once no fetch names it.
"""

import csv
import io
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from nanospread.core.weeks import behind
from nanospread.core.weeks import of as week_of
from nanospread.fetch import journal, outcomes
from nanospread.fetch.journal import Journal

ESCAPED = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")  # of JSON; the n of a line break is of no name
SHA = re.compile(r"[0-9a-f]{64}\.json\.gz")
ID = re.compile(r'"id" ?: ?"?([A-Za-z0-9_-]+)')


def erased(folder: Path, name: str) -> int:
    """Delete what was kept about an account from all fetches, and return how many answers that were.

    Its requests, and every answer that names it, go; so do those about its media, and its lines in the
    accounts of fetches.
    """
    if not folder.is_dir():
        return 0
    pattern = re.compile(rf"(?<![a-z0-9_.]){re.escape(name)}(?![a-z0-9_]|\.[a-z0-9_])", re.IGNORECASE)
    with journal.locked(folder):
        named = {path for path in journal.answers(folder) if _names(path, pattern)}
        for path in journal.journals(folder):
            _clear(Journal(path), pattern)
        gone = named | set(_unnamed(folder))
        for path in (*gone, *journal.drafts(folder)):
            path.unlink()
    return len(gone)


def _names(path: Path, pattern: re.Pattern[str]) -> bool:
    """Return if an answer names an account, as it is written or as JSON reads it."""
    text = (journal.content(path) or b"").decode()
    try:
        parsed = json.dumps(json.loads(text), ensure_ascii=False) if "\\u00" in text else ""
    except (ValueError, RecursionError):
        parsed = ""
    return any(pattern.search(ESCAPED.sub(" ", one)) for one in (text, parsed))


def _clear(fetched: Journal, pattern: re.Pattern[str]) -> None:
    """Take the lines about an account out of a journal and out of its account and own media."""
    if not fetched.head:
        return
    requests, ids = _requests(fetched, pattern)
    journal_lines = journal.lines(fetched.path, fetched.path.read_bytes())
    lines = [dict(line) for line in journal_lines if line.get("ask") not in requests]
    for line in lines:
        if "creators" in line:
            line["creators"] = [one for one in line["creators"] if not pattern.search(one)]
    journal.write_private(fetched.path, "".join(json.dumps(line) + "\n" for line in lines))
    for file in (journal.outcomes_file(fetched.path), journal.own_media_file(fetched.path)):
        if file.is_file():
            rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
            remaining_rows = [row for row in rows if not ids & {*row} and not any(map(pattern.search, row))]
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\n").writerows(remaining_rows)
            journal.write_private(file, text.getvalue())


def _requests(fetched: Journal, pattern: re.Pattern[str]) -> tuple[set[str], set[str]]:
    """Return the requests about an account, those about its media among them, and the ids of its media."""
    requests = {key for key in fetched.entries if pattern.search(unquote(key))}
    ids = {one for key in requests for one in ID.findall(fetched.text(key) or "")}
    ids -= {key.partition("?")[0] for key in requests}  # who asked stands in the answer too
    for key, profile in _profiles(fetched, pattern):  # of one's own account, whose requests have its id alone
        edges = (f"{profile}/media", f"{profile}/stories")
        listed = {other for other in fetched.entries if other.startswith(edges)}
        ids |= {one for other in listed for one in ID.findall(fetched.text(other) or "")}
        requests |= {key, *listed}
    return requests | {key for key in fetched.entries if key.partition("/")[0] in ids}, ids


def _profiles(fetched: Journal, pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield the request about an own account of that name, and where its media are asked for."""
    for key in fetched.entries:
        path = key.partition("?")[0]
        if "/" not in path and "business_discovery" not in key:
            name = re.search(r'"username" ?: ?"([^"]*)"', fetched.text(key) or "")
            if name and pattern.fullmatch(name[1]):
                yield key, path


def _unnamed(folder: Path, excluded: Collection[Path] = ()) -> Iterator[Path]:
    """Yield the answers that no fetch names. excluded: journals that are to go."""
    named = {
        bytes.fromhex(entry.answer)
        for path in journal.journals(folder)
        if path not in excluded
        for entry in Journal(path).entries.values()
    }
    for path in journal.answers(folder):
        if SHA.fullmatch(path.name) and bytes.fromhex(path.name.partition(".")[0]) not in named:
            yield path


@dataclass(frozen=True)
class PruneCandidates:
    """What may go, each with its size [bytes]: fetches by their journals, and answers that no other names."""

    fetches: Mapping[Path, int]
    answers: Mapping[Path, int]


def prune_candidates(folder: Path, *, keep: int, weeks: int) -> PruneCandidates:
    """Return what may go: fetches more than `weeks` [weeks] behind the newest, and answers of no fetch.

    The `keep` newest that ended stay, and so does the newest of all, which may go on; and each that is the
    last to have read some account, so that later versions can read every account again.

    Raises: InputError for a journal that was altered: what it names cannot be known.
    """
    journals = journal.journals(folder)
    ended = [path for path in journals if journal.outcomes_file(path).is_file()]
    kept = {*journals[-1:], *ended[-keep:]}
    accounts_read: set[str] = set()
    for path in reversed(ended):
        last_outcomes = outcomes.read(journal.outcomes_file(path)).values()
        names = {one.name for one in last_outcomes if one.kind == "account" and not one.reason}
        if names - accounts_read:
            kept.add(path)
        accounts_read |= names
    newest = _week(journals[-1]) if journals else ""
    going = [path for path in journals if path not in kept and behind(_week(path), newest) > weeks]
    return PruneCandidates(
        {path: sum(file.stat().st_size for file in _files(path)) for path in going},
        {path: path.stat().st_size for path in sorted(_unnamed(folder, going))},
    )


def _files(path: Path) -> list[Path]:
    """Return the files of a fetch, its journal first."""
    beside = (journal.outcomes_file(path), journal.own_media_file(path))
    return [path, *(file for file in beside if file.is_file())]


def _week(path: Path) -> str:
    start = datetime.strptime(path.stem[: journal.LENGTH], journal.NAME)
    return week_of(start.replace(tzinfo=UTC), UTC)


def prune(folder: Path, *, keep: int, weeks: int) -> PruneCandidates:
    """Delete what may go, and return it. Raises: as `prune_candidates`, and BusyError in a fetch."""
    with journal.locked(folder):
        going = prune_candidates(folder, keep=keep, weeks=weeks)
        for path in going.fetches:
            for file in reversed(_files(path)):
                file.unlink()
        # after the journals: killed in between, the next one finds them unnamed
        for path in (*going.answers, *journal.drafts(folder)):
            path.unlink()
    return going
