"""Proves that a metrics.json is read back as it was written, that a corrupt, foreign or older one is refused
in one line and costs nothing but itself, and that a method's version follows data/methods.csv."""

import copy
import json
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earlier_reports import LAST, NOW, WEEK, other, put
from nanospread.campaign import brief
from nanospread.core import errors, paths
from nanospread.core import weeks as iso
from nanospread.report import records

sys.path.insert(0, str(paths.ROOT / "tools"))
import methods as kept_methods

import baseline

METRIC = {
    "label": "p", "value": 0.25, "low": 0.2, "high": 0.3, "se": 0.02, "n": 400, "unit": "share",
    "basis": "estimated", "formula": "losses / worlds", "notebook": "00",
}  # fmt: skip
DATA = records.Data(sha256="a" * 64, first=date(2026, 9, 1), newest=date(2026, 11, 15))


@pytest.fixture
def written():
    return json.loads(json.dumps(records.record(
        name="sample", week=LAST, plan=NOW.plan, in_force=NOW.plan, data=DATA,
        parameters={"seed": 7, "n_worlds": 400, "last_days": None, "fresh_days": 3.0},
        metrics={"p_loss_macro": METRIC, "er": {**METRIC, "value": None, "se": None, "n": None}},
    )))  # fmt: skip


def refused(content) -> str:
    with pytest.raises(errors.InputError) as caught:
        records.parsed(content)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_was_written_is_read_back(written, tmp_path):
    report, digest = records.read(put(tmp_path, written))
    assert (report.brief, report.week, report.seed, report.n_worlds) == ("sample", LAST, 7, 400)
    assert report.data == DATA
    assert report.parameters["last_days"] is None
    assert report.metrics["p_loss_macro"].value == 0.25
    assert report.metrics["p_loss_macro"].method == records.versions(["p_loss_macro"])["p_loss_macro"]
    assert report.metrics["er"].value is None
    assert records.restored(report.campaign) == NOW.plan
    assert len(digest) == 64


def test_a_what_if_is_read_too(written):
    assert records.parsed({**written, "brief": "sample.what-if"}).brief == "sample.what-if"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 1}, "schema must be 2; got '1'"),
        ({"schema": 3}, "schema must be 2; got '3'"),
        ({"schema": True}, "schema must be 2"),
        ({"schema": "2"}, "schema must be 2"),
        ({"week": "2026-W54"}, "year and ISO week"),
        ({"week": "../../etc"}, "year and ISO week"),
        ({"brief": "../x"}, "the name of a brief"),
        ({"seed": "7"}, "seed must be a valid integer; got '7'"),
        ({"data": {"sha256": "x", "first": "2026-01-01", "newest": "2026-01-01"}}, "a SHA-256"),
        ({"data": {"sha256": "a" * 64, "first": "2026-13-01", "newest": "2026-01-01"}}, "data.first"),
        ({"metrics": {"p": {**METRIC, "method": 1, "value": 1e300}}}, "metrics.p.value must be from"),
        ({"metrics": {"p": {**METRIC, "method": 1, "value": float("nan")}}}, "finite number"),
        (
            {"metrics": {"p": {**METRIC, "method": 1, "basis": "guessed"}}},
            "'measured', 'estimated' or 'assumed'",
        ),
        ({"metrics": {"p": METRIC}}, "metrics.p.method is missing"),
        ({"metrics": {"p": {**METRIC, "method": 0}}}, "must be from 1"),
        ({"metrics": []}, "metrics"),
        ({"more": 1}, "unknown field 'more'"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(written, change, said):
    assert said in refused({**written, **change})


@pytest.mark.parametrize("field", ["brief", "week", "seed", "data", "parameters", "campaign", "metrics"])
def test_a_missing_field_is_refused_by_its_name(written, field):
    del written[field]
    assert f"{field} is missing" in refused(written)


@pytest.mark.parametrize("content", [None, [], "x", 2, {}])
def test_what_is_no_record_at_all_is_refused(content):
    refused(content)


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[" * 100_000, '{"schema": 2}', "\x00\x01", '{"schema": 2, "brief": ' + "9" * 5000],
)
def test_a_corrupt_file_counts_as_no_report_and_is_told(tmp_path, text):
    put(tmp_path, text)
    past = records.earlier(str(tmp_path), brief="sample", week=WEEK)
    assert past.last is None
    assert len(past.notes) == 1
    assert past.notes[0].startswith(f"The report of {LAST} cannot be compared with: ")
    assert "\n" not in past.notes[0]


def test_bytes_that_are_no_text_a_folder_and_a_file_too_large_are_told(tmp_path):
    put(tmp_path, "{}").write_bytes(b"\xff\xfe{")
    put(tmp_path, "", "2026-W45").write_bytes(b" " * 10_000_001)
    file = put(tmp_path, "", "2026-W44")
    file.unlink()
    file.mkdir()
    (tmp_path / "2026-W43" / "sample").mkdir(parents=True)
    past = records.earlier(str(tmp_path), brief="sample", week=WEEK)
    assert past.last is None
    assert [note.split("metrics.json ")[1] for note in past.notes] == [
        "is no whole JSON.", "is larger than 10,000,000 bytes.", "cannot be read: it is no file.",
        "cannot be read: No such file or directory.",
    ]  # fmt: skip


@pytest.mark.parametrize("change", [{"brief": "other"}, {"week": "2026-W44"}])
def test_a_foreign_report_in_the_place_of_ours_is_not_ours(tmp_path, written, change):
    put(tmp_path, {**written, **change})
    past = records.earlier(str(tmp_path), brief="sample", week=WEEK)
    assert past.last is None
    assert "says it is of" in past.notes[0]


def test_the_newest_good_report_before_the_week_is_the_last_one(tmp_path, written):
    for week in ("2026-W40", "2026-W45", WEEK, "2026-W48"):
        put(tmp_path, {**written, "week": week}, week)
    put(tmp_path, {**written, "week": "2026-W46", "brief": "else"}, "2026-W46", "else")
    put(tmp_path, {**written, "brief": "sample.what-if"}, LAST, "sample.what-if")
    past = records.earlier(str(tmp_path), brief="sample", week=WEEK)
    assert [report.week for report in past.reports] == ["2026-W45", "2026-W40"]
    assert [week for week, _ in past.files] == ["2026-W45", "2026-W40"]
    assert past.notes == ()


def test_of_a_weeks_own_folder_the_report_of_the_brief_is_all_that_is_looked_at(tmp_path, written):
    put(tmp_path, written)
    put(tmp_path, {**written, "week": WEEK}, WEEK)
    past = records.earlier(str(tmp_path / WEEK), brief="sample", week=WEEK)
    assert [report.week for report in past.reports] == [WEEK]
    assert records.earlier(str(tmp_path / WEEK), brief="else", week=WEEK).last is None


def test_reports_older_than_the_lines_are_read_only_where_there_is_no_newer(tmp_path, written):
    for week in ("2026-W01", "2025-W30"):
        put(tmp_path, {**written, "week": week}, week)
    past = records.earlier(str(tmp_path), brief="sample", week=WEEK)
    assert [report.week for report in past.reports] == ["2026-W01"]
    put(tmp_path, written)
    past = records.earlier(str(tmp_path), brief="sample", week=WEEK)
    assert [report.week for report in past.reports] == [LAST]


def test_no_folder_no_week_and_a_folder_that_is_none(tmp_path):
    assert records.earlier("", brief="sample", week="") == records.EarlierReports()
    with pytest.raises(errors.InputError, match="week '': write the week of this report"):
        records.earlier(str(tmp_path), brief="sample", week="")
    past = records.earlier(str(tmp_path / "nowhere"), brief="sample", week=WEEK)
    assert past.notes == ("Earlier reports cannot be read: No such file or directory.",)


@given(st.integers(0, 40), st.integers(2000, 2060), st.integers(1, 52))
def test_a_week_some_weeks_before_is_that_many_weeks_ago(number, year, week):
    name = f"{year}-W{week:02d}"
    assert iso.behind(iso.before(name, number), name) == number


def test_weeks_go_over_the_years_end():
    assert iso.before("2027-W01", 1) == "2026-W53"
    assert iso.behind("2026-W53", "2027-W02") == 2
    assert not iso.exists("2025-W53")
    assert records.EarlierReports("2027-W01").weeks[-2:] == ("2026-W53", "2027-W01")


def test_a_brief_goes_into_plain_data_and_back(written):
    kept = written["campaign"]
    assert kept["own"] == []
    assert kept["in_force"]["kappa"] == NOW.plan.value("kappa")
    for plan in (NOW.plan, brief.read("beichert"), brief.read("macro_wins"), other(kappa=3, weeks=4).plan):
        there = json.loads(json.dumps(records.content(plan, plan)))
        assert records.restored(there) == plan


def test_what_differs_between_two_briefs_is_named_once_with_both_values():
    found = records.differences(NOW.plan, other(budget=6000.0, kappa=4, macro_niche="food").plan)
    assert found == [("budget", 5000.0, 6000.0), ("macro.niche", "fashion", "food"), ("kappa", 10.0, 4.0)]
    assert records.differences(NOW.plan, NOW.plan) == []
    on = other(switches=("macro_halo",)).plan
    names = [name for name, _, _ in records.differences(NOW.plan, on)]
    assert names == ["switches", "macro_halo"]


def test_the_version_of_a_method_is_the_highest_that_fits():
    rows = pd.DataFrame(
        [("*", 1, "first"), ("p_*", 2, "second"), ("p_loss_*", 4, "fourth"), ("p_flop_*", 3, "third")],
        columns=["metric", "version", "changed"],
    )
    assert records.versions(["er", "p_zero", "p_loss_macro"], rows) == {
        "er": 1,
        "p_zero": 2,
        "p_loss_macro": 4,
    }
    assert records.method_change("p_loss_macro", rows) == "fourth"
    assert records.versions(["x"], rows.iloc[1:]) == {"x": 1}


@pytest.mark.parametrize("version", ["0", "-1", "1.5", "", "two", "²"])
def test_a_version_that_is_no_number_stops(tmp_path, version):
    file = tmp_path / "methods.csv"
    file.write_text(f"metric,version,changed\n*,{version},x\n", encoding="utf-8")
    with pytest.raises(errors.InputError, match="whole number from 1"):
        records.methods(file)


def test_a_table_of_methods_with_other_columns_stops(tmp_path):
    file = tmp_path / "methods.csv"
    file.write_text("metric,version\n*,1\n", encoding="utf-8")
    with pytest.raises(errors.InputError, match="needs the columns metric, version, changed"):
        records.methods(file)


def test_every_row_of_our_table_says_what_changed():
    rows = records.methods()
    assert rows["changed"].str.len().gt(0).all()
    assert not rows.duplicated(["metric", "version"]).any()


def test_no_formula_changed_without_a_new_version_of_its_method():
    """After a change: a row in data/methods.csv, `make notebooks`, then python tools/methods.py."""
    now = kept_methods.methods(baseline.stored_notebooks())
    assert kept_methods.unraised(kept_methods.stored(), now) == []
    assert {name: now[name] for name in kept_methods.stored() if name in now} == {
        name: row for name, row in kept_methods.stored().items() if name in now
    }, "keep the raised versions: python tools/methods.py"


def test_a_formula_that_changed_under_its_old_version_is_named():
    old = {"p": {"method": 1, "formula": "a / b"}, "q": {"method": 2, "formula": "c"}}
    assert kept_methods.unraised(old, old) == []
    other_formula = {**old, "p": {"method": 1, "formula": "a / c"}}
    [line] = kept_methods.unraised(old, other_formula)
    assert line.startswith("p: 'a / b' is now 'a / c' under version 1")
    assert kept_methods.unraised(old, {**old, "p": {"method": 2, "formula": "a / c"}}) == []
    assert len(kept_methods.unraised(old, {**old, "q": {"method": 1, "formula": "c"}})) == 1
    assert kept_methods.unraised(old, {"new": {"method": 1, "formula": "x"}}) == []


def test_the_record_does_not_depend_on_the_order_of_its_metrics(written):
    again = copy.deepcopy(written)
    again["metrics"] = dict(reversed(again["metrics"].items()))
    assert records.parsed(again) == records.parsed(written)


def test_the_fingerprint_is_of_names_and_bytes_of_data_files_alone(tmp_path):
    for name in ("a.csv", "b.tsv"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    bare = records.fingerprint(tmp_path)
    (tmp_path / "mapping.yaml").write_text("b.tsv: {table: posts}", encoding="utf-8")
    first = records.fingerprint(tmp_path)
    assert first != bare
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    assert records.fingerprint(tmp_path) == first
    Path(tmp_path / "a.csv").rename(tmp_path / "c.csv")
    assert records.fingerprint(tmp_path) != first
