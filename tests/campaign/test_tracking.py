"""The share that codes and links see is Chapman's: by hand, against made-up orders, and silent at times."""

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import tracking
from nanospread.campaign.tracking import CaptureCounts

CODES = pd.DataFrame(
    {"kind": ["code", "link", "code"], "code": ["A", "a", "B"], "creator": ["maya", "maya", "bo"]}
)


def orders(both: int, code: int, link: int, creator: str = "maya") -> pd.DataFrame:
    number = both + code + link
    by_code = [True] * (both + code) + [False] * link
    by_link = [True] * both + [False] * code + [True] * link
    return pd.DataFrame(
        {"outcome": "credited", "order": [str(at) for at in range(number)], "creator": creator,
         "by_code": by_code, "by_link": by_link}
    )  # fmt: skip


def test_chapman_by_hand() -> None:
    of = tracking.total(CaptureCounts(both=50, code_only=150, link_only=100))
    assert of.value == pytest.approx(201 * 151 / 51 - 1)
    assert 300 < of.low < of.value < of.high


def test_the_share_replaces_the_assumed_one_and_says_what_it_rests_on() -> None:
    row = tracking.measured(orders(50, 150, 100), CODES)["tracked_share"]
    assert row["central"] == pytest.approx(300 / (201 * 151 / 51 - 1))
    assert row["low"] < row["central"] < row["high"] < 1
    assert row["source"] == "orders seen 50 by code and link, 150 by code, 100 by link"


@pytest.mark.parametrize(("both", "told"), [(0, False), (6, False), (7, True)])
def test_with_hardly_any_order_seen_by_both_nothing_changes(both: int, told: bool) -> None:
    assert bool(tracking.measured(orders(both, 90, 80), CODES)) == told


def test_who_has_only_a_code_says_nothing_of_links() -> None:
    assert tracking.measured(orders(20, 90, 80, creator="bo"), CODES) == {}


def test_more_orders_seen_by_one_alone_mean_a_smaller_share() -> None:
    shares = [tracking.measured(orders(40, more, more), CODES)["tracked_share"] for more in (10, 40, 160)]
    assert shares[0]["central"] > shares[1]["central"] > shares[2]["central"]


def test_the_interval_holds_four_of_five_times() -> None:
    rng, there, held = np.random.default_rng(7), 800, []
    for _ in range(400):
        code, link = rng.random(there) < 0.4, rng.random(there) < 0.3
        of = tracking.total(CaptureCounts(*(int(x.sum()) for x in (code & link, code & ~link, link & ~code))))
        held.append(of.low <= there <= of.high)
    assert abs(np.mean(held) - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 400)


def test_a_link_that_never_comes_alone_is_no_certainty() -> None:
    row = tracking.measured(orders(10, 90, 0), CODES)["tracked_share"]
    assert row["low"] < row["high"] <= tracking.MOST
