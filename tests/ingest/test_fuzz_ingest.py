"""Proves that no damaged export, whatever its bytes, ends in a traceback, a hang or a lost row.

Inputs are the hand-made exports of every format, damaged by a few random changes each: bytes, lines, cells,
encodings, delimiters, parts of other exports. Input number n is the same on every machine. The normal run
takes 800; `make fuzz` the nightly 100,000 (`FUZZ_FROM` goes on later).
"""

import csv
import io
import json
import lzma
import math
import os
import random
import re
import signal
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.ingest import credit, order_results, sources, tables
from nanospread.ingest.order_results import OrderSettings
from nanospread.ingest.sources import RawFile
from test_tables import GOOD, WEIRD, accounted, raw

INPUTS, FIRST = int(os.environ.get("FUZZ", "800")), int(os.environ.get("FUZZ_FROM", "0"))
LONGEST = 5.0  # seconds of CPU for one input
BATCH = 200  # inputs whose tables are made together: most of the time goes into a table's own overhead
EXPORTS = paths.ROOT / "tests" / "fixtures" / "exports"

HOSTILE = [
    "", " ", "\0",
    "\ufeff", "\u202e", "\u200b", "'", '"', '""', '"\n"', "\r\n", ",", ";", "\t", "|", "{", "}",
    "[", "]", "=cmd|'/c calc'!a0", "=-abc", "#NAME?", "1.78E+16", "9" * 400, "-" + "9" * 30, "1e999",
    "-1", "NaN", "inf", "Infinity", "null", "true", "1.2m", "22.3k", "8,041", "8.041", "1,39 %",
    "NaN%", "N/A",
    "03/04/2026", "25/04/2026", "04/25/2026", "3 days ago", "vor 3 Tagen", "1-Mar", "Mar-20", "31.12.1",
    "0000-00-00", "9999-12-31T23:59:59.999999999-23:59", "2026-02-30", "1e5", "0x1F", "../../etc/passwd",
    "<img src=x onerror=alert(1)>", "${7*7}", "%s%s%n", "\\u0000", "🌿", "İ", "ﬀ", "a" * 5000, "@", "@@",
    "https://www.instagram.com/p/DAbc/", "sep=;", "!!python/object:x", "١٢٣",
]  # fmt: skip
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SHEET = "xl/worksheets/sheet1.xml"


def workbook(rows: list[list[str]]) -> bytes:
    """Return the smallest XLSX workbook with these rows."""
    cells = [[f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row] for row in rows]
    sheet = "".join(f"<row>{''.join(row)}</row>" for row in cells)
    rels = f'<Relationship Id="r" Type="{OFFICE}/{{}}" Target="{{}}"/></Relationships>'
    rels = f'<Relationships xmlns="{PACKAGE}">{rels}'
    kinds = {"rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml"}
    defaults = [f'<Default Extension="{end}" ContentType="{kind}"/>' for end, kind in kinds.items()]
    return packed({
        "[Content_Types].xml": f'<Types xmlns="{TYPES}">{"".join(defaults)}</Types>',
        "_rels/.rels": rels.format("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Posts" sheetId="1" r:id="r"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": rels.format("worksheet", "worksheets/sheet1.xml"),
        SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
    })  # fmt: skip


def packed(parts: dict[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)  # of no time, so the same bytes
    return content.getvalue()


def seeds() -> list[tuple[str, bytes]]:
    """Return ending and content of an export of every format."""
    files = [file for file in sorted(EXPORTS.rglob("*")) if file.is_file() and file.suffix != ".md"]
    found = [(file.suffix, file.read_bytes()) for file in files]
    for row in GOOD.values():
        found.append((".csv", "\n".join([",".join(row), *[",".join(row.values())] * 3]).encode()))
    posts = GOOD["posts"]
    found.append(
        (".xlsx", workbook([list(posts), *([f"x{at}", *list(posts.values())[1:]] for at in range(3))]))
    )
    return found + [(".json.xz", lzma.compress(text)) for ending, text in found if ending == ".json"][:3]


def damaged(number: int, exports: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return ending and content of the input of this number."""
    chance = random.Random(f"ingest {number}")
    ending, content = chance.choice(exports)
    for _ in range(chance.choice([1, 1, 2, 3, 5])):
        content = _changed_inside(ending, content, chance, exports)
    if chance.random() < 0.05:
        ending = chance.choice([".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".parquet", ".json.xz"])
    return ending, content


def _changed_inside(
    ending: str, content: bytes, chance: random.Random, exports: list[tuple[str, bytes]]
) -> bytes:
    """Return content with one damage: mostly of what is packed in it, else of the bytes of the file."""
    if chance.random() < 0.3 or ending not in (".xlsx", ".json.xz"):
        return _changed(content, chance, exports)
    try:
        if ending == ".json.xz":
            return lzma.compress(_changed(lzma.decompress(content), chance, exports))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
        name = SHEET if chance.random() < 0.8 else chance.choice(sorted(parts))
        return packed({**parts, name: _changed(bytes(parts.get(name, b"")), chance, exports)})  # type: ignore[arg-type]
    except (zipfile.BadZipFile, lzma.LZMAError, ValueError, NotImplementedError, EOFError, OSError):
        return _changed(content, chance, exports)  # an earlier damage: no archive any more


def _changed(content: bytes, chance: random.Random, exports: list[tuple[str, bytes]]) -> bytes:
    """Return content with one damage."""
    at, lines = chance.randrange(len(content) + 1), content.split(b"\n")
    line = chance.randrange(len(lines))
    before, after = lines[:line], lines[line + 1 :]
    match chance.randrange(20):
        case 0:
            return content[:at]
        case 1:
            flipped = bytes(byte ^ 1 << chance.randrange(8) for byte in content[at : at + 1])
            return content[:at] + flipped + content[at + 1 :]
        case 2:
            return content[:at] + _hostile(chance) + content[at:]
        case 3:
            return content.replace(*chance.sample([b",", b";", b"\t", b"|", b":", b'"', b"'"], 2))
        case 4:
            encoding = chance.choice(["utf-16", "utf-16-le", "utf-8-sig", "latin-1", "cp1252", "utf-32"])
            return content.decode("utf-8", "replace").encode(encoding, "replace")
        case 5:
            return b"\n".join([*before, *[lines[line]] * chance.choice([0, 2, 3, 40]), *after])
        case 6:
            return b"\n".join(
                [*before, lines[line] + chance.choice([b",", b",,x", b'"', b"}", b"]"]), *after]
            )
        case 7:
            return content[:at] + chance.choice(exports)[1][chance.randrange(400) :][:400]
        case 8:
            return content.replace(b"\n", chance.choice([b"\r\n", b"\r", b"\n\n", b"\0\n"]))
        case 9:
            return content[at:] + content[:at]
        case _:
            return _celled(content, chance)


def _celled(content: bytes, chance: random.Random) -> bytes:
    """Return content with some of its values, or of what stands between marks, replaced by hostile ones."""
    try:
        return _valued(json.loads(content), chance)
    except (ValueError, RecursionError):
        cells = list(re.finditer(rb"(?<=[,;\t\n\":>])[^,;\t\n\":<>{}\[\]]+", content))
    for cell in sorted(
        chance.sample(cells, min(len(cells), _some(chance))), key=lambda match: -match.start()
    ):
        content = content[: cell.start()] + _hostile(chance) + content[cell.end() :]
    return content


def _valued(document: Any, chance: random.Random) -> bytes:
    """Return a JSON document with some values replaced, wherever they stand in it."""
    for _ in range(_some(chance)):
        inside = document
        while isinstance(inside, dict | list) and inside:
            key = chance.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
            if not isinstance(inside[key], dict | list) or chance.random() < 0.1:
                inside[key] = chance.choice(
                    [*HOSTILE, None, True, -1, 0, 1.5, 10**30, [], {}, ["a"], {"a": 1}]
                )
                break
            inside = inside[key]
    return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace")


def _hostile(chance: random.Random) -> bytes:
    return chance.choice(HOSTILE).encode("utf-8", "replace")


def _some(chance: random.Random) -> int:
    return chance.choice([1, 1, 2, 6])


@contextmanager
def in_time(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what takes longer; seconds of CPU, as the machine may have other work."""

    def late(*_: object) -> None:
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def read(place: Path, number: int, export: tuple[str, bytes]) -> tuple[RawFile, ...]:
    """Return what is read of one input: nothing where it is refused in one line."""
    file = place / f"n{number}{export[0]}"
    file.write_bytes(export[1])
    try:
        with in_time(LONGEST):
            found = sources.read([file])
    except InputError as error:
        said = str(error)
    except Exception as error:
        raise AssertionError(f"input {number}: {error!r}") from error
    else:
        return tuple(replace(one, file=f"n{number}.{at} {one.file}") for at, one in enumerate(found))
    finally:
        file.unlink()
    assert said.isprintable()
    assert 0 < len(said) < 2000
    return ()


def account(found: list[RawFile]) -> None:
    """Assert that these files, beside good ones, become tables in which every row is accounted for."""
    with in_time(LONGEST + 0.1 * len(found)):
        result = tables.validated([raw("creators", {}), raw("posts", {"post": "good"}), *found])
    assert accounted(result)
    counts = result.counts.set_index("file")
    rows_in = {file.file: len(file.rows) + len(file.refused) for file in found}
    assert counts["rows_in"].to_dict() == {**rows_in, "creators.csv": 1, "posts.csv": 1}
    told = result.ledger.drop_duplicates(["file", "line", "status"]).groupby(["file", "status"]).size()
    for file in found:
        if not file.names:  # else `accounted` has it: one name may stand in several groups
            for status in ("repaired", "refused"):
                assert told.get((file.file, status), 0) == counts.at[file.file, status], (file.file, status)
    assert (result.ledger["reason"] != "").all()
    credited(result, LONGEST + 0.1 * len(found))


def credited(result: tables.Tables, seconds: float) -> None:
    """Assert that orders in = credited + uncredited + refused, each order once, and that results follow."""
    with in_time(seconds):
        counted = order_results.counted(result, OrderSettings())
    orders, account = counted.credit.orders, counted.credit.account
    alone = result.orders["order"] != ""
    orders_in = float(result.orders["orders"].mask(alone, 1.0).sum())
    assert math.isclose(account["orders"].sum(), orders_in, rel_tol=1e-9)
    assert set(account["outcome"]) <= {credit.CREDITED, credit.UNCREDITED, credit.REFUSED}
    assert ((orders["creator"] != "") == (orders["outcome"] == credit.CREDITED)).all()
    assert (
        not orders.loc[orders["order"] != "", "order"].str.casefold().str.removeprefix("#").duplicated().any()
    )


def account_each(batch: dict[int, tuple[RawFile, ...]]) -> None:
    """Assert it of all inputs of a batch together; where it fails, name the first that fails alone."""
    try:
        account([file for files in batch.values() for file in files])
    except Exception as together:
        for number, files in batch.items():
            try:
                account(list(files))
            except Exception as alone:
                raise AssertionError(f"input {number}: {alone!r}") from alone
        raise AssertionError(f"inputs {min(batch)} to {max(batch)}, but none of them alone") from together


@pytest.mark.slow
def test_whatever_the_bytes_an_export_becomes_tables_or_one_line(tmp_path):
    exports, slowest, refused, rows = seeds(), (0.0, -1), 0, 0
    for start in range(FIRST, FIRST + INPUTS, BATCH):
        batch: dict[int, tuple[RawFile, ...]] = {}
        for number in range(start, min(start + BATCH, FIRST + INPUTS)):
            export, began = damaged(number, exports), time.process_time()
            batch[number] = read(tmp_path, number, export)
            slowest = max(slowest, (time.process_time() - began, number))
            refused += not batch[number]
        account_each(batch)
        rows += sum(len(file.rows) for files in batch.values() for file in files)
    print(f"{INPUTS} inputs, {refused} refused whole, {rows} rows; slowest {slowest[1]}: {slowest[0]:.2f} s")
    assert slowest[0] < LONGEST
    assert refused < 0.8 * INPUTS  # damage that nothing survives would prove nothing


def test_the_inputs_are_the_same_every_time_and_differ_from_each_other():
    exports = seeds()
    some = [damaged(number, exports) for number in range(40)]
    assert some == [damaged(number, exports) for number in range(40)]
    assert len(set(some)) > 35


CELL = st.one_of(WEIRD, st.sampled_from(HOSTILE)).map(lambda text: text.replace("\0", ""))


@pytest.mark.slow
@settings(max_examples=examples(10))
@given(
    st.lists(st.lists(CELL, min_size=5, max_size=5), max_size=8),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_every_record_that_is_written_is_a_row_in(tmp_path_factory, records, delimiter, encoding):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["post", "creator", "posted_at", "likes", "comments"], *records])
    file = tmp_path_factory.mktemp("fuzz") / "drawn.csv"
    file.write_bytes(text.getvalue().encode(encoding))
    (one,) = sources.read([file])
    filled = [record for record in records if any(cell.strip() for cell in record)]
    assert len(one.rows) + len(one.refused) == len(filled)
    account([one])
