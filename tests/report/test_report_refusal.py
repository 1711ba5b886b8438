"""Proves that a run refused before any kernel starts is told where its report would have been published."""

import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from nanospread.cli import reports
from nanospread.core import paths, weeks
from nanospread.core.errors import BusyError, InputError
from nanospread.report import archive, refusal
from nanospread.report.archive import lists, publish, upkeep
from nanospread.report.weekly import RunOptions
from report_runs import STARTED, WEEK, contents, exports, ran

SAMPLE = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")
OLD = weeks.before(WEEK, 17)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return exports(tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def made(tmp_path_factory, data) -> Path:
    """Return a folder whose only report is four months old."""
    out = tmp_path_factory.mktemp("made") / "out"
    ran(out, data, OLD)
    return out


@pytest.fixture
def out(tmp_path, made) -> Path:
    return Path(shutil.copytree(made, tmp_path / "out"))


def brief(folder: Path, old: str = "budget: 5000", new: str = "budget: 12.000,00") -> Path:
    """Write the sample's brief with one line changed, and return its file."""
    file = folder / "mine.yaml"
    file.write_text(SAMPLE.replace(old, new, 1), encoding="utf-8")
    return file


def report(brief: str, data: str, week: str, out: Path, pairs: Sequence[str]) -> None:
    """Do what `nanospread report` does, and raise what it tells."""
    [made] = reports.results(
        reports.ReportsRequest([brief], [data], week, pairs, workers=1, options=RunOptions(STARTED, out))
    )
    assert made.result.error
    raise made.result.error


def refused(
    out: Path, data: Path, brief: str = "sample", week: str = WEEK, pairs: tuple[str, ...] = ()
) -> str:
    """Return why `nanospread report` refuses a run."""
    with pytest.raises(InputError) as error:
        report(brief, str(data), week, out, pairs)
    assert list((out / publish.LOCKS).glob("*")) == []
    return str(error.value)


def told(out: Path, name: str = "sample", week: str = WEEK) -> str:
    """Return what state, banner and list all say of a refused run."""
    state = archive.read_state(out, week, name)
    assert state is not None
    assert state.status == archive.FAILED
    assert state.reason.startswith("refused before it began: ")
    page = (archive.banner_path(out, week, name) / "index.html").read_text()
    assert '<p class="banner failed" role="alert">refused before it began: ' in page
    assert f"The run of {week} failed: refused before it began: " in (out / week / "index.html").read_text()
    return state.reason.partition(": ")[2]


def test_a_brief_that_cannot_be_read_is_told_on_the_front_list_with_the_age_of_the_last_good_report(
    out, data, tmp_path
):
    before = contents(out / OLD / "sample")
    why = refused(out, data, str(brief(tmp_path)))
    assert "budget" in why
    assert told(out) == why
    page = (archive.banner_path(out, WEEK, "sample") / "index.html").read_text()
    assert f"The last good report, of {OLD}</a>, 17 weeks earlier, is unchanged" in page
    assert f"Last good: {OLD}, 17 weeks before {WEEK}." in (out / "index.html").read_text()
    assert [row.status for row in upkeep.listed(out)] == ["failed"]
    assert contents(out / OLD / "sample") == before
    ran(out, data)
    assert not archive.banner_path(out, WEEK, "sample").exists()
    assert [row.status for row in upkeep.listed(out)] == ["published"]


@pytest.mark.parametrize(
    ("given", "where", "said"),
    [
        ({"data": "/nowhere/exports"}, "sample", "'/nowhere/exports' does not exist"),
        ({"pairs": ["n_worlds=many"]}, "sample", "'n_worlds' must be a whole number"),
        ({"pairs": ["no equals"]}, "sample.what-if", "write it as NAME=VALUE"),
        ({"pairs": ["budgte=5000"]}, "sample.what-if", "did you mean 'budget'?"),
        ({"pairs": ["budget=-5"]}, "sample.what-if", "budget must be from"),
        ({"pairs": ["earlier=x"]}, "sample", "is set by the run itself"),
        ({"week": "2026-W54"}, "sample", "2026 has the weeks W01 to W53"),
        ({"week": "next"}, "sample", "write it as year and ISO week"),
    ],
)
def test_a_refusal_stands_where_the_report_would_have_been_or_else_in_this_week(
    out, data, given, where, said
):
    why = refused(out, **({"data": data} | given))
    assert said in why
    assert told(out, where) == why
    rows = [(row.brief, row.status) for row in upkeep.listed(out) if not row.fine]
    assert rows == [("sample", "failed" if where == "sample" else "stale")]  # a what-if can wait


def test_a_backfill_that_is_refused_is_told_in_its_own_week_and_the_brief_stays_as_it_is(out, tmp_path):
    ran(out, exports(tmp_path / "exports"))
    refused(out, tmp_path / "none", week=OLD)
    told(out, week=OLD)
    assert [row.status for row in upkeep.listed(out)] == ["published"]


@pytest.mark.parametrize(
    "text", ["{", "name: sample\nname: sample\n", "name: 'sample' # mine\nbudget: [", ""]
)
def test_the_name_of_a_damaged_brief_is_its_line_or_that_of_its_file(out, data, tmp_path, text):
    file = tmp_path / "sample.yaml"
    file.write_text(text)
    refused(out, data, str(file))
    told(out)


def test_a_sound_brief_is_named_as_it_is_read_whatever_its_lines_look_like(tmp_path):
    file = tmp_path / "mine.yaml"
    plan = "{name: autumn, 'title': 'A: b', currency: EUR, budget: 5000, niches: [food], macro: {niche: food}"
    file.write_text(f"{plan}, time_zone: Asia/Tokyo}}\n")
    found = refusal.identity(file)
    assert (found.name, found.title, str(found.zone)) == ("autumn", "A: b", "Asia/Tokyo")
    assert found.has_file


def test_a_brief_without_a_file_is_known_by_its_reports_alone(out, data, tmp_path):
    missing = str(tmp_path / "sample.yaml")
    assert refused(out, data, missing).startswith("brief file '")
    told(out)
    before = contents(out)
    refused(out, data, str(tmp_path / "sampel.yaml"))  # a slip of the hand, which no later run would put away
    assert contents(out) == before


def test_nothing_is_made_where_no_report_has_ever_been_and_nothing_of_others_is_touched(tmp_path, data):
    with pytest.raises(InputError):
        report("sample", "/none", WEEK, tmp_path / "new", [])
    assert not (tmp_path / "new").exists()
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<h1>Our shop</h1>")
    with pytest.raises(InputError, match="does not exist"):
        report("sample", "/none", WEEK, site, [])
    assert contents(site) == {"index.html": b"<h1>Our shop</h1>"}


def test_another_run_at_work_is_no_refusal_and_one_that_is_refused_meanwhile_leaves_it_alone(out, data):
    with publish.locked(out, WEEK, "sample"):
        with pytest.raises(BusyError):
            ran(out, data)
        with pytest.raises(InputError, match="does not exist"):
            ran(out, Path("/nowhere"))
    assert archive.read_state(out, WEEK, "sample") is None


def test_what_a_refusal_says_does_not_name_the_user_s_folders(out):
    refused(out, Path.home() / "exports" / "none")
    assert str(Path.home()) + "/" not in told(out)


def test_a_week_that_cannot_be_is_this_one_where_the_brief_is(out, data, tmp_path):
    far = brief(tmp_path, "budget: 5000", "budget: 5000\ntime_zone: Pacific/Kiritimati")
    midnight = STARTED.replace(hour=12)  # Sunday in UTC, Monday there
    with pytest.raises(InputError), refusal.recorded(out, str(far), "2026-W54", (), midnight):
        raise InputError("no such week")
    told(out, week=weeks.before(WEEK, -1))
    assert lists.rows(out, lists.update(out), weeks.of(STARTED + timedelta(weeks=9)))[0].notes[-1] == (
        f"Last good: {OLD}, 26 weeks before {weeks.before(WEEK, -9)}."
    )
