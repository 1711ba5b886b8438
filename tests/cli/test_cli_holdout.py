"""Proves that the holdout commands plan, read and write a test, and that reports learn from it."""

import re
import shlex

import numpy as np
import pytest

import nanospread as ns
from nanospread.core import paths
from oracles import weekly_orders
from test_cli import called

YEARS, LENGTH = 60, 4


@pytest.fixture
def call(capsys, monkeypatch):
    return lambda *arguments: called(*arguments, capsys=capsys, monkeypatch=monkeypatch)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Return a folder with a shop's orders before a test, and all of them with an effect in every region."""
    folder = tmp_path_factory.mktemp("shop")
    of = weekly_orders.drawn(np.random.default_rng(1), 10, YEARS + LENGTH, size=2)
    rows = weekly_orders.named(of.orders)
    rows.to_csv(folder / "after.csv", index=False)
    rows[rows["week"] <= rows["week"].unique()[YEARS - 1]].to_csv(folder / "weekly.csv", index=False)
    totals = rows.groupby("week", as_index=False)["orders"].sum()
    totals.to_csv(folder / "total.csv", index=False)
    return folder, rows


def test_a_small_campaign_is_said_to_be_too_small_with_what_else_would_tell(call, shop):
    status, out, _ = call("holdout", "plan", str(shop[0] / "weekly.csv"), "--orders", "40")
    assert status == 0
    assert out.startswith("Too small to be measured this way: ")
    assert "a question after checkout" in out
    assert re.search(r"the same test in [\d,]+ campaigns like this", out)


@pytest.mark.slow
def test_without_a_number_the_study_says_what_to_expect(call, shop):
    rows = weekly_orders.named(np.full((60, 8), 100.0) + np.arange(8))
    study = ns.open()
    plan = study.holdout_test(rows, n_worlds=512)
    run = study.simulate(512, only=["nano_gift"])
    assert plan.expected == pytest.approx(run.worlds["conversions"].mean())
    with pytest.raises(ns.InputError, match="unknown side 'micro'"):
        study.holdout_test(rows, side="micro")


def test_totals_turn_the_campaign_on_and_off(call, shop):
    status, out, _ = call("holdout", "plan", str(shop[0] / "total.csv"), "--orders", "300")
    assert status == 0
    assert "the campaign is turned on and off" in out
    assert "--on " in out.splitlines()[-1]


@pytest.mark.slow
def test_the_printed_command_reads_the_test_and_the_next_report_learns_from_its_row(call, shop, tmp_path):
    folder, rows = shop
    _, out, _ = call("holdout", "plan", str(folder / "weekly.csv"), "--orders", "400", "--weeks", str(LENGTH))
    assert out.startswith("This test would see what the campaign should add")
    words = shlex.split(out.splitlines()[-1])[1:]
    treated = words[words.index("--regions") + 1].split(", ")
    during = rows["week"] > rows["week"].unique()[YEARS - 1]
    lifted = rows.assign(
        orders=(rows["orders"] * np.where(during & rows["region"].isin(treated), 1.5, 1)).round()
    )
    added = (lifted["orders"] - rows["orders"]).sum()
    lifted.to_csv(folder / "after.csv", index=False)
    exports = tmp_path / "exports"
    exports.mkdir()
    for file in paths.SAMPLE.glob("*.csv"):
        (exports / file.name).write_bytes(file.read_bytes())
    days = {"--start": "2026-10-26", "--end": "2026-11-22", "--campaign": "2026-autumn"}
    days |= {"--into": str(exports / "lift_tests.csv")}
    words[2] = str(folder / "after.csv")
    for option, value in days.items():
        words[words.index(option) + 1] = value
    status, out, err = call(*words)
    assert (status, err) == (0, "")
    assert out.startswith("The campaign added ")
    assert call(*words)[1].splitlines()[-1].endswith("has this row already.")
    before, after = ns.open(), ns.open(exports, brief="sample")
    (row,) = after.tables.lift_tests.to_dict("records")
    assert abs(row["incremental_orders"] - added) < 3 * row["se"]
    assert "1 lift test" in after.beliefs.learned_from["incremental_share"]
    assert "incremental_share" not in before.beliefs.learned_from
    words[words.index("--before") + 1] = "3"
    assert "has another result of this test: delete its row first" in call(*words)[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--regions", "region 0x"], "unknown region 'region 0x'; did you mean 'region 0"),
        ([], "name the regions with the campaign (--regions), or the weeks (--on)"),
        (
            ["--regions", "region 01", "--start", "soon"],
            "--start is 'soon': it must be a day such as 2027-03-01",
        ),
        (["--regions", "region 01", "--end", "2030-01-01"], "is not in the data, whose whole weeks are of"),
        (["--regions", "region 01", "--side", "micro"], "unknown side 'micro'"),
        (["--on", "1,2"], "the test has 4 weeks: must be 7 to 12 pairs of 2 weeks on and 2 off"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_status_2(call, shop, options, said):
    given = ["--start", "2026-10-26", "--end", "2026-11-22", "--campaign", "spring", *options]
    status, out, err = call("holdout", "read", str(shop[0] / "after.csv"), *given)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_week_that_a_region_lacks_is_told(call, shop, tmp_path):
    rows = shop[1]
    rows[(rows["week"] != "2026-W30") | (rows["region"] != "region 04")].to_csv(
        tmp_path / "o.csv", index=False
    )
    given = ["--start", "2026-10-26", "--end", "2026-11-22", "--campaign", "spring", "--before", "4"]
    given += ["--regions", "region 01, region 02, region 03, region 04, region 05"]
    status, out, err = call("holdout", "read", str(tmp_path / "o.csv"), *given)
    assert (status, err) == (0, "")
    assert "In no comparison, since a region lacks a row: 1 week, region 04 (2026-W30)." in out
    status, _, err = call("holdout", "plan", str(tmp_path / "o.csv"), "--orders", "300")
    assert (status, err.count("\n")) == (2, 1)
    assert "weeks are missing: region 04 (2026-W30); write 0 where nothing was ordered" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"post,likes\n1,2\n", "posts.csv line 1: the columns must be campaign, side, incremental_orders"),
        ("campaign,side\nFr\xfchling,nano\n".encode("latin-1"), "posts.csv: not UTF-8 text"),
    ],
)
def test_a_file_of_something_else_is_not_written_to(call, shop, tmp_path, content, said):
    (tmp_path / "posts.csv").write_bytes(content)
    given = ["--start", "2026-10-26", "--end", "2026-11-22", "--campaign", "spring", "--regions", "region 01"]
    given += ["--before", "4"]
    _, _, err = call(
        "holdout", "read", str(shop[0] / "after.csv"), *given, "--into", str(tmp_path / "posts.csv")
    )
    assert said in err
    assert (tmp_path / "posts.csv").read_bytes() == content
