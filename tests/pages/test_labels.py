"""Proves that each name a reader can meet has its label, and that numbers are written as the table says."""

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest

from nanospread import briefs
from nanospread.core import paths
from nanospread.creators.authenticity import catalogue
from nanospread.pages import labels, show
from nanospread.report import parameters

ROWS = labels.labels()
BOOKS = sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))
PARTS = ("macro", "nano", "wanted", "tolerate_loss", "shortlist", "data_limits")


def columns_shown() -> set[str]:
    """Return the machine names over the tables of the stored notebooks."""
    books = [json.loads(book.read_text(encoding="utf-8")) for book in BOOKS]
    bundles = [
        out["data"] for b in books for c in b["cells"] for out in c.get("outputs", []) if "data" in out
    ]
    tables = [t for d in bundles if show.TABLE in d for t in show.unpacked("".join(d[show.TABLE]))]
    every = {column for table in tables for column in table["columns"]}
    return {column for column in every if labels.MACHINE.fullmatch(column)}


def names() -> set[str]:
    """Return every name that a page can show: of columns, settings, assumptions, measures, checks, pages."""
    brief = briefs.read("sample")
    fields = {name for part in PARTS for name in type(getattr(brief, part)).model_fields}
    settings = parameters.known(parameters.notebooks(paths.NOTEBOOKS))
    with (paths.DATA / "benchmarks.csv").open(encoding="utf-8") as file:
        published = {f"benchmark.{row['benchmark']}" for row in csv.DictReader(file)}
    measures = {name.removesuffix("_{arm}") for name in show.metric_words() if name.endswith("_{arm}")}
    measures = {name.removesuffix("_luck_only") for name in measures}
    return (
        columns_shown() | fields | set(type(brief).model_fields) | set(settings) | published
        | {*brief.assumptions} | measures | {*show.BASES}
        | {f"component.{name}" for name in catalogue()["component"]} | {f"page.{book.stem}" for book in BOOKS}
    )  # fmt: skip


def test_nothing_that_a_reader_meets_is_without_a_label():
    assert names() - set(ROWS) == set()


@pytest.mark.parametrize("name", ["kappa", "p_loss", "tolerate_loss", "set_aside"])
def test_a_label_that_is_taken_away_is_missed(monkeypatch, name):
    monkeypatch.delitem(ROWS, name)
    assert names() - set(ROWS) == {name}
    with pytest.raises(KeyError):
        labels.label(name)
    if "_" in name:  # else it may be a word as it is
        with pytest.raises(KeyError):
            show.table(pd.DataFrame({name: [1.0]}), "Odds")


def test_labels_are_words_and_their_formats_are_known():
    assert [row.label for row in ROWS.values() if not row.label or labels.MACHINE.search(row.label)] == []
    assert {row.format for row in ROWS.values()} <= {"", "name", *labels.FORMATS}
    with labels.TABLE.open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(ROWS), "a name stands there twice"


def test_no_page_makes_words_of_a_machine_name_by_itself():
    wings = [*(paths.PACKAGE / wing for wing in ("pages", "report", "cli"))]
    every = [file for wing in wings for file in wing.rglob("*.py")]
    assert [file.name for file in every if 'replace("_", " ")' in file.read_text(encoding="utf-8")] == []


def test_a_table_is_headed_and_written_by_the_labels_and_its_values_stay_for_machines():
    frame = pd.DataFrame({
        "arm": ["macro", "mix_40"], "p_loss": [0.184, 0.002], "profit_p50": [4012.3, -2_649.0],
        "seed": [20261122, 7], "year": [2024.0, np.nan], "er": [0.0394, 0.5], "nano_capacity": [20000.0, 3],
    })  # fmt: skip
    output = show.table(frame, "All", name="all")
    head, *rows = re.findall(r"<tr>(.*?)</tr>", output.data["text/html"])
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in (head, *rows)]
    assert cells[0] == [
        "option", "loses money", "typical profit", "random seed", "year", "engagement rate",
        "creators the team can manage",
    ]  # fmt: skip
    assert cells[1] == ["one macro", "18", "4,000", "20261122", "2024", "3.9%", "20,000"]
    assert cells[2] == ["40% on the macro", "under 1", "−2,600", "7", show.MISSING, "50%", "3"]
    assert show.records(output.data[show.TABLE])[1]["profit_p50"] == -2649.0


@pytest.mark.parametrize(
    ("number", "two", "three"),
    [
        (8.247e-05, "0.000082", "0.0000825"),
        (1234.5, "1,200", "1,230"),
        (0.0, "0", "0"),
        (-0.5, "−0.5", "−0.5"),
    ],
)
def test_a_number_has_two_digits_three_in_folds_and_never_an_exponent(number, two, three):
    assert (labels.FORMATS["two"](number), labels.FORMATS["three"](number)) == (two, three)
