"""Proves that a tool's engagement rate is read as percent or fraction by rule, and never costs a row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.ingest import quantities
from nanospread.ingest.cells import CellHints
from test_tables import accounted, raw, read, told

TELLS, SAYS = "percent, as the column tells", "percent, as the mapping says"
NEITHER = "percent or fraction? unknown until mapping.yaml says (reported_er: percent)"


def column(*cells, said=""):
    return quantities.reported_er(pd.Series(cells, dtype="str"), CellHints(reported_er=said))


@pytest.mark.parametrize(
    ("cells", "rates", "reasons"),
    [
        (["0.0139", "0.027", "0"], [0.0139, 0.027, 0], {}),
        (["1.39", "2.7", "0"], [0.0139, 0.027, 0], dict.fromkeys(range(3), TELLS)),
        (["2", "0", "0", "0"], [0.02, 0, 0, 0], dict.fromkeys(range(4), TELLS)),
        (["1,39", "2,7"], [0.0139, 0.027], dict.fromkeys(range(2), TELLS)),
        (["0,0139", "0.027"], [0.0139, 0.027], {0: "decimal comma"}),
        (["0.0139", "1.39%"], [0.0139, 0.0139], {1: "percent"}),
        (["Eng. 1.39%", "ER: 2,5 %"], [0.0139, 0.025], {0: "percent", 1: "percent"}),
        (["0.2", "0.3", "1.4"], [0.002, 0.003, 0.014], dict.fromkeys(range(3), TELLS)),
        (["0.2", "0.3"], [np.nan] * 2, {0: NEITHER, 1: NEITHER}),
        (["0.3", "30%"], [np.nan, 0.3], {0: NEITHER, 1: "percent"}),
        (["", "N/A", "NaN%", "-"], [np.nan] * 4, {}),
        (["inf", "-3", "high", "1e3"], [np.nan] * 4,
         dict.fromkeys(range(4), "no engagement rate: unknown")),
    ],
)  # fmt: skip
def test_the_column_tells_percent_from_fraction_and_says_so(cells, rates, reasons):
    read = column(*cells)
    assert read.values.tolist() == pytest.approx(rates, nan_ok=True)
    assert read.repaired.to_dict() == reasons
    assert read.refused.empty


def test_the_mapping_goes_before_the_column():
    assert column("1.913955", said="fraction").values.tolist() == [1.913955]  # 191 %, as one tool writes it
    assert column("1.913955").values.tolist() == [pytest.approx(0.01913955)]
    read = column("0.2", "0.3%", said="percent")
    assert read.values.tolist() == pytest.approx([0.002, 0.003])
    assert read.repaired.to_dict() == {0: SAYS, 1: "percent"}


SHARE_OR_PERCENT = "share or percent? write 0.12 or 12%"


@pytest.mark.parametrize("above", ["12", "1.5", "1,5", " 1.01 "])
def test_a_bare_overlap_above_1_puts_every_bare_one_of_its_file_in_doubt(above):
    cells = ["0.9", "1", above, ".5", "0,5", "1.0", "0", "0.0", "", "12%"]
    read = quantities.share(pd.Series(cells, dtype="str"))
    assert read.values.tolist() == pytest.approx([np.nan] * 6 + [0, 0, np.nan, 0.12], nan_ok=True)
    assert read.refused.to_dict() == dict.fromkeys(range(6), SHARE_OR_PERCENT)
    assert read.repaired.to_dict() == {9: "percent"}
    without = quantities.share(pd.Series([cell for cell in cells if cell != above], dtype="str"))
    assert without.refused.empty
    assert without.values.tolist() == pytest.approx([0.9, 1, 0.5, 0.5, 1, 0, 0, np.nan, 0.12], nan_ok=True)


def test_a_file_of_overlaps_in_percent_says_nothing_of_another_one():
    percent = raw("overlaps", {"overlap": "12"}, {"other": "c", "overlap": "0.9"}, file="a.csv")
    share = raw("overlaps", {"other": "d", "overlap": "0.9"}, file="b.csv")
    result = read(percent, share)
    assert result.overlaps["overlap"].tolist() == [0.9]
    assert told(result, "file", "reason") == [("a.csv", SHARE_OR_PERCENT)] * 2


def test_an_engagement_rate_that_is_none_costs_no_row():
    result = read(raw("creators", {"reported_er": "x"}, {"creator": "b", "reported_er": "191%"}))
    assert result.creators["reported_er"].tolist() == pytest.approx([np.nan, 1.91], nan_ok=True)
    assert told(result, "status", "reason") == [
        ("repaired", "no engagement rate: unknown"),
        ("repaired", "percent"),
    ]
    assert accounted(result)


@given(st.lists(st.floats(0.001, 0.05), min_size=1, max_size=9), st.text(max_size=6), st.randoms())
def test_neither_order_nor_a_damaged_row_changes_what_a_column_tells(rates, damage, random):
    for factor, expected in ((1, rates), (100, rates)):
        if factor == 100 and np.median(rates) < 0.005:
            continue
        cells = [f"{rate * factor:.6f}" for rate in rates]
        read = column(*cells, damage if damage.strip("0123456789.,- ") else "x")
        assert read.values[: len(rates)].tolist() == pytest.approx(expected, abs=1e-6)
        random.shuffle(cells)
        assert sorted(column(*cells).values) == pytest.approx(sorted(expected), abs=1e-6)


def test_simulated_columns_are_hardly_ever_read_wrong():
    """Log-normal rates around the medians of nano and mega accounts (model.md D1), of 1 to 30 accounts."""
    rng = np.random.default_rng(20261125)
    wrong = unsaid = 0
    for middle in (0.034, 0.012):
        for size in (1, 3, 10, 30):
            for _ in range(40):
                rates = middle * np.exp(0.9 * rng.standard_normal(size))
                for factor in (1, 100):
                    found = quantities._scale(pd.Series(rates * factor))
                    unsaid += found == ""
                    wrong += found not in ("", "fraction" if factor == 1 else "percent")
    assert wrong <= 3
    assert unsaid <= 20
