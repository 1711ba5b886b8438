"""Values of any kind become floats, what is missing nan."""

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
