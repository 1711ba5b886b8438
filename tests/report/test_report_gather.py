"""Proves that metrics and tables are gathered once each, and that no CSV cell runs as a formula."""

import csv
import io
import json

import nbformat
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from nanospread.core import formatting
from nanospread.pages import show
from nanospread.report import gather, html


def shown(*outputs: show.Output, title: str = "# 00 · What?") -> nbformat.NotebookNode:
    """Return an executed notebook that shows these outputs, one per cell."""
    cells = [
        new_code_cell("x", outputs=[new_output("execute_result", dict(o.data), metadata=dict(o.metadata))])
        for o in outputs
    ]
    return new_notebook(cells=[new_markdown_cell(title), *cells])


def metric(name: str = "p_loss", **changes: object) -> show.Output:
    row = {"metric": name, "value": 0.25, "unit": "share", "basis": "estimated", "formula": "losses / worlds"}
    return show.metrics(pd.DataFrame([row | changes]))


def creators(*handles: str, name: str = "creators", column: str = "creator") -> show.Output:
    return show.table(pd.DataFrame({column: list(handles), "n": range(len(handles))}), "Creators", name=name)


def test_a_metric_is_gathered_with_its_notebook():
    found = gather.metrics({"00": shown(metric()), "01": shown(metric("er", value=0.02, n=12))})
    assert json.loads(gather.json_text(found))["er"] == {
        "label": "er", "value": 0.02, "low": None, "high": None, "se": None, "n": 12, "unit": "share",
        "basis": "estimated", "formula": "losses / worlds", "notebook": "01",
    }  # fmt: skip


def test_a_metric_may_be_repeated_but_not_contradicted():
    again = gather.metrics({"00": shown(metric()), "01": shown(metric())})
    assert again["p_loss"]["notebook"] == "00"
    with pytest.raises(gather.GatherError, match="00 and 01 disagree on the metric 'p_loss'"):
        gather.metrics({"00": shown(metric()), "01": shown(metric(value=0.26))})


def test_a_table_named_in_two_notebooks_is_an_error():
    with pytest.raises(gather.GatherError, match="table 'creators' is in 00 and again in 01"):
        gather.tables({"00": shown(creators("a")), "01": shown(creators("a"))})


@pytest.mark.parametrize("name", ["../x", "A b", "", "metrics", "x" * 65])
def test_a_table_name_that_is_no_file_name_is_an_error(name):
    with pytest.raises(gather.GatherError, match="cannot be called"):
        gather.tables({"00": shown(creators("a", name=name))})


FORMULAS = ["=1+1", "+1", "-1+1", "@sum", "\t=1", "\r=1", " =1", "\n@x", "＝1", "=HYPERLINK(1)"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_and_no_header_of_a_csv_is_a_formula(text):
    table = gather.tables({"00": shown(creators(text, column=text))})["creators"]
    rows = list(csv.reader(io.StringIO(formatting.csv_text(table["columns"], table["rows"]), newline="")))
    assert all(row[0].startswith(("'", "\N{REPLACEMENT CHARACTER}")) for row in rows), rows


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_numbers_stay_numbers_in_a_csv(numbers):
    rows = csv.reader(io.StringIO(formatting.csv_text(["x"], [[x] for x in numbers])))
    assert [float(row[0]) for row in list(rows)[1:]] == numbers


def test_a_page_is_its_question_and_the_first_of_its_last_sentences():
    book = shown(show.text("First."), show.text("Nano leads by 1.5 times. Then more."), title="# 02 · Who?")
    assert gather.page("02_engagement", book) == gather.Page(
        "02_engagement", "02 · Who?", "Nano leads by 1.5 times."
    )
    assert gather.page("02_engagement", book).short == "Engagement"
    assert gather.page("02_own_page", book).short == "Who?"


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (-1234.5, "EUR", "−EUR 1,234"),
        (0.831, "share", "83%"),
        (55.87, "posts", "56 posts"),
        (None, "EUR", "–"),
    ],
)
def test_a_number_is_written_in_its_unit(value, unit, written):
    assert html.number(value, unit) == written
