"""Proves which run of which brief is told, as what, and when a report is news."""

import json
import os

import pytest

from nanospread.core.errors import InputError
from nanospread.report import archive
from nanospread.send import events
from receivers import BRIEF, MARK, VERDICT, WEEK, failed, reported


def told(out, **chosen):
    return [(event.kind, event.week, event.brief) for event in events.newest(out, **chosen)]


def test_a_report_is_told_with_its_decision_and_its_odds(tmp_path):
    reported(tmp_path)
    (event,) = events.newest(tmp_path)
    assert (event.kind, event.key, event.decision, event.headline) == (
        "success",
        MARK,
        "Choose nano",
        VERDICT,
    )
    assert event.odds == (("gifted nano: loses money", "27%"),)  # neither by luck alone, nor of other pages


def test_a_failed_run_says_why_and_what_is_still_good(tmp_path):
    reported(tmp_path, week="2026-W46")
    failed(tmp_path, reason="01_data_quality, code cell 3: no posts.")
    (event,) = events.newest(tmp_path)
    assert (event.kind, event.subject) == ("failure", "Failed: Autumn launch · 2026-W47")
    assert event.headline == (
        "The run of 2026-W47 failed: 01_data_quality, code cell 3: no posts. "
        "The last good report is of 2026-W46."
    )
    assert event.folder == archive.banner_path(tmp_path, WEEK, BRIEF)


def test_a_brief_that_is_late_is_told_once_a_week(tmp_path):
    tmp_path.joinpath(WEEK).mkdir()
    event = events.late(tmp_path, WEEK, BRIEF, "Autumn launch", "it never ran")
    assert (event.kind, event.subject) == ("late", "Late: Autumn launch · 2026-W47")
    assert event.headline == (
        "There is no good report of 2026-W47 yet: it never ran. There is no good report yet."
    )
    assert event.key == events.late(tmp_path, WEEK, BRIEF, "Autumn", "it failed").key


def test_the_newest_run_of_each_brief_is_told_unless_it_is_old_or_a_what_if(tmp_path):
    for week, brief in (("2026-W47", "autumn"), ("2026-W46", "autumn"), ("2026-W46", "spring"),
                        ("2026-W44", "summer"), ("2026-W47", "autumn.what-if")):  # fmt: skip
        reported(tmp_path, week=week, brief=brief)
    assert told(tmp_path) == [("success", "2026-W47", "autumn"), ("success", "2026-W46", "spring")]
    assert told(tmp_path, week="2026-W44") == [("success", "2026-W44", "summer")]
    assert told(tmp_path, briefs=["spring"]) == [("success", "2026-W46", "spring")]
    with pytest.raises(InputError, match="'sprin'; did you mean 'spring'"):
        told(tmp_path, briefs=["sprin"])
    assert told(tmp_path, week="2020-W01") == told(tmp_path / "none") == []


def test_a_run_at_work_is_not_told(tmp_path):
    reported(tmp_path)
    archive.write_state(tmp_path, archive.State(BRIEF, WEEK, "", archive.RUNNING, "e" * 12, ""))
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("before", "changed"),
    [
        (None, True),  # the first report
        ({}, False),
        ({"p_loss": 0.30}, False),
        ({"p_loss": 0.33}, True),
        ({"verdict": "Choose nano. It earns EUR 9,999 on average."}, False),
        ({"verdict": "Choose the macro. It earns EUR 1 more."}, True),
    ],
)
def test_a_report_is_news_where_decision_or_odds_are_materially_others(tmp_path, before, changed):
    if before is not None:
        reported(tmp_path, week="2026-W46", mark="a" * 12, **before)
    reported(tmp_path)
    (event,) = events.newest(tmp_path)
    assert event.changed is changed
    assert (event.wanted_by(["change"]), event.wanted_by(["success"]), event.wanted_by(["late"])) == (
        changed,
        True,
        False,
    )


def test_reports_without_a_number_are_told_by_their_decision(tmp_path):
    for week, mark in (("2026-W46", "a" * 12), (WEEK, MARK)):
        file = reported(tmp_path, week=week, mark=mark) / "metrics.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"metrics": {}}))
    (event,) = events.newest(tmp_path)
    assert (event.changed, event.odds) == (False, ())


def test_what_others_wrote_is_one_line_without_links_or_mentions(tmp_path):
    reported(
        tmp_path, title="Autumn\r\nBcc: x@example.org <!channel> https://evil.example", verdict="@here: go"
    )
    (event,) = events.newest(tmp_path)
    for text in (event.title, event.subject, event.headline, event.decision):
        assert "\n" not in text
        assert "://" not in text
        assert "@" not in text


@pytest.mark.parametrize("name", ["summary.json", "provenance.json", "metrics.json"])
@pytest.mark.parametrize("content", [b"[" * 100_000, b"{}", b"5", b"\xff", None], ids=range(5))
def test_a_report_whose_files_were_spoilt_is_waited_for_by_nobody_and_breaks_nothing(tmp_path, name, content):
    file = reported(tmp_path) / name
    if content is None:
        file.unlink()
        os.mkfifo(file)
    else:
        file.write_bytes(content)
    found = events.newest(tmp_path)
    assert [event.odds for event in found] == ([()] if name == "metrics.json" else [])


def test_notes_that_are_no_list_are_a_report_that_cannot_be_read(tmp_path):
    (reported(tmp_path) / "summary.json").write_text('{"title": "x", "verdict": "y", "notes": 5}')
    assert events.newest(tmp_path) == []
