"""Exports that fit no table in, the draft of a mapping.yaml out: what is sure, and questions for the rest.

A draft names a column only where name and cells leave no doubt; of every other one it lists what it may be,
as lines that do nothing until a person takes the # away.
"""

import contextlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path, PurePosixPath

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest import documents, evidence, files, headers, mappings, sources
from nanospread.ingest.evidence import COUNT, DATE, MOST_STATUSES, POSSIBLE, ColumnMatch, SheetSample
from nanospread.ingest.files import Export
from nanospread.ingest.mappings import quoted
from nanospread.ingest.places import DifferError, NoTableError
from nanospread.ingest.records import TOP
from nanospread.ingest.sheets import RawFile
from nanospread.ingest.statuses import LEVELS, LONGEST, TAKEN, meaning, plain

ROWS = 200  # that tell what a column holds
MISSING = -0.5  # what a needed column that is not found takes from a table's score
SURE = 2.0  # at most, what one that is found gives
EXPLAINED = 0.5  # what any other gives
MOST_CHOICES = 4
UNKNOWN = '{value: ""}'


@dataclass(frozen=True)
class Choice:
    """What may stand behind a column in a mapping, and why."""

    text: str  # as YAML
    why: str


@dataclass(frozen=True)
class Question:
    """A column that is not sure: the choices, the likeliest first; none where nothing looks like it."""

    column: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Draft:
    """The entry of one file, or of several that are alike."""

    name: str  # of the rule
    table: str
    columns: Mapping[str, Choice]
    questions: tuple[Question, ...]
    notes: tuple[str, ...] = ()
    values: tuple[str, ...] = ()  # lines that say what the words of a status mean
    header: tuple[str, ...] = ()
    headers: tuple[str, ...] = field(
        default=()
    )  # by which the rule knows its files, where that is not its name

    def text(self) -> str:
        """Return the entry as lines of a mapping.yaml."""
        lines = [f"{quoted(self.name)}:", f"  table: {self.table}"]
        lines += [f"  headers: [{', '.join(map(quoted, self.headers))}]"] if self.headers else []
        lines += ["  columns:"]
        lines += [f"    {column}: {of.text}  # {of.why}" for column, of in self.columns.items()]
        for question in self.questions:
            lines += _asked(question)
        return "\n".join([*lines, *self.values, *(f"  # {note}" for note in self.notes)]) + "\n"


def _asked(question: Question) -> list[str]:
    """Return the lines of a question: its choices do nothing until one is chosen."""
    if not question.choices:
        return [f"    # not found: {question.column}"]
    ask = f"    # {question.column}? Not sure: take the # from the right line, or name another header."
    return [ask, *(f"    # {question.column}: {choice.text}  # {choice.why}" for choice in question.choices)]


def suggested_mapping(paths: Sequence[Path | str]) -> str:
    """Return a mapping.yaml for the files that fit no table: what each header is, and what is to be asked.

    Raises InputError: nothing to read, or a file that cannot be read at all.
    """
    given = files.files_of([Path(path) for path in paths], {})
    found = [*(draft.text() for draft in drafts(given)), *_of_trackers(given)]
    if not found:
        return "# Every file fits a table as it is: no mapping is needed.\n"
    return "# Drafted from headers and cells: check every line.\n" + "".join(found)


def _of_trackers(given: Sequence[files.File]) -> list[str]:
    """Return what is to be said of the trackers that fit their table, but for the words of their status."""
    texts: list[str] = []
    for file in given:
        with contextlib.suppress(InputError):
            raws = sources.raw_files(file, None, ())
            texts += _meanings_of(file.own, raws) if isinstance(raws, list) else []
    return texts


def drafts(found: Sequence[files.File]) -> list[Draft]:
    """Return the drafts of the files that fit no table; files of one header share one.

    Raises InputError: a file that cannot be read at all.
    """
    each = [(file, draft) for file in found for draft in _of_file(file)]
    alike: dict[tuple[str, ...], list[tuple[files.File, Draft]]] = defaultdict(list)
    for file, draft in each:
        alike[(draft.table, *draft.header)].append((file, draft))
    return [_together(group) for group in alike.values()]


def _together(group: Sequence[tuple[files.File, Draft]]) -> Draft:
    """Return one draft for files of one header: under a pattern of their path, or known by their header."""
    draft = group[0][1]
    if len(group) == 1:
        return draft
    names = {PurePosixPath(file.own).name for file, _ in group}
    if len(names) == 1 and all("/" in file.own for file, _ in group):
        return replace(draft, name=f"*/{names.pop()}")
    known = tuple(name for name in draft.header if name.strip())[:8]
    return replace(draft, name=f"like {draft.name}", headers=known)


def _of_file(file: files.File) -> list[Draft]:
    """Return the drafts of a file's sheets, nothing where it is read without."""
    try:
        sources.raw_files(file, None, ())
        return []
    except (NoTableError, DifferError):
        export = Export(file.path, file.name)
    sheets = list(export.sheets())
    found = []
    for sheet, records in zip([sheet.name for sheet in sheets] or [""], _tops(export), strict=False):
        part = f"{file.own} [{files.printable(sheet)}]" if len(sheets) > 1 else file.own
        if records:
            found.append(_draft(part, file, *_split(records)))
    return found


def _tops(export: Export) -> list[list[list[str]]]:
    """Return the first records of each sheet: the header somewhere among them, and rows."""
    if export.kind != "json":
        return [
            [cells for _, cells in islice(sheet.records, TOP + ROWS) if isinstance(cells, list)]
            if sheet.header is None
            else [list(sheet.header), *(c for _, c in islice(sheet.records, ROWS) if isinstance(c, list))]
            for sheet in export.sheets()
        ]
    found = documents.unwrapped(export.objects)[:ROWS]
    sheet = documents.sheet(export.name, "", documents.rows(found))
    return [[list(sheet.header or ()), *(cells for _, cells in sheet.records if isinstance(cells, list))]]


def _split(records: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: the header is the first of the fullest records without a number in it."""

    def filled(record: list[str]) -> int:
        cells = [cell for cell in record if cell.strip()]
        return (
            0 if any(re.fullmatch(f"{COUNT}|{DATE}", cell.strip().lower()) for cell in cells) else len(cells)
        )

    at = max(range(min(len(records), TOP)), key=lambda at: (filled(records[at]), -at))
    rows = [record for record in records[at + 1 :] if len(record) == len(records[at])]
    return records[at], rows[:ROWS]


def _draft(name: str, file: files.File, header: list[str], rows: list[list[str]]) -> Draft:
    """Return the entry of one file: of the table that it is nearest to."""
    sheet = SheetSample(header, pd.DataFrame(rows, columns=range(len(header)), dtype="str"))
    found = {table: evidence.assigned(table, sheet) for table in headers.REQUIRED}

    def near(table: str) -> tuple[float, int]:
        sure, maybe = found[table].sure, found[table].open
        scores: dict[str, float] = {}  # a column that stands for several counts once
        for needed in (*headers.REQUIRED[table], *headers.ENOUGH.get(table, ())[:1]):
            worth = {one: _worth(sure.get(one), maybe.get(one, ())) for one in needed.split(" or ")}
            best = max(worth, key=lambda one: worth[one])
            scores[best] = worth[best]
        named = {one for needed in headers.REQUIRED[table] for one in needed.split(" or ")}
        more = sum(column not in named for column in sure)
        return round(sum(scores.values()) + EXPLAINED * more, 2), len(scores)

    table = max(found, key=near)
    columns = {column: _choice(header, of) for column, of in found[table].sure.items()}
    questions = []
    for column in _open(table, columns):
        choices = [_choice(header, of) for of in found[table].open.get(column, ())[:MOST_CHOICES]]
        if column == "post" and not choices:
            columns["post"] = Choice(f"{{from: {mappings.NAMED}}}", "no column has ids: named after these")
        elif column == "creator":
            known = _place(file, sheet)
            columns |= {"creator": known} if known and not choices else {}
            questions += [] if known and not choices else [Question(column, (*choices, *_owners(file)))]
        else:
            more = [Choice(UNKNOWN, "none of them: unknown for every row")] * (column == "comments")
            questions.append(Question(column, (*choices, *more)))
    status = found[table].sure.get("status")
    words = _meanings(sheet.rows[status.place], header[status.place]) if status else []
    notes = _notes(table, sheet, columns)
    return Draft(name, table, columns, tuple(questions), notes, tuple(words), tuple(header))


def _worth(sure: ColumnMatch | None, maybe: Sequence[ColumnMatch]) -> float:
    """Return what a column gives to its table's score."""
    return min(sure.score, SURE) if sure else POSSIBLE if maybe else MISSING


def _open(table: str, columns: Mapping[str, Choice]) -> list[str]:
    """Return the needed columns of a table that are not sure."""
    lacking = headers.lacking(table, columns)
    words = [one for needed in lacking if not needed.startswith("one of") for one in needed.split(" or ")]
    asked = dict.fromkeys(words)
    enough = headers.ENOUGH.get(table, ())
    return [*asked, *(enough if enough and not {*enough} & {*columns} else ())]


def _choice(header: Sequence[str], found: ColumnMatch) -> Choice:
    """Return a header as a mapping names it: by its position where its name does not tell it."""
    name = header[found.place]
    same = [at for at, other in enumerate(header) if headers.plain(other) == headers.plain(name)]
    if name.strip() and same == [found.place]:
        return Choice(quoted(name), found.why)
    return Choice(f"{{position: {found.place + 1}}}", f"{quoted(name)}: {found.why}")


def _owners(file: files.File) -> list[Choice]:
    """Return the ways to say whose posts a file has where no column does."""
    folder, stem = quoted(file.path.absolute().parent.name), quoted(file.path.stem)
    inner = [Choice("{from: folder}", f"the name of its folder, here {folder}")] if file.inner else []
    return [
        Choice(UNKNOWN, "if no column names the account: write here whose posts they are"),
        *inner,
        Choice("{from: file}", f"the name of the file, here {stem}"),
    ]


def _place(file: files.File, sheet: SheetSample) -> Choice | None:
    """Return the folder as whose posts they are, where the rows name it too."""
    name = file.path.absolute().parent.name.casefold()
    named = any(cells and all(name in cell for cell in cells) for cells in sheet.cells.values())
    if not (file.inner and named and len(name) > 2):
        return None
    return Choice(
        "{from: folder}", f"no column names the account, but the rows do as the folder {quoted(name)}"
    )


def _notes(table: str, sheet: SheetSample, columns: Mapping[str, Choice]) -> tuple[str, ...]:
    """Return what else is to be known of a draft."""
    notes = []
    if table == "posts" and "likes" in columns and "comments" not in columns:
        notes.append("likes without comments: without them no engagement is told")
    for at, parts in sheet.sums.items():
        added = " + ".join(quoted(sheet.header[part]) for part in parts)
        notes.append(f"{quoted(sheet.header[at])} is {added}: not counted again")
    return tuple(notes)


ASKED = f"{', '.join(TAKEN)}; []: not contacted yet"


def _meanings_of(name: str, raws: Sequence[RawFile]) -> list[str]:
    """Return an entry of mapping.yaml where trackers of one file have words that nobody declared."""
    for raw in raws:
        if raw.table == "outreach" and "status" in raw.rows and (lines := _meanings(raw.rows["status"])):
            return ["\n".join([f"{quoted(name)}:", *lines]) + "\n"]
    return []


def _meanings(cells: pd.Series, header: str = "status") -> list[str]:
    """Return the lines of `values` for a column of statuses, none where every word is declared."""
    words = cells.str.strip()
    counts = words[(words != "") & (words.str.len() <= LONGEST)].value_counts()
    known = {word: meaning(word) for word in counts.index}
    if len(known) > MOST_STATUSES or all(plain(word) and of in LEVELS for word, of in known.items()):
        return []
    name = quoted(header) if header != "status" else header
    lines = [_meaning(word, of, int(counts[word])) for word, of in known.items()]
    return ["  values:", f"    {name}:  # each word: {ASKED}", *lines]


def _meaning(word: str, of: str, rows: int) -> str:
    """Return the line of a word: its meaning, or the question."""
    said = "[]" if of == "open" else f"[{of}]" if of in LEVELS else ""
    why = f"{rows:,} rows" if rows > 1 else "1 row"
    asked = "" if said else ": which steps? Say them"
    return f"      {quoted(word)}: {said}".rstrip() + f"  # {why}{asked}"
