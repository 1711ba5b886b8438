"""Proves that only what is both old and one of many goes, never the last good report, nor through a link."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.report import archive
from nanospread.report.archive import lists, publish
from nanospread.report.archive.upkeep import prune, prune_candidates
from test_archive_lists import BRIEFS, ENDS, put, week


def names(out: Path, **limits: int) -> list[str]:
    return [str(one.path.relative_to(out)) for one in prune_candidates(out, **limits)]


@pytest.fixture
def out(tmp_path) -> Path:
    """Return ten weeks of a brief, one more week of another, a failed week and a what-if."""
    for number in range(10):
        put(tmp_path, week(number), "autumn", "published")
    put(tmp_path, week(0), "rare", "published")
    put(tmp_path, week(1), "autumn", "failed")
    put(tmp_path, week(1), "autumn.what-if", "published")
    put(tmp_path, week(9), "autumn.what-if", "published")
    lists.update(tmp_path, [])
    return tmp_path


def test_what_goes_is_older_than_the_age_and_beyond_the_count(out):
    assert names(out, keep=3, weeks=6) == [
        "2020-W01/autumn", "2020-W01/autumn.state.json",
        "2020-W02/autumn", "2020-W02/autumn.failed", "2020-W02/autumn.state.json",
        "2020-W02/autumn.what-if", "2020-W02/autumn.what-if.state.json",
        "2020-W03/autumn", "2020-W03/autumn.state.json",
    ]  # fmt: skip
    assert "2020-W03/autumn" not in names(out, keep=8, weeks=6)
    assert names(out, keep=1, weeks=9) == []


def test_nothing_is_deleted_before_it_is_asked_for_and_then_all_of_it_and_the_lists_know(out):
    going = prune_candidates(out, keep=3, weeks=6)
    assert all(one.path.exists() for one in going)
    assert going[0].size == sum(file.stat().st_size for file in (out / "2020-W01" / "autumn").iterdir())
    assert prune(out, going) == going
    assert not any(one.path.exists() for one in going)
    assert not (out / "2020-W03").exists()
    assert (out / "2020-W01" / "rare" / "index.html").is_file()
    assert "2020-W03" not in (out / "2020.html").read_text()
    assert prune_candidates(out, keep=3, weeks=6) == []


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(BRIEFS), st.sampled_from(ENDS)), max_size=20),
    st.integers(0, 3),
    st.integers(1, 20),
)
@settings(max_examples=examples(30))
def test_the_last_good_report_of_a_brief_and_its_last_failure_never_go(tmp_path_factory, runs, keep, weeks):
    out = tmp_path_factory.mktemp("out")
    for number, brief, status in runs:
        put(out, week(number), brief, status)
    briefs = {brief for _, brief, _ in runs if not brief.endswith(archive.WHAT_IF)}
    good = {
        brief: found[0]
        for brief in briefs
        if (found := [w for w in archive.weeks(out) if archive.summary(out / w / brief)])
    }
    last = {brief: max(week(number) for number, name, _ in runs if name == brief) for brief in briefs}
    failures = [
        (last[brief], brief) for brief in briefs if archive.banner_path(out, last[brief], brief).exists()
    ]
    prune(out, prune_candidates(out, keep=keep, weeks=weeks))
    assert all(archive.summary(out / newest / brief) for brief, newest in good.items())
    assert all(archive.banner_path(out, *key).exists() for key in failures)


def test_a_report_that_a_run_is_writing_stays_and_the_rest_goes(out):
    going = prune_candidates(out, keep=3, weeks=6)
    with publish.locked(out, "2020-W01", "autumn"):
        gone = prune(out, going)
    assert {one.path.name for one in going} == {one.path.name for one in gone}
    assert [one for one in going if one not in gone] == [one for one in going if one.week == "2020-W01"]
    assert (out / "2020-W01" / "autumn" / "index.html").is_file()


def test_links_are_never_followed_nor_deleted(out, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    put(elsewhere, "2020-W01", "linked", "published")
    (out / "2020-W01" / "linked").symlink_to(elsewhere / "2020-W01" / "linked")
    (out / "2019-W01").symlink_to(elsewhere / "2020-W01")
    put(out, week(9), "linked", "published")
    assert not any("linked" in name or "2019" in name for name in names(out, keep=1, weeks=1))
    before = sorted(elsewhere.rglob("*"))
    prune(out, prune_candidates(out, keep=1, weeks=1))
    assert sorted(elsewhere.rglob("*")) == before
    assert (elsewhere / "2020-W01" / "linked" / "index.html").is_file()


def test_only_folders_and_states_that_a_run_made_are_deleted(out):
    for name in ("autumn", "autumn.failed"):
        for file in (out / "2020-W01" / name).glob("*"):
            file.unlink()
        (out / "2020-W01" / name).mkdir(exist_ok=True)
        (out / "2020-W01" / name / "mine.txt").write_text("mine")
    (out / "2020-W02" / "autumn.state.json").write_text("[]")
    (out / "2020-W03" / "autumn" / "summary.json").write_text('{"title": "mine"}')
    (out / "2020-W03" / "autumn" / "index.html").write_text("mine")
    stays = ["2020-W01/autumn", "2020-W01/autumn.failed", "2020-W02/autumn.state.json", "2020-W03/autumn"]
    assert set(stays) & set(names(out, keep=3, weeks=6)) == set()
    prune(out, prune_candidates(out, keep=3, weeks=6))
    assert [name for name in stays if not (out / name).exists()] == []
