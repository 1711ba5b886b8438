"""Proves that the lists say what is on disk, that one more run costs the same, and what is torn is mended."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.core import weeks
from nanospread.report import archive
from nanospread.report.archive import lists, upkeep
from test_report_html import Reader

BRIEFS = ("autumn", "spring", "autumn.what-if")
ENDS = ("published", "failed", "running", "unreadable")


def week(number: int) -> str:
    """Return a week by its number, over years of 52 weeks."""
    return f"{2020 + number // 52}-W{number % 52 + 1:02d}"


def put(
    out: Path, week: str, brief: str, status: str, title: str = "", verdict: str = "Nano is ahead."
) -> None:
    """Leave on disk what a run leaves that ended so."""
    kind = (
        archive.RUNNING
        if status == "running"
        else archive.FAILED
        if status == "failed"
        else archive.PUBLISHED
    )
    reason = "03, cell 2: boom" if status == "failed" else ""
    now = archive.State(brief, week, title or f"The {brief}", kind, "m", "2026-11-22 21:00 UTC", reason)
    folder = archive.banner_path(out, week, brief) if status == "failed" else out / week / brief
    folder.parent.mkdir(parents=True, exist_ok=True)
    archive.state_path(out, week, brief).write_text(json.dumps(now.__dict__))
    if status == "running":
        return
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text("x" * 100)
    summary = {"title": now.title, "verdict": reason or verdict, "newest_post": "2020-01-01"}
    (folder / "summary.json").write_text("{" if status == "unreadable" else json.dumps(summary))


def pages(out: Path) -> dict[str, str]:
    """Return every list and the memory."""
    files = [out / lists.MEMORY, *out.glob("*.html"), *out.glob("*/index.html")]
    return {str(file.relative_to(out)): file.read_text() for file in files if file.exists()}


def main(out: Path) -> str:
    """Return the body of the front list."""
    return (out / "index.html").read_text().split("<main")[1]


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 70), st.sampled_from(BRIEFS), st.sampled_from(ENDS)), max_size=25))
@settings(max_examples=examples(12))
def test_lists_kept_run_by_run_are_the_bytes_of_lists_made_from_disk(tmp_path_factory, runs):
    out = tmp_path_factory.mktemp("out")
    lists.update(out, [])
    for number, brief, status in runs:
        put(out, week(number), brief, status)
        lists.update(out, [(week(number), brief)])
    kept = pages(out)
    for name in kept:
        (out / name).unlink()
    lists.update(out)
    assert pages(out) == kept


def test_a_brief_that_failed_or_fell_behind_is_first_and_says_since_when(tmp_path):
    for brief, numbers in {
        "a-fine": (1, 2, 3, 4),
        "b-failed": (1, 2, 3),
        "c-stale": (1, 2),
        "d-new": (),
    }.items():
        for number in numbers:
            put(tmp_path, week(number), brief, "published", verdict=f"{brief} is good.")
    put(tmp_path, week(4), "b-failed", "failed")
    put(tmp_path, week(4), "d-new", "failed")
    put(tmp_path, week(1), "e.what-if", "published")
    rows = {row.brief: row for row in upkeep.listed(tmp_path)}
    assert list(rows) == ["b-failed", "c-stale", "d-new", "a-fine", "e.what-if"]
    assert [row.status for row in rows.values()] == ["failed", "stale", "failed", "published", "published"]
    assert rows["b-failed"].notes == (
        "The run of 2020-W05 failed: 03, cell 2: boom.", "Last good: 2020-W04, 1 week before 2020-W05."
    )  # fmt: skip
    assert rows["b-failed"].href == "2020-W04/b-failed/index.html"
    assert rows["b-failed"].verdict == "b-failed is good."
    assert "Last good: 2020-W03, 2 weeks before 2020-W05." in rows["c-stale"].notes
    assert rows["d-new"].notes[-1] == "There is no good report yet."
    assert (rows["d-new"].href, rows["d-new"].title) == ("", "The d-new")
    assert not any("Last good" in note for note in rows["a-fine"].notes)
    assert main(tmp_path).index("b-failed is good") < main(tmp_path).index("a-fine is good")


def test_old_data_is_said_in_the_list(tmp_path):
    put(tmp_path, week(0), "a", "published")
    put(tmp_path, week(3), "b", "published")
    rows = upkeep.listed(tmp_path)
    assert "Old data: the newest post is of 2020-01-01, 25 days before the end of 2020-W04." in rows[1].notes


def test_weeks_over_the_turn_of_a_year_are_counted():
    assert weeks.behind("2026-W53", "2027-W01") == 1
    assert weeks.behind("2020-W52", "2021-W01") == 2  # 2020 has 53
    assert weeks.behind("2026-W47", "2026-W47") == 0


def test_every_link_of_every_list_leads_somewhere_and_every_run_is_reachable(tmp_path):
    for number in range(0, 120, 7):
        for brief, status in zip(BRIEFS, ("published", "failed", "published"), strict=True):
            put(tmp_path, week(number), brief, status)
    lists.update(tmp_path, [])
    seen, todo = set(), [tmp_path / "index.html"]
    while todo:
        page = todo.pop()
        if page not in seen and page.is_file():
            seen.add(page)
            links = [a["href"] for a in Reader(page.read_text()).all("a") if not a["href"].startswith("#")]
            found = [Path(os.path.normpath(page.parent / link)) for link in links]
            assert all(target.is_file() for target in found), (page, links)
            todo += found
    assert set(tmp_path.glob("*/*/index.html")) <= seen


def test_words_of_a_brief_are_escaped_and_cut(tmp_path):
    put(tmp_path, week(1), "a", "published", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>" * 99)
    put(tmp_path, week(2), "a", "failed", "<b>x</b>")
    lists.update(tmp_path, [])
    for name, text in pages(tmp_path).items():
        assert "<script" not in text, name
        assert "<img" not in text, name
        assert len(text) < 20_000


def filled(out: Path, briefs: int, weeks: int) -> Path:
    """Return a folder with a published report of each brief and week, and its lists."""
    for number in range(weeks):
        for brief in range(briefs):
            put(out, week(number), f"brief-{brief}", "published", "A title of some length " * 4, "So. " * 90)
    lists.update(out, [])
    return out


@pytest.fixture(scope="module")
def thousands(tmp_path_factory) -> Path:
    """Return a folder with 5,000 runs behind it."""
    return filled(tmp_path_factory.mktemp("thousands"), 10, 500)


@pytest.mark.slow
def test_lists_of_5000_runs_or_of_many_briefs_are_small(thousands, tmp_path):
    many = filled(tmp_path, lists.BRIEFS + 20, lists.WEEKS + 1)
    for out in (thousands, many):
        assert (out / "index.html").stat().st_size < 200_000
        assert all(len(text) < 1_000_000 for text in pages(out).values())
    assert "20 more are in the pages of the weeks" in main(many)
    assert " more are in" not in main(thousands)


def test_one_more_run_reads_and_writes_as_many_files_with_10_as_with_5000_behind_it(
    thousands, tmp_path, monkeypatch
):
    touched: list[str] = []
    for name in ("read_text", "read_bytes", "iterdir"):
        usual = getattr(Path, name)
        monkeypatch.setattr(
            Path, name, lambda path, *a, _usual=usual, **k: touched.append(path) or _usual(path, *a, **k)
        )
    for name in ("listdir", "scandir", "fsync", "open"):
        usual = getattr(os, name)
        monkeypatch.setattr(os, name, lambda path, *a, _usual=usual: touched.append(path) or _usual(path, *a))

    def cost(out: Path, weeks: int) -> int:
        put(out, week(weeks), "brief-3", "published")
        touched.clear()
        lists.update(out, [(week(weeks), "brief-3")])
        return len(touched)

    few = cost(filled(tmp_path, 10, 1), 1)
    assert few > 20
    assert cost(thousands, 500) <= few + 52  # at most: the page of a year looks into each week of it


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"schema": 99, "briefs": {}}',
        b'{"schema":1,"briefs":{"a":{"x":["published",true]}}}',
        b'{"schema":1,"briefs":{"a":{"2020-W02":["published","yes"]}}}',
        b'{"schema":1,"briefs":[]}',
    ],
)
def test_a_memory_that_is_torn_or_of_another_kind_is_made_again_from_disk(tmp_path, junk):
    put(tmp_path, week(1), "a", "published")
    lists.update(tmp_path, [])
    good = pages(tmp_path)
    (tmp_path / lists.MEMORY).write_bytes(junk)
    lists.update(tmp_path, [(week(1), "a")])
    assert pages(tmp_path) == good


def test_a_report_that_was_deleted_by_hand_leaves_the_lists_with_the_next_run(tmp_path):
    for number in (1, 2):
        put(tmp_path, week(number), "a", "published")
    lists.update(tmp_path, [])
    (tmp_path / week(1) / "a" / "index.html").unlink()
    put(tmp_path, week(2), "b", "published")
    lists.update(tmp_path, [(week(2), "b")])
    assert f"{week(1)}/a" not in main(tmp_path)


def test_folders_and_files_of_others_are_left_alone(tmp_path):
    put(tmp_path, week(1), "a", "published")
    for name in ("2020-W99/a", "notes", "2020-W02/Not a brief", "2020-W02/.git", "2020-W1/a"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "index.html").write_text("mine")
    upkeep.listed(tmp_path)
    text = "".join(pages(tmp_path).values())
    assert "2020-W99/" not in (tmp_path / "index.html").read_text()
    assert "Not a brief" not in text.replace("mine", "")
    assert (tmp_path / "2020-W99" / "a" / "index.html").read_text() == "mine"
