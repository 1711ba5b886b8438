"""Proves that `nanospread late` says by the clock which briefs have no good report that is due, and why."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nanospread import cli
from nanospread.cli import late_reports, workspace
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.report import archive, refusal
from test_archive_lists import put
from test_cli import called

MONDAY = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)  # of 2026-W48
SINCE = "2026-11-22 21:00 UTC"
WEEK, BEFORE, LONG_AGO = "2026-W48", "2026-W47", "2026-W30"


@pytest.mark.parametrize(
    ("by", "now", "zone", "week"),
    [
        ("monday 00:00", MONDAY, "UTC", WEEK),
        ("Monday 09:00", MONDAY, "UTC", BEFORE),
        ("monday 09:00", MONDAY, "Europe/Berlin", WEEK),  # 09:30 there
        ("monday 8:30", MONDAY, "UTC", WEEK),
        ("tuesday", MONDAY + timedelta(hours=15, minutes=29), "UTC", BEFORE),
        ("tuesday", MONDAY + timedelta(hours=15, minutes=30), "UTC", WEEK),
        ("sunday 23:59", MONDAY + timedelta(days=6), "UTC", BEFORE),
        ("monday", datetime(2026, 11, 22, 12, tzinfo=UTC), "Pacific/Kiritimati", WEEK),
        ("monday", datetime(2026, 12, 28, tzinfo=UTC), "UTC", "2026-W53"),
        ("tuesday", datetime(2027, 1, 4, 9, tzinfo=UTC), "UTC", "2026-W53"),
    ],
)
def test_a_week_is_due_from_its_day_and_hour_on_in_the_zone_of_the_brief(by, now, zone, week):
    assert late_reports.due(by, now, ZoneInfo(zone)) == week


@pytest.mark.parametrize("by", ["moonday 09:00", "monday 25:00", "monday 9", "09:00", "", "monday 09:00 UTC"])
def test_another_text_is_no_day_and_hour(by):
    with pytest.raises(InputError, match="write --by as 'monday 09:00'"):
        late_reports.due(by, MONDAY)


def test_each_brief_without_a_good_report_is_one_line_with_its_reason(tmp_path):
    put(tmp_path, LONG_AGO, "crashed", "published")
    put(tmp_path, WEEK, "crashed", "failed")
    put(tmp_path, BEFORE, "forgotten", "published")
    put(tmp_path, WEEK, "good", "published")
    put(tmp_path, WEEK, "again", "published")
    put(tmp_path, WEEK, "again", "failed")  # a second run: there is a good report all the same
    put(tmp_path, WEEK, "ahead", "published")
    put(tmp_path, "2026-W49", "ahead", "failed")
    put(tmp_path, WEEK, "refused", "failed")
    state = archive.read_state(tmp_path, WEEK, "refused")
    assert state is not None
    archive.write_state(tmp_path, replace(state, reason=f"{refusal.REFUSED}: x.yaml: budget"))
    put(tmp_path, WEEK, "going", "running")
    put(tmp_path, BEFORE, "e.what-if", "published")
    assert list(late_reports.lines(tmp_path, late_reports.late(tmp_path, (), "monday", MONDAY))) == [
        f"late  {WEEK}  crashed: failed: 03, cell 2: boom; last good: {LONG_AGO}, 18 weeks earlier",
        f"late  {WEEK}  forgotten: no run was started; last good: {BEFORE}, 1 week earlier",
        f"late  {WEEK}  going: a run has been at work since {SINCE}; there is no good report yet",
        f"late  {WEEK}  refused: refused before it began: x.yaml: budget; there is no good report yet",
    ]
    assert [each.brief for each in late_reports.late(tmp_path, (), "tuesday", MONDAY)] == [
        "crashed",
        "going",
        "refused",
    ]
    with pytest.raises(InputError, match="name a brief with --brief"):
        late_reports.late(tmp_path / "none", (), "monday", MONDAY)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Return a workspace, and be in it."""
    workspace.init(tmp_path / "mine")
    monkeypatch.setattr(paths, "ROOT", tmp_path / "mine")
    monkeypatch.setattr(paths, "BRIEFS", (tmp_path / "mine" / "briefs", paths.BRIEFS[1]))
    return tmp_path / "mine"


def test_of_a_workspace_those_briefs_are_due_that_its_user_wrote_or_changed_else_the_sample(mine):
    out, sample = mine / "reports", mine / "briefs" / "sample.yaml"
    put(out, WEEK, "retired", "failed")
    assert [each.brief for each in late_reports.late(out, (), "monday", MONDAY)] == ["sample"]
    text = sample.read_text()
    (mine / "briefs" / "autumn.yaml").write_text(text.replace("name: sample", "name: autumn26"))
    (mine / "briefs" / "broken.yaml").write_text("name: broken\nbudget: [")
    found = late_reports.late(out, (), "monday", MONDAY)
    assert [(each.brief, each.reason) for each in found] == [
        ("autumn26", "no run was started"), ("broken", "no run was started")
    ]  # fmt: skip
    sample.write_text(text.replace("budget: 5000", "budget: 5001"))
    assert [each.brief for each in late_reports.late(out, (), "monday", MONDAY)] == [
        "autumn26",
        "broken",
        "sample",
    ]
    assert [each.brief for each in late_reports.late(out, ["sample"], "monday", MONDAY)] == ["sample"]


def test_a_name_that_neither_a_file_nor_a_report_has_is_a_slip(mine):
    put(mine / "reports", BEFORE, "gone", "published")
    [late] = late_reports.late(mine / "reports", ["gone.yaml"], "monday", MONDAY)
    assert late.brief == "gone"
    with pytest.raises(InputError, match=r"brief file 'samlpe.yaml' does not exist"):
        late_reports.late(mine / "reports", ["gone.yaml", "samlpe.yaml"], "monday", MONDAY)


def test_the_command_is_silent_with_status_0_where_nothing_is_late_and_else_ends_with_1(
    mine, capsys, monkeypatch
):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return MONDAY

    def call(*arguments):
        given = ("late", "--out", str(mine / "reports"), *arguments)
        return called(*given, capsys=capsys, monkeypatch=monkeypatch)

    monkeypatch.setattr(cli, "datetime", Clock)
    status, said, _ = call()
    assert (status, said) == (
        1,
        f"late  {WEEK}  sample: no run was started; there is no good report yet\n",
    )
    put(mine / "reports", WEEK, "sample", "published")
    assert call() == (0, "", "")
    assert call("--by", "noon")[0] == 2
    (mine / paths.MARKER).write_text(json.dumps({"files": {}}))  # all of its briefs are its user's then
    assert [line.split()[2] for line in call()[1].splitlines()] == ["beichert:", "macro_wins:"]
