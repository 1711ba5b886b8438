"""Orders and codes teach a study what its creators sell, what came back and what tracking sees."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nanospread as ns
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.ingest import order_results

CREATORS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sample without its results, with the orders that 60 of its creators brought."""
    place = tmp_path_factory.mktemp("orders")
    for name in ("creators", "posts"):
        shutil.copy(paths.SAMPLE / f"{name}.csv", place)
    counts = pd.read_csv(paths.SAMPLE / "creators.csv").drop_duplicates("creator")
    nano = counts[counts["followers"] < 10_000]["creator"].head(CREATORS)
    random, rows = np.random.default_rng(3), []
    for at, creator in enumerate(nano):
        for _ in range(random.poisson(4)):
            by = random.integers(0, 3)
            code = f"CODE{at}" if by != 1 else ""
            link = f"https://shop.example/?ref={creator}" if by != 0 else ""
            state = "refunded" if random.random() < 0.1 else "paid"
            rows.append(
                (f"#{len(rows)}", "2026-10-0" + str(1 + len(rows) % 9), 45, 5, "EUR", state, code, link)
            )
    head = ["order", "date", "total", "discount", "currency", "status", "coupon", "landing page"]
    pd.DataFrame(rows, columns=head).to_csv(place / "orders.csv", index=False)
    codes = [("code", f"CODE{at}", creator, "autumn") for at, creator in enumerate(nano)]
    codes += [("link", creator, creator, "autumn") for creator in nano]
    pd.DataFrame(codes, columns=["kind", "code", "creator", "campaign"]).to_csv(
        place / "codes.csv", index=False
    )
    return place


@pytest.mark.slow
def test_orders_are_results_and_teach_beliefs(folder: Path) -> None:
    study = ns.open(folder)
    results, orders = study.tables.results, pd.read_csv(folder / "orders.csv")
    assert results["orders"].sum() == len(orders)
    assert results["revenue"].sum() == 50 * len(orders)
    assert len(results) == CREATORS  # who sold nothing has a result, too
    believed = study.beliefs
    assert believed.basis["order_value"] == "learned"
    assert abs(np.median(believed.column("order_value")) - 50) < 5


def test_refunds_discounts_and_tracking_are_measured(folder: Path) -> None:
    study = ns.open(folder)
    assert study.measured["code_discount"]["central"] == pytest.approx(0.1)
    assert 0.02 < study.measured["return_rate"]["central"] < 0.25
    tracked = study.measured["tracked_share"]
    assert str(tracked["source"]).startswith("orders seen")
    assert 0.5 < tracked["central"] < 1
    assert study.brief.assumptions.tracked_share.basis == "measured"


@pytest.mark.slow
def test_without_orders_nothing_is_measured_of_tracking() -> None:
    assert "tracked_share" not in ns.open().measured


@pytest.mark.slow
def test_orders_in_another_currency_stop_a_brief_of_ones_own_and_no_default_one(folder: Path) -> None:
    assert ns.open(folder, currency="EUR").tables.results["revenue"].sum() > 0
    with pytest.raises(InputError, match="rate_table"):
        _ = ns.open(folder, currency="SEK").tables


def test_the_rule_of_credit_is_the_brief_s(folder: Path) -> None:
    study = ns.open(folder)
    assert study.changed(credit_first="link").data.order_settings.rule.first == "link"
    assert study.changed(budget=9_000).tables is study.tables


@pytest.mark.slow
def test_orders_keep_their_days_for_the_look_of_a_rule(folder: Path) -> None:
    study, exported = ns.open(folder), pd.read_csv(folder / "orders.csv")
    orders, until = order_results.dated(study.data.counted)
    days = orders.groupby("ordered_at")["orders"].sum()
    told = exported.groupby("date").size()
    assert days.tolist() == told.tolist()
    assert (until, set(orders["campaign"])) == (pd.Timestamp(told.index[-1], tz="UTC"), {"autumn"})
    state = study.running("autumn")
    assert state is not None
    assert state.batches[["live", "orders"]].to_numpy().tolist() == [[CREATORS, len(exported)]]
