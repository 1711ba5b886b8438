"""Proves the odds along an assumption and a mix, and how many independent creators correlated ones are."""

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import risk
from nanospread.core import errors


def test_values_and_arms_are_told_apart_in_whatever_order_their_rows_come():
    rows = [(v, arm, w, 10 * v + w) for v in (2.0, 1.0) for arm in ("nano", "macro") for w in (1, 0)]
    sweep = pd.DataFrame(rows, columns=["value", "arm", "world", "profit"])
    found = risk.by_value(sweep, name="kappa")
    assert found[["kappa", "arm", "profit_mean"]].to_numpy().tolist() == [
        [1.0, "macro", 10.5],
        [1.0, "nano", 10.5],
        [2.0, "macro", 20.5],
        [2.0, "nano", 20.5],
    ]
    with pytest.raises(errors.InputError, match="the same worlds"):
        risk.by_value(sweep.iloc[1:], name="kappa")


def test_the_odds_of_each_mix_are_those_of_its_arm_beside_the_macro():
    worlds = pd.DataFrame(
        {
            "macro_share": np.repeat([1.0, 0.0, 0.5], 4),
            "arm": pd.Categorical(np.repeat(["macro", "nano_gift", "mix_50"], 4)),
            "world": np.tile(np.arange(4), 3),
            "profit": [1.0, -2.0, 3.0, 0.0, 2.0, 1.0, 2.0, 1.0, 0.0, 0.0, 4.0, -1.0],
        }
    )
    found = risk.by_share(worlds).set_index("macro_share")
    assert found.index.tolist() == [0.0, 0.5, 1.0]
    assert found["profit_mean"].tolist() == [1.5, 0.75, 0.5]
    assert found["p_beats"].tolist()[:2] == [0.75, 0.5]
    assert np.isnan(found.loc[1.0, "p_beats"])
    assert found["p_loss"].tolist() == [0.0, 0.25, 0.25]


@pytest.mark.parametrize(("n", "rho"), [(0, 0.1), (3, 1.1)])
def test_no_creators_and_impossible_correlations_are_refused(n, rho):
    with pytest.raises(errors.InputError, match="must be"):
        risk.effective_n(n, rho)
