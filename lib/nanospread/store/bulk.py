"""A CSV of posts too large for a frame in; one Parquet file of validated posts, and the account of it, out.

What is plain is read and written by DuckDB; every other record goes through `sources` and `tables`, so that
repairs and refusals have one truth. Memory grows with the records that are not plain, not with the file.
"""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest import dataset, ledger, schemas, sources
from nanospread.ingest.streams import Layout
from nanospread.store.parts import Part

if TYPE_CHECKING:
    from nanospread.store import bulk_odd

TABLE = "posts"


def posts(
    path: Path | str,
    layout: Layout,
    *,
    said: Mapping[str, str],
    as_of: pd.Timestamp | None,
    into: Path,
    memory: str = "600MB",
    threads: int = 2,
) -> Part:
    """Return a CSV of posts as `tables.validated` reads it, as a Parquet file in a folder.

    The file has the rows that are good as they are, then those that sources and tables had a part in, each in
    the order of the export. Followers are not asked for: posts of creators without any are in it.

    layout: as from streams.delimited. said: how cells are written, by the mapping. as_of: when the file was
    exported (UTC). into: a folder, which holds a copy of the plain records meanwhile. memory, threads: of
    DuckDB; what pandas takes for the records that are not plain comes on top.

    One difference from `tables.validated`: a row dated too far from the others is left out before its other
    cells are looked at, so its other faults are not told.

    Raises InputError: a file that cannot be read, another header in it with its columns in another order, too
    many records that are no rows, a line without end, no usable row, no memory or no space left.
    """
    from nanospread.store import bulk_odd, bulk_plain, bulk_sift

    path = Path(path)
    name = sources.printable(path.name)
    with _errors(name), tempfile.TemporaryDirectory(dir=into, prefix=".bulk-") as scratch:
        plain = bulk_plain.Plain(Path(scratch) / "plain.csv", layout, bulk_sift.in_epochs(path, layout))
        others = bulk_sift.sifted(path, layout, plain.path, epoch=plain.epoch)
        raw = bulk_odd.raw(name, layout, others, said)
        dates = bulk_odd.dates(raw, as_of)
        with bulk_plain.connected(scratch, memory, threads) as connection:
            bulk_plain.read(connection, plain)
            last = bulk_plain.last(connection, dates.dropna())
            late = dates.index[dates > last] if last is not None else dates.index[:0]
            odd = bulk_odd.read(raw, late, as_of)
            stray = bulk_plain.stray(connection, plain, last)
            again = bulk_plain.repeated(connection, plain, odd.rows, stray.index)
            told = _told(odd, pd.concat([raw.rows.loc[late, "posted_at"], stray]), again)
            done = into / f"{TABLE}-{hashlib.sha256(name.encode()).hexdigest()[:16]}.parquet"
            number = bulk_plain.written(connection, plain, odd.rows, [*stray.index, *again.index], done)
    if not number:
        done.unlink()
        raise ledger.nothing_left(TABLE, [raw], told)
    return Part(TABLE, done, _counts(name, number, told), told)


@contextlib.contextmanager
def _errors(name: str) -> Iterator[None]:
    """Turn what DuckDB and the system say into one line for the user."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise InputError(f"{name}: not enough memory for DuckDB: give it more, or split the file") from None
    except duckdb.Error as error:
        raise InputError(f"{name}: DuckDB cannot read it: {str(error).splitlines()[0]}") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read or written: {error.strerror or error}") from None


def _told(odd: "bulk_odd.Odd", stray: "pd.Series[str]", again: "pd.Series[str]") -> pd.DataFrame:
    """Return the ledger: what tables told, and what only all records together tell."""
    own = odd.raw.rows["post"]
    before = pd.concat([again[~again.index.isin(own.index)], own[own.index.isin(again.index)]])
    late = odd.ledger["line"].isin(again.index) & (odd.ledger["status"] == "repaired")
    found = [
        odd.ledger[~late],
        _refused(odd.raw.file, "posted_at", dataset.STRAY, stray),
        _refused(odd.raw.file, "post", schemas.REPEATS[TABLE], before),
    ]
    return pd.concat(found, ignore_index=True).sort_values("line", kind="stable", ignore_index=True)


def _refused(file: str, column: str, reason: str, before: "pd.Series[str]") -> pd.DataFrame:
    told = {"table": TABLE, "file": file, "line": before.index, "status": "refused", "column": column}
    told |= {"reason": reason, "before": before.to_numpy(), "after": ""}
    types = {name: "int64" if name == "line" else "str" for name in ledger.LEDGER}
    return pd.DataFrame(told, columns=ledger.LEDGER).astype(types)


def _counts(file: str, good: int, told: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of the file: a row counts once."""
    repaired, refused = (told.loc[told["status"] == of, "line"].nunique() for of in ("repaired", "refused"))
    row = (TABLE, file, good + refused, good - repaired, repaired, refused)
    types = {name: "str" if name in ("table", "file") else "int64" for name in ledger.COUNTS}
    return pd.DataFrame([row], columns=ledger.COUNTS).astype(types)
