"""An account's name -> what in the folder of reports holds it, and the same reports without it.

In text a name is masked as a store masks it (`store.forgotten`): as a whole word, in whatever case and
spelling, in a profile link, in the name of a file. A name that is also a word of these pages (labels,
notebooks, templates, the brief's niches) is masked only as `@name` or in a link; elsewhere it is counted. A
drawing that shows the name goes whole, since its letters are shapes, and so do notebooks and log of a failed
run. Later reports name the numbers of earlier ones by their hash: it follows.
"""

import hashlib
import io
import json
import re
import shutil
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import nbformat

from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.core.files import write_atomically
from nanospread.report import archive, html, records
from nanospread.report.archive import lists, publish
from nanospread.store import forgotten, spelling
from nanospread.store.spelling import MASK

WAIT = 60.0  # for a run that is writing one of the reports [s]
PACKED = re.compile(r"([A-Za-z0-9+/]{120,}={0,2})")  # base64: letters that nobody reads
DRAWING = re.compile(r'<figure class="chart">.*?</figure>', re.DOTALL)
SVG = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
GONE = '<p class="banner" role="note">This figure is gone: it showed somebody who asked to be forgotten.</p>'
TAG = "<[^<>]{0,300}>"  # a link to the glossary may begin or end inside a name
ENDINGS = "csv|tsv|txt|json|xz|zip|xlsx|xls|parquet"  # of export files
WORKBOOK = ".xlsx"
DIGITS = 16  # of a hash that a later report shows
TAKEN_AWAY = (".ipynb", ".log")  # of a failed run


@dataclass(frozen=True)
class NameMatch:
    """Something that holds a name: its place in the folder, its files, and how often."""

    place: str
    files: tuple[str, ...]
    hits: int
    words: int = 0  # cells and texts where it is a word of these pages, which stays


@dataclass(frozen=True)
class ErasureResult:
    """The reports as they were before, and what a search then found."""

    reports: tuple[NameMatch, ...]
    searched: int  # files
    left: tuple[NameMatch, ...]  # what is no report, or has the name as a word: to be looked at


@dataclass(frozen=True)
class Search:
    """How a name is found, and what is put in its place."""

    shown: "re.Pattern[str]"
    word: "re.Pattern[str]"
    odd: str  # of `spelling.masked`
    is_word: bool

    def clean(self, text: str) -> tuple[str, int]:
        """Return a text without the name, and how often it stood there."""
        parts = PACKED.split(text)
        done = [(part, 0) if at % 2 else self._clean(part) for at, part in enumerate(parts)]
        return "".join(part for part, _ in done), sum(hits for _, hits in done)

    def _clean(self, text: str) -> tuple[str, int]:
        text, hits = self.shown.subn(lambda found: MASK + "".join(re.findall(TAG, found[0])), text)
        if text.isascii() and "%" not in text:
            return text, hits
        lines = [spelling.masked(line, self.odd) for line in text.split("\n")]
        return "\n".join(lines), hits + sum(map(str.__ne__, lines, text.split("\n")))

    def words(self, text: str) -> int:
        """Return how often the name stands as a word that is left."""
        return len(self.word.findall(PACKED.sub("", text))) if self.is_word else 0


def search(name: str, niches: frozenset[str] = frozenset()) -> Search:
    """Return how an account is found in reports. name: as `forgotten.spelt`; niches: of their briefs."""
    letters, end = f"(?:{TAG})*".join(map(re.escape, name)), r"(?!\.?[a-z0-9_])"
    whole = rf"(?<![a-z0-9_])(?<![a-z0-9_]\.){letters}{end}"
    linked = rf"(?:(?<=@)|(?<=\(at\))|(?<=instagram\.com/)){letters}{end}"
    in_file = rf"(?<![a-z0-9]){letters}(?![a-z0-9])(?=[^\s<>\"/]{{0,80}}\.(?:{ENDINGS})\b)"
    is_word = name in _our_words() | niches
    odd = str(forgotten.pattern("posts", "campaign" if is_word else "text", name))
    shown = linked if is_word else f"{whole}|{in_file}"
    return Search(re.compile(shown, re.IGNORECASE), re.compile(whole, re.IGNORECASE), odd, is_word)


@cache
def _our_words() -> frozenset[str]:
    """Return every word that our own pages, tables and files are made of."""
    cells = [
        cell.source
        for file in sorted(paths.NOTEBOOKS.glob("*.ipynb"))
        for cell in nbformat.read(file, as_version=4).cells
    ]
    files = [*html.TEMPLATE.iterdir(), *paths.DATA.glob("*.csv")]
    texts = [*cells, *(file.read_text(encoding="utf-8") for file in files if file.is_file())]
    return frozenset(word.strip(".") for text in texts for word in re.findall(r"[a-z0-9_.]+", text.lower()))


def holding(out: Path, name: str) -> list[NameMatch]:
    """Return what in a folder of reports holds a name. Links are somebody else's."""
    how, matches = search(name, _niches(out)), []
    for place, files in _places(out):
        counted = {file: _counts(file, how) for file in files}
        counts_by_file = {file: count for file, count in counted.items() if any(count)}
        if counts_by_file:
            names = tuple(how.clean(file.name)[0] for file in counts_by_file)
            hits, words = (sum(count) for count in zip(*counts_by_file.values(), strict=True))
            matches.append(NameMatch(how.clean(place)[0], names, hits, words))
    return matches


def _niches(out: Path) -> frozenset[str]:
    """Return the niches of every report's brief."""
    niches: set[str] = set()
    for week, brief in _reports(out):
        try:
            record = json.loads((out / week / brief / records.FILE).read_text(encoding="utf-8"))
            niches |= {str(niche) for niche in record["campaign"]["fields"]["niches"]}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return frozenset(niches)


def _reports(out: Path) -> list[tuple[str, str]]:
    return [(week, brief) for week in archive.weeks(out) for brief in archive.briefs(out, week)]


def _places(out: Path) -> Iterator[tuple[str, list[Path]]]:
    """Yield each report, banner and other place of the folder, with its files."""
    files = sorted(path for path in out.rglob("*") if path.is_file() and not path.is_symlink())
    by_place: dict[str, list[Path]] = {}
    for file in files:
        parts = file.relative_to(out).parts
        by_place.setdefault("/".join(parts[:2] if len(parts) > 2 else parts[:-1]) or ".", []).append(file)
    yield from by_place.items()


def _counts(file: Path, how: Search) -> tuple[int, int]:
    """Return how often a file, with its name and what it has packed, names the account, and as a word."""
    texts = [file.name, *_texts(file)]
    drawn = [b64decode(svg).decode(errors="replace") for text in texts for svg in SVG.findall(text)]
    hits = sum(how.clean(text)[1] for text in (*texts, *drawn))
    return hits, sum(how.words(text) for text in texts)


def _texts(file: Path) -> list[str]:
    raw = file.read_bytes()
    return [text.decode(errors="replace") for text in _parts(file, raw).values() or (raw,)]


def _parts(file: Path, raw: bytes) -> dict[zipfile.ZipInfo, bytes]:
    """Return what a workbook has packed; nothing of another file, or one that is none, as Excel's `~$` is."""
    if file.suffix != WORKBOOK:
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            return {part: book.read(part) for part in book.infolist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        return {}


def clear(out: Path, name: str, *, wait: float = WAIT) -> ErasureResult:
    """Mask a name in every report and banner, each exchanged in one step, and search once more.

    wait: for a run that is writing there [s]. Raises InputError where the name is still found in a report
    afterwards, and where a report is being written.
    """
    how, before = search(name, _niches(out)), holding(out, name)
    digests = _new_digests(out, how)
    for week, brief in _reports(out):
        with publish.locked(out, week, brief, wait=wait):
            _without(out, week, brief, how, digests)
    lists.update(out)
    after = holding(out, name)
    ours = [held.place for held in after if held.hits and _is_ours(out, held.place)]
    if ours:
        raise InputError(f"{', '.join(ours)} in '{out}' still holds the name: look there")
    places = {held.place for held in after}
    done = tuple(held for held in before if held.hits and held.place not in places | {"."})
    return ErasureResult(done, sum(len(files) for _, files in _places(out)), tuple(after))


def _is_ours(out: Path, place: str) -> bool:
    week, _, folder = place.partition("/")
    return bool(folder) and week in archive.weeks(out) and archive.is_ours(out / place)


def _new_digests(out: Path, how: Search) -> dict[str, str]:
    """Return the hash under which later reports name numbers, before and after, of those that change."""
    files, changed = [out / week / brief / records.FILE for week, brief in _reports(out)], {}
    for old in (file.read_bytes() for file in files if file.is_file()):
        text, hits = how.clean(old.decode(errors="surrogateescape"))
        if hits:
            new = text.encode(errors="surrogateescape")
            was, now = (hashlib.sha256(one).hexdigest()[:DIGITS] for one in (old, new))
            changed[was] = now
    return changed


def _without(out: Path, week: str, brief: str, how: Search, digests: Mapping[str, str]) -> None:
    """Exchange report and banner of a brief and week for ones without the name; mask its state too."""

    def changed(text: str) -> str:
        for was, now in digests.items():
            text = text.replace(was, now)
        return how.clean(_without_drawings(text, how))[0]

    for folder in (out / week / brief, archive.banner_path(out, week, brief)):
        if archive.is_ours(folder):
            _exchanged(out, week, brief, folder, changed)
    state = archive.read_state(out, week, brief)
    if state and (how.clean(state.title)[1] or how.clean(state.reason)[1]):
        title, reason = how.clean(state.title)[0], how.clean(state.reason)[0]
        archive.write_state(out, replace(state, title=title, reason=reason))


def _without_drawings(text: str, how: Search) -> str:
    def kept(figure: "re.Match[str]") -> str:
        drawn = [b64decode(svg).decode(errors="replace") for svg in SVG.findall(figure[0])]
        return GONE if any(how.clean(svg)[1] for svg in drawn) else figure[0]

    return DRAWING.sub(kept, text) if SVG.search(text) else text


def _exchanged(out: Path, week: str, brief: str, folder: Path, changed: Callable[[str], str]) -> None:
    """Put a copy of a folder with its texts changed in its place, if any text does; the old one goes."""
    new = {
        file.relative_to(folder): content
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.is_symlink()
        for content in [_content(file, changed)]
        if content != file.read_bytes()
    }
    if not new:
        return
    staged = publish.staging(out, week, brief)
    shutil.copytree(folder, staged, symlinks=True, dirs_exist_ok=True)
    for name, content in new.items():
        if content is None:
            (staged / name).unlink()
        else:
            write_atomically(staged / name, content)
    publish.publish(staged, folder)
    publish.clear(out, week, brief)


def _content(file: Path, changed: Callable[[str], str]) -> bytes | None:
    """Return what a file holds with its texts changed; None for one that then goes."""
    raw = file.read_bytes()
    if parts := _parts(file, raw):
        return _book(parts, changed) or raw
    text = raw.decode(errors="surrogateescape")
    new = changed(text)
    if new == text:
        return raw
    return None if file.suffix in TAKEN_AWAY else new.encode(errors="surrogateescape")


def _book(parts: Mapping[zipfile.ZipInfo, bytes], changed: Callable[[str], str]) -> bytes:
    """Return a workbook with the texts of its parts changed; nothing where none does."""
    texts = [changed(old.decode(errors="surrogateescape")) for old in parts.values()]
    new = [text.encode(errors="surrogateescape") for text in texts]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as copy:
        for part, content in zip(parts, new, strict=True):
            copy.writestr(part, content)
    return buffer.getvalue() if new != [*parts.values()] else b""
