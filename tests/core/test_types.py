"""Values of any kind become floats, what is missing nan; text with gaps becomes text without."""

import numpy as np
import pandas as pd
import pytest

from nanospread.core import types


@pytest.mark.parametrize("values", [[1, None], pd.array([1, None], dtype="Int64"), np.array([1.0, np.nan])])
def test_missing_values_of_any_kind_are_nan(values):
    number = types.floats(values)
    assert number.dtype == np.float64
    assert number[0] == 1
    assert np.isnan(number[1])


def test_a_number_is_an_array_of_one():
    assert types.floats(2).tolist() == [2.0]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([np.nan, np.nan]),
        pd.Series([None, pd.NA], dtype=object),
        pd.Series(["a", "b"], dtype="str").map(pd.Series([], dtype="str", index=pd.Index([], dtype="str"))),
        pd.Series([np.nan, None], dtype="str"),
    ],
)
def test_a_column_that_is_all_missing_becomes_text(values):
    filled = types.filled_text(values, "unknown")
    assert filled.dtype == "str"
    assert filled.tolist() == ["unknown", "unknown"]


def test_what_is_there_stays_as_it_is():
    values = pd.Series(["a", None, ""], index=[3, 1, 2], dtype="str")
    assert types.filled_text(values).to_dict() == {3: "a", 1: "", 2: ""}
