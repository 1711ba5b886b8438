"""An account's name in others' text -> `[***]`; in SQL over Parquet, in Python over manifests.

A name is found as a whole word, whatever its case: an account name is made of letters, digits, dots and
underscores, so anna is in `@Anna's` and `anna.`, not in `joanna`, `anna_b` or `anna.b`. In names of files and
headers an underscore or a dot parts words too. Words of this program (offers, statuses) are left alone, and
in niches, ids, periods and names of campaigns only `@anna` is a name: an account called fashion or autumn
must not cost the others their niche or their campaign. A search counts what was left there. Reasons may quote
what a tool said, so they are text like any other.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping

from nanospread.store.duck import composed, quoted
from nanospread.store.forgotten import NAMES

MASK = "[***]"  # without a letter: no account is called so
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
    texts, chosen, values = text_columns(table, types) if names else [], [], []
    for column in types:
        shown = quoted(column)
        if column in texts:
            patterns = [str(pattern(table, column, name)) for name in names]
            found = " OR ".join([f"regexp_matches({composed(column)}, ?)"] * len(names))
            masked = composed(column)
            for _ in patterns * TWICE:
                masked = rf"regexp_replace({masked}, ?, '\1{MASK}\2', 'g')"
            shown = f"CASE WHEN {found} THEN {masked} ELSE {shown} END"
            values += patterns * (1 + TWICE)
        chosen.append(f"{shown} AS {quoted(column)}")
    return ", ".join(chosen), values


def found_sql(table: str, types: Mapping[str, str], name: str) -> tuple[str, list[str]]:
    """Return the SQL condition that a name stands in any text of a row, and its parameters."""
    texts = text_columns(table, types)
    condition = " OR ".join(f"regexp_matches({composed(column)}, ?)" for column in texts)
    return condition or "false", [str(pattern(table, column, name)) for column in texts]


def masked(inputs: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Return input files, by name, with accounts' names masked; files that then have one name get numbers."""
    found: dict[str, str] = {}
    for file, of in inputs.items():
        plain = unicodedata.normalize("NFC", file)
        for name in [*names] * TWICE:
            plain = re.sub(file_pattern(name), rf"\1{MASK}\2", plain)
        plain = plain if MASK in plain else file
        number = (
            sum(other == plain or other.startswith(f"{plain} (") for other in found) if plain != file else 0
        )
        found[f"{plain} ({number + 1})" if number else plain] = of
    return found
