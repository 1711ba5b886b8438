"""A store's list of the forgotten, and rows or text -> without them: an account's name becomes `[***]`.

The list holds no name, only SHA-256 over the store's salt and the account name: the same person has another
hash in another store, and no table made beforehand helps. That is all a salt can do: account names are
public, so whoever holds the store can try them one by one. The list tells who was forgotten to those who ask
for a name, as it must to keep that account out, and to nobody who only reads it.

In text a name is found as a whole word, whatever its case: an account name is made of letters, digits, dots
and underscores, so anna is in `@Anna's` and `anna.`, not in `joanna`, `anna_b` or `anna.b`. In names of files
and headers an underscore or a dot parts words too. Words of this program (offers, statuses) are left alone,
and in niches, ids, periods and names of campaigns only `@anna` is a name: an account called fashion or autumn
must not cost the others their niche or their campaign. A search counts what was left there. Reasons may quote
what a tool said, so they are text like any other.

A code often is a name (ANNA10), so the store remembers a forgotten account's codes and links as it does the
account: by their salted hash alone. Orders stay, without what told whose they were.
"""

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest import codes
from nanospread.ingest.sources import RawFile
from nanospread.ingest.tables import READERS
from nanospread.store import disk, manifests, spelling
from nanospread.store.duck import composed, odd, quoted
from nanospread.store.spelling import BETWEEN, MASK

LIST = "forgotten.csv"
NAMES = ("creator", "author", "other")  # columns that hold an account: its rows go
REASON = "forgotten on request"
TRIES = 5  # a list that is added to while we read is read again
MOST_WORDS = 40  # of a file name: the number of runs grows with its square


def digest(salt: str, name: str) -> str:
    """Return the hash by which a store knows a forgotten account. name: as `tables` spells it."""
    salted = salt + unicodedata.normalize("NFC", name)
    return hashlib.sha256(salted.encode(errors="replace")).hexdigest()


def listed(place: Path) -> frozenset[str]:
    """Return the hashes of the forgotten.

    Raises InputError where the list cannot be read, or is not the one that the store is sealed with.
    """
    for _ in range(TRIES):
        seals = manifests.seals(place)
        marks = _read(place)
        if not seals or seal(marks) in seals:
            return marks
    raise InputError(
        f"{place / LIST} is damaged: it was altered or taken away, so that names would come back; "
        f"get it back from a backup, with the {manifests.STORE} of the same day"
    )


def _read(place: Path) -> frozenset[str]:
    path = place / LIST
    if not path.exists():
        return frozenset()
    with disk.one_line_errors(place, "read"):
        lines = path.read_text(encoding="utf-8", errors="replace").split()
    if not lines or lines[0] != "sha256" or not all(map(manifests.HASH.fullmatch, lines[1:])):
        raise InputError(f"{path} is damaged: it must hold a line 'sha256' and then one hash a line")
    return frozenset(lines[1:])


def seal(marks: Collection[str]) -> str:
    """Return the seal of a list."""
    return hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()


def add(place: Path, mark: str) -> None:
    """Put a hash on the list, which has two seals until `complete`. Call with the lock held."""
    before = listed(place)
    marks = sorted(before | {mark})
    _write_seals(place, [seal(before), seal(marks)])
    disk.replace_file(place, place / LIST, "\n".join(["sha256", *marks]) + "\n")


def complete(place: Path) -> None:
    """Seal the list: every snapshot is without the accounts on it. Call with the lock held."""
    _write_seals(place, [seal(listed(place))])


def _write_seals(place: Path, seals: Sequence[str]) -> None:
    text = manifests.store_text(manifests.salt(place), seals)
    disk.replace_file(place, place / manifests.STORE, text)


def among(names: Iterable[str], salt: str, marks: Collection[str]) -> set[str]:
    """Return which names are of forgotten accounts."""
    return {name for name in names if digest(salt, spelling.reading(name)) in marks} if marks else set()


def forgotten_among(place: Path, names: Iterable[str]) -> set[str]:
    """Return which accounts are forgotten in a store; a place that is no store yet has forgotten none."""
    return among(names, manifests.salt(place), listed(place)) if manifests.is_store(place) else set()


def unforgotten(place: Path, raw: Sequence[RawFile]) -> tuple[RawFile, ...]:
    """Return raw files with the rows of forgotten accounts refused, each with its line and the reason.

    Names are compared as `tables` spells them, so @Anna is anna. A place that is no store yet has none.
    """
    marks = listed(place) if manifests.is_store(place) else frozenset()
    if not marks:
        return tuple(raw)
    salt = manifests.salt(place)
    return tuple(_without(file, salt, marks) for file in raw)


def _without(file: RawFile, salt: str, marks: Collection[str]) -> RawFile:
    is_forgotten = pd.Series(False, index=range(len(file.rows)))
    for column in set(NAMES) & set(file.rows.columns) & set(READERS[file.table]):
        spelt = READERS[file.table][column](file.rows[column].reset_index(drop=True)).values
        is_forgotten |= spelt.isin(among(spelt.dropna().unique(), salt, marks))
    mask = is_forgotten.to_numpy()
    refused = [(int(line), REASON) for line in file.rows.index[mask]]
    contacts = None if file.contacts is None else file.contacts[~mask]
    refused = sorted([*file.refused, *refused])
    return replace(file, rows=file.rows[~mask], refused=tuple(refused), contacts=contacts)


def spelt(handle: str) -> str:
    """Return an account name as `tables` spells it. Raises InputError for what is none."""
    parsed = READERS["creators"]["creator"](pd.Series([handle], dtype="str"))
    name = spelling.reading(str(parsed.values.iloc[0]))
    if not name or len(parsed.refused):
        raise InputError(
            f"handle {handle!r} is no account's name: name the account to forget, for example anna"
        )
    return name


def in_file_name(text: str) -> set[str]:
    """Return what may be an account's name in that of a file or header: every run of its words."""
    plain = spelling.reading(text)
    spans = [match.span() for match in re.finditer(r"[^\W_]+", plain)][:MOST_WORDS]
    runs = {plain[one[0] : two[1]] for one, two in itertools.combinations_with_replacement(spans, 2)}
    return runs | {word.strip(".") for word in re.findall(r"[a-z0-9_.]+", plain)}


FILE_COLUMNS = {"file": ("ledger", "counts", "ignored"), "column": ("ignored",)}
AT_ONLY = {"niche", "campaign", "period", "post", "comment", "answers"}
OURS = {"table", "status", "offer"}

HANDLE, WORD = "a-z0-9_.", "a-z0-9"
TWICE = 2  # the blank between two names side by side ends the first and begins the second


def pattern(table: str, column: str, name: str) -> str | None:
    """Return the expression that finds a name in a text column; None where none is looked for.

    Its first and last group are what stands around the name. RE2 knows no looking around.
    """
    escaped = re.escape(name)
    if column in OURS or column in NAMES or (table, column) == ("ledger", "column"):
        return None
    if table in FILE_COLUMNS.get(column, ()):
        return file_pattern(name)
    end = rf"($|[^{HANDLE}]|\.(?:$|[^{WORD}_]))"
    if column in AT_ONLY:
        return rf"(?i)(@){escaped}{end}"
    return rf"(?i)(^|[^{HANDLE}]|(?:^|[^{WORD}_])\.){escaped}{end}"


def file_pattern(name: str) -> str:
    """Return the expression that finds a name in the name of a file or header."""
    return rf"(?i)(^|[^{WORD}]){re.escape(name)}($|[^{WORD}])"


def text_columns(table: str, types: Mapping[str, str]) -> list[str]:
    """Return the columns of a table in which a name is looked for. types: column -> SQL type."""
    text = [column for column, kind in types.items() if kind == "VARCHAR"]
    return [column for column in text if pattern(table, column, "x")]


def masked_sql(table: str, types: Mapping[str, str], names: list[str]) -> tuple[str, list[str]]:
    """Return the columns of a table as an SQL list with the names masked, and its parameters.

    A text without any of the names stays as it is, letter by letter.
    """
    texts, columns, values = text_columns(table, types) if names else [], [], []
    for column in types:
        expression = quoted(column)
        if column in texts:
            patterns = [str(pattern(table, column, name)) for name in names]
            matches = " OR ".join([f"regexp_matches({composed(column)}, ?)"] * len(names))
            masked = composed(column)
            for _ in patterns * TWICE:
                masked = rf"regexp_replace({masked}, ?, '\1{MASK}\2', 'g')"
            odd_case = f"WHEN {odd(column)} THEN without_names({expression}, ?)"
            expression = f"CASE {odd_case} WHEN {matches} THEN {masked} ELSE {expression} END"
            values += [BETWEEN.join(patterns), *patterns * (1 + TWICE)]
        columns.append(f"{expression} AS {quoted(column)}")
    return ", ".join(columns), values


def mentions_sql(table: str, types: Mapping[str, str], name: str) -> tuple[str, list[str]]:
    """Return the SQL condition that a name stands in any text of a row, and its parameters."""
    texts = text_columns(table, types)
    conditions = [
        f"CASE WHEN {odd(column)} THEN without_names({quoted(column)}, ?) <> {quoted(column)} "
        f"ELSE regexp_matches({composed(column)}, ?) END"
        for column in texts
    ]
    patterns = [str(pattern(table, column, name)) for column in texts]
    values = [one for each in patterns for one in (each, each)]
    return " OR ".join(conditions) or "false", values


def masked(inputs: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Return input files, by name, with accounts' names masked; files that then have one name get numbers."""
    masked_inputs: dict[str, str] = {}
    for file, sha256 in inputs.items():
        masked_name = spelling.masked(file, BETWEEN.join(map(file_pattern, names))) if names else file
        number = (
            sum(other == masked_name or other.startswith(f"{masked_name} (") for other in masked_inputs)
            if masked_name != file
            else 0
        )
        masked_inputs[f"{masked_name} ({number + 1})" if number else masked_name] = sha256
    return masked_inputs


def code_marks(account_codes: pd.DataFrame, salt: str) -> set[str]:
    """Return the hashes of codes. account_codes: kind and code of an account, as `Tables.codes`."""
    keys = zip(account_codes["kind"], account_codes["code"], strict=True)
    return {_code_digest(salt, kind, codes.SPELLINGS.get(kind, codes.spelt)(code)) for kind, code in keys}


def _code_digest(salt: str, kind: str, key: str) -> str:
    return digest(salt, f"{kind} {key}")


def without_codes(orders: pd.DataFrame, salt: str, marks: Collection[str]) -> tuple[pd.DataFrame, int]:
    """Return orders without the codes and links of the forgotten, and how many rows had one.

    marks: the hashes of the list of the forgotten.
    """
    if not marks or orders.empty:
        return orders, 0

    def is_owned(column: str, cell: str) -> bool:
        return any(_code_digest(salt, kind, key) in marks for kind, key in codes.keys_of(column, cell))

    hit = pd.Series(False, index=orders.index)
    cells = {}
    for column in codes.COLUMNS:
        forgotten_cells = [cell for cell in orders[column].unique() if cell and is_owned(column, cell)]
        matches = orders[column].isin(forgotten_cells)
        cells[column] = orders[column].mask(matches, MASK)
        hit |= matches
    return orders.assign(**cells), int(hit.sum())
