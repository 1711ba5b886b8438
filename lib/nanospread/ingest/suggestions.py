"""Exports that fit no table in, the draft of a mapping.yaml out: what is sure, and questions for the rest.

A draft names a column only where name and cells leave no doubt; of every other one it lists what it may be,
as lines that do nothing until a person takes the # away.
"""

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
from nanospread.ingest.sheets import RawFile, Sheet
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
        lines += [f"    {column}: {choice.text}  # {choice.why}" for column, choice in self.columns.items()]
        for question in self.questions:
            lines += _question_lines(question)
        return "\n".join([*lines, *self.values, *(f"  # {note}" for note in self.notes)]) + "\n"


def _question_lines(question: Question) -> list[str]:
    """Return the lines of a question: its choices do nothing until one is chosen."""
    if not question.choices:
        return [f"    # not found: {question.column}"]
    ask = f"    # {question.column}? Not sure: take the # from the right line, or name another header."
    return [ask, *(f"    # {question.column}: {choice.text}  # {choice.why}" for choice in question.choices)]


def suggested_mapping(paths: Sequence[Path | str]) -> str:
    """Return a mapping.yaml for the files that fit no table: what each header is, and what is to be asked.

    Raises InputError: nothing to read, or a file that cannot be read at all.
    """
    exports = files.files_of([Path(path) for path in paths], {})
    entries = [*(draft.text() for draft in drafts(exports)), *_of_trackers(exports)]
    if not entries:
        return "# Every file fits a table as it is: no mapping is needed.\n"
    return "# Drafted from headers and cells: check every line.\n" + "".join(entries)


def _of_trackers(exports: Sequence[files.File]) -> list[str]:
    """Return what is to be said of the trackers that fit their table, but for the words of their status."""
    texts: list[str] = []
    for file in exports:
        with contextlib.suppress(InputError):
            raws = sources.raw_files(file, None, ())
            texts += _meanings_of(file.relative_name, raws) if isinstance(raws, list) else []
    return texts


def drafts(exports: Sequence[files.File]) -> list[Draft]:
    """Return the drafts of the files that fit no table; files of one header share one.

    Raises InputError: a file that cannot be read at all.
    """
    pairs = [(file, draft) for file in exports for draft in _of_file(file)]
    groups: dict[tuple[str, ...], list[tuple[files.File, Draft]]] = defaultdict(list)
    for file, draft in pairs:
        groups[(draft.table, *draft.header)].append((file, draft))
    return [_shared_draft(group) for group in groups.values()]


def _shared_draft(group: Sequence[tuple[files.File, Draft]]) -> Draft:
    """Return one draft for files of one header: under a pattern of their path, or known by their header."""
    draft = group[0][1]
    if len(group) == 1:
        return draft
    names = {PurePosixPath(file.relative_name).name for file, _ in group}
    if len(names) == 1 and all("/" in file.relative_name for file, _ in group):
        return replace(draft, name=f"*/{names.pop()}")
    header_names = tuple(name for name in draft.header if name.strip())[:8]
    return replace(draft, name=f"like {draft.name}", headers=header_names)


def _of_file(file: files.File) -> list[Draft]:
    """Return the drafts of a file's sheets, nothing where it is read without."""
    try:
        sources.raw_files(file, None, ())
        return []
    except (NoTableError, DifferError):
        export = Export(file.path, file.name)
    tops = [(files.printable(sheet.name), _top(sheet)) for sheet in _sheets(export)]
    return [
        _draft(f"{file.relative_name} [{part}]" if tops[1:] else file.relative_name, file, *_split(records))
        for part, records in tops
        if records
    ]


def _sheets(export: Export) -> Iterable[Sheet]:
    """Return the sheets of an export, of JSON the first of its records as one."""
    if export.kind != "json":
        return export.sheets()
    return [documents.sheet(export.name, "", documents.rows(documents.unwrapped(export.objects)[:ROWS]))]


def _top(sheet: Sheet) -> list[list[str]]:
    """Return the first records of a sheet: the header somewhere among them, and rows."""
    header = [] if sheet.header is None else [list(sheet.header)]
    return [*header, *(cells for _, cells in islice(sheet.records, TOP + ROWS) if isinstance(cells, list))]


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
    matches = {table: evidence.assigned(table, sheet) for table in headers.REQUIRED}

    def score(table: str) -> tuple[float, int]:
        sure, maybe = matches[table].sure, matches[table].open
        scores: dict[str, float] = {}  # a column that stands for several counts once
        for needed in (*headers.REQUIRED[table], *headers.ENOUGH.get(table, ())[:1]):
            worth = {
                column: _worth(sure.get(column), maybe.get(column, ())) for column in needed.split(" or ")
            }
            best = max(worth, key=lambda column: worth[column])
            scores[best] = worth[best]
        required = {column for needed in headers.REQUIRED[table] for column in needed.split(" or ")}
        n_extra = sum(column not in required for column in sure)
        return round(sum(scores.values()) + EXPLAINED * n_extra, 2), len(scores)

    table = max(matches, key=score)
    columns = {column: _choice(header, match) for column, match in matches[table].sure.items()}
    questions = []
    for column in _open(table, columns):
        choices = [_choice(header, match) for match in matches[table].open.get(column, ())[:MOST_CHOICES]]
        if column == "post" and not choices:
            columns["post"] = Choice(f"{{from: {mappings.NAMED}}}", "no column has ids: named after these")
        elif column == "creator":
            folder_choice = _place(file, sheet)
            columns |= {"creator": folder_choice} if folder_choice and not choices else {}
            questions += (
                [] if folder_choice and not choices else [Question(column, (*choices, *_owners(file)))]
            )
        else:
            fallback = [Choice(UNKNOWN, "none of them: unknown for every row")] * (column == "comments")
            questions.append(Question(column, (*choices, *fallback)))
    status = matches[table].sure.get("status")
    words = _meanings(sheet.rows[status.place], header[status.place]) if status else []
    notes = _notes(table, sheet, columns)
    return Draft(name, table, columns, tuple(questions), notes, tuple(words), tuple(header))


def _worth(sure: ColumnMatch | None, maybe: Sequence[ColumnMatch]) -> float:
    """Return what a column gives to its table's score."""
    return min(sure.score, SURE) if sure else POSSIBLE if maybe else MISSING


def _open(table: str, columns: Mapping[str, Choice]) -> list[str]:
    """Return the needed columns of a table that are not sure."""
    lacking = headers.lacking(table, columns)
    words = [
        column for needed in lacking if not needed.startswith("one of") for column in needed.split(" or ")
    ]
    lacking_columns = dict.fromkeys(words)
    enough = headers.ENOUGH.get(table, ())
    return [*lacking_columns, *(enough if enough and not {*enough} & {*columns} else ())]


def _choice(header: Sequence[str], match: ColumnMatch) -> Choice:
    """Return a header as a mapping names it: by its position where its name does not tell it."""
    name = header[match.place]
    same = [at for at, other in enumerate(header) if headers.plain(other) == headers.plain(name)]
    if name.strip() and same == [match.place]:
        return Choice(quoted(name), match.why)
    return Choice(f"{{position: {match.place + 1}}}", f"{quoted(name)}: {match.why}")


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
    is_named = any(cells and all(name in cell for cell in cells) for cells in sheet.cells.values())
    if not (file.inner and is_named and len(name) > 2):
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
    meanings = {word: meaning(word) for word in counts.index}
    if len(meanings) > MOST_STATUSES or all(
        plain(word) and level in LEVELS for word, level in meanings.items()
    ):
        return []
    name = quoted(header) if header != "status" else header
    lines = [_meaning(word, level, int(counts[word])) for word, level in meanings.items()]
    return ["  values:", f"    {name}:  # each word: {ASKED}", *lines]


def _meaning(word: str, level: str, rows: int) -> str:
    """Return the line of a word: its meaning, or the question."""
    steps = "[]" if level == "open" else f"[{level}]" if level in LEVELS else ""
    why = f"{rows:,} rows" if rows > 1 else "1 row"
    question = "" if steps else ": which steps? Say them"
    return f"      {quoted(word)}: {steps}".rstrip() + f"  # {why}{question}"
