"""Proves that no mapping, whatever it says, ends in a traceback, a hang or a lost row, and no draft either.

Mappings are drawn from rules, headers of the file and hostile text, then written as YAML, some of them
damaged like exports. Input number n is the same on every machine. The normal run takes 200, `make fuzz`
50,000.
"""

import random
import time
from dataclasses import replace

import pytest
import yaml

from nanospread.core.errors import InputError
from nanospread.ingest import files, headers, mappings, sources, suggestions
from test_fuzz_ingest import FIRST, HOSTILE, INPUTS, LONGEST, _changed, account, damaged, in_time, seeds

MAPPINGS = INPUTS // 2 if INPUTS > 800 else 200
WORDS = [
    "",
    "true",
    "day first",
    "percent",
    "posts",
    "creators",
    "2026-11-22",
    "0",
    "3",
    "folder",
    "file",
    "{}",
]
REGEX = ["(a+)+$", "(", "^(.*?)_", "[0-9]+", "(?i)n", "\\", "(x{1000}){1000}", ".*.*.*.*=.*", "(?P<a>n)"]


def said(chance: random.Random, name: str, known: list[str]) -> object:
    """Return a mapping as its YAML would hold it."""
    rules = [
        *[name] * 5,
        *["*.csv", "*"] * 2,
        "n?*",
        "label",
        f"{name} [a]",
        chance.choice(HOSTILE) or "x",
        "x.csv",
    ]
    return {chance.choice(rules): _entries(chance, known) for _ in range(chance.choice([1, 1, 2, 4]))}


def _entries(chance: random.Random, known: list[str]) -> object:
    drawn = chance.random()
    if drawn < 0.15:
        return [_entry(chance, known) for _ in range(chance.randrange(4))]
    return _entry(chance, known) if drawn < 0.95 else chance.choice([None, "x", [], 1, True, [[]]])


def _entry(chance: random.Random, known: list[str]) -> object:
    table = chance.choice([*headers.REQUIRED, "posts", "posts"])
    columns = chance.sample(list(headers.declared(table)), chance.choice([0, 1, 1, 2, 3]))
    entry: dict[str, object] = {"columns": {column: _source(chance, known) for column in columns}}
    if chance.random() < 0.3:
        entry["table"] = table
    for key in chance.sample(mappings.KEYS, chance.choice([0, 0, 1, 2])):
        entry[key] = chance.choice([*WORDS, known[:2], {}, None, {known[0]: {"a": ["posted"]}}])
    return entry


def _source(chance: random.Random, known: list[str]) -> object:
    header = chance.choice([*known, *WORDS, chance.choice(HOSTILE)])
    ways: list[object] = [
        *(header, *chance.sample(known, min(8, len(known)))),
        {"position": chance.choice([1, 2, 3, 9, 0, -1, "x", 10**9])},
        {"value": chance.choice([*WORDS, *HOSTILE])},
        {"from": chance.choice(["folder", "file", "creator and date", "x"])},
        {"from": "file", "regex": chance.choice(REGEX)},
        chance.choice([None, [], {}, {"value": 1, "from": "file"}, {"a": 1}]),
    ]
    return chance.choice(ways)


def _known(content: bytes) -> list[str]:
    line = content.decode("utf-8", "replace").split("\n")[0]
    mark = max(",;\t|", key=line.count)
    return [name.strip('"\ufeff ') for name in line.split(mark)][:12]


def one(place, number, exports):
    """Return what is read of one input, nothing where it is refused in one line."""
    chance = random.Random(f"mapping {number}")
    ending, content = damaged(number, exports) if chance.random() < 0.4 else chance.choice(exports)
    file = place / f"n{number}{ending}"
    file.write_bytes(content)
    text = yaml.safe_dump(said(chance, file.name, _known(content)), allow_unicode=True).encode(
        "utf-8", "replace"
    )
    if chance.random() < 0.2:
        text = _changed(text, chance, exports)
    (place / "mapping.yaml").write_bytes(text)
    try:
        with in_time(LONGEST):
            found = files.files_of([place], creator=chance.choice(["", "us"]))
            raws = sources.raws(found, skip_unknown=chance.random() < 0.3)
            if chance.random() < 0.3:
                "".join(draft.text() for draft in suggestions.drafts(files.files_of([file], {})))
    except InputError as error:
        said_so = str(error)
        assert said_so.isprintable()
        assert 0 < len(said_so) < 6_000
        return []
    except Exception as error:
        raise AssertionError(f"input {number}: {error!r}") from error
    finally:
        file.unlink()
    return [replace(raw, file=f"n{number}.{at} {raw.file}") for at, raw in enumerate(raws) if raw.table]


@pytest.mark.slow
def test_whatever_a_mapping_says_an_export_becomes_tables_or_one_line(tmp_path):
    exports, slowest, refused, batch = seeds(), (0.0, -1), 0, []
    for number in range(FIRST, FIRST + MAPPINGS):
        began = time.process_time()
        found = one(tmp_path, number, exports)
        slowest = max(slowest, (time.process_time() - began, number))
        refused += not found
        batch += found
        if number % 100 == 99:
            account(batch)
            batch = []
    account(batch)
    print(f"{MAPPINGS} mappings, {refused} refused; slowest {slowest[1]}: {slowest[0]:.2f} s")
    assert slowest[0] < LONGEST
    assert refused < 0.95 * MAPPINGS


@pytest.mark.slow
def test_any_export_can_be_drafted(tmp_path):
    exports = seeds()
    for number in range(FIRST, FIRST + MAPPINGS // 2):
        ending, content = damaged(number, exports)
        file = tmp_path / f"n{number}{ending}"
        file.write_bytes(content)
        try:
            with in_time(LONGEST):
                text = suggestions.suggested_mapping([file])
        except InputError:
            continue
        finally:
            file.unlink()
        (tmp_path / "mapping.yaml").write_text(text, encoding="utf-8", errors="replace")
        mappings.read(tmp_path / "mapping.yaml")
