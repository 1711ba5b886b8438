"""Proves that data/metrics.csv names what the pages show: no row is left over, and words fill every brace."""

import csv
import json
import re

import pytest

import staged_plans
from nanospread.core import paths
from nanospread.pages import next_batch
from nanospread.pages.show import METRIC_TABLE, Metric

ROWS = list(csv.DictReader(METRIC_TABLE.read_text(encoding="utf-8").splitlines()))
SHOWN = json.loads((paths.ROOT / "tests/baseline/metrics.json").read_text(encoding="utf-8"))
PLAN = staged_plans.plan()  # the sample has results, and everybody is written to at once
IN_BATCHES = next_batch.checked_rows(PLAN, PLAN.looks, currency="EUR")["metric"].tolist()


@pytest.mark.parametrize("name", [row["metric"] for row in ROWS])
def test_every_row_is_a_number_of_some_page(name):
    pattern = re.compile(re.sub(r"\\{\w+\\}", r"\\w+", re.escape(name)))
    assert any(map(pattern.fullmatch, [*SHOWN, *IN_BATCHES]))


def test_words_fill_the_name_and_the_texts():
    row = Metric.of("value_{rule}", 3.0, "estimated", n=7, words={
        "rule": "greedy by ER", "words": "engagement rate alone", "goal": "profit", "unit": "EUR",
    })  # fmt: skip
    assert (row.metric, row.unit, row.n) == ("value_greedy_by_er", "EUR", 7)
    assert row.label == "Expected profit by engagement rate alone"


def test_a_word_that_is_missing_is_an_error_and_no_brace_on_a_page():
    with pytest.raises(KeyError):
        Metric.of("value_{rule}", 3.0, "estimated")
