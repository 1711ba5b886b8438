"""Proves that a report is of the inputs that it says: what changes meanwhile stops it."""

import json
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from pathlib import Path

import pytest

import stored
from nanospread import store
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.report import build, weekly
from nanospread.report.archive import publish
from nanospread.report.weekly import RunFailed

NOTEBOOKS = Path(__file__).parents[1] / "fixtures" / "notebooks"
WEEK, STARTED = "2026-W47", datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
BRIEF = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8").replace("fashion: 2, ", "")
CREATORS = "creator,followers,niche\nanna,5000,food\nbob,3000,food\n"
POSTS = "post,creator,posted_at,likes,comments\np1,anna,2026-11-02,100,5\np2,bob,2026-10-03,90,4\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a report without kernels: `between` happens while its notebooks would run."""

    def made(data: Path, between=lambda: None) -> Path:
        monkeypatch.setattr(build, "files", lambda *_: {})
        monkeypatch.setattr(build, "staged", staged)
        out = tmp_path / "reports"
        common = {
            "week": WEEK,
            "started": STARTED,
            "out": out,
            "notebooks": NOTEBOOKS,
            "executor": Ends(),
            "observer": Between(between),
        }
        return weekly.report(**common, data=str(data), brief=str(tmp_path / "mine.yaml")).folder

    (tmp_path / "mine.yaml").write_text(BRIEF, encoding="utf-8")
    return made


class Ends(Executor):
    """Gives back notebooks that ran, and have a name in them."""

    def submit(self, fn, /, *args, **kwargs) -> Future:
        future: Future = Future()
        ran = {"notebook": '"bob"', "problem": "", "log": "bob", "seconds": 0.1}
        future.set_result({"name": args[0]["name"], **ran})
        return future


class Between(weekly.Observer):
    """Has something happen once one notebook has ended."""

    def __init__(self, between) -> None:
        self._between = between

    def notebook_done(self, number, result) -> None:
        self._between, between = lambda: None, self._between
        between()


def staged(plan, *_) -> Path:
    folder = publish.staging(plan.out, plan.week, plan.inputs.brief)
    (folder / "index.html").write_text(plan.mark)
    (folder / "provenance.json").write_text(json.dumps({"Run mark": plan.mark}))
    return folder


@pytest.fixture
def exports(tmp_path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "creators.csv").write_text(CREATORS)
    (folder / "posts.csv").write_text(POSTS)
    return folder


def more(exports: Path) -> None:
    with (exports / "posts.csv").open("a") as file:
        file.write("p3,anna,2026-11-09,80,3\n")


def another(exports: Path) -> None:
    (exports / "more.csv").write_text(POSTS.replace("p1", "p8").replace("p2", "p9"))


def mapped(exports: Path) -> None:
    (exports / "mapping.yaml").write_text("posts.csv: {dates: day first}")


def planned_anew(exports: Path) -> None:
    (exports.parent / "mine.yaml").write_text(BRIEF.replace("budget: 5000", "budget: 6000"))


@pytest.mark.slow
@pytest.mark.parametrize("change", [more, another, mapped, planned_anew])
def test_inputs_that_change_while_the_report_runs_stop_it_and_the_last_good_one_stays(run, exports, change):
    good = (run(exports) / "index.html").read_text()
    with pytest.raises(RunFailed, match="changed while the report was made: make it again"):
        run(exports, lambda: change(exports))
    report = exports.parent / "reports" / WEEK / "sample"
    assert (report / "index.html").read_text() == good
    assert not list((exports.parent / "reports" / publish.STAGING).iterdir())
    assert (run(exports) / "index.html").read_text() != good  # whole again


def test_a_file_that_is_touched_and_the_same_is_no_change(run, exports):
    assert run(exports, lambda: (exports / "posts.csv").write_text(POSTS)).is_dir()


@pytest.fixture
def place(tmp_path) -> Path:
    folder, bob = tmp_path / "store", {**stored.ANNA, "creator": "bob"}
    posts = [stored.POST, {**stored.POST, "post": "p2", "creator": "bob"}]
    tables = stored.of(creators=[stored.ANNA, bob], posts=posts)
    store.write(folder, tables, as_of=stored.DAY, inputs=stored.inputs("a"))
    return folder


def test_who_is_forgotten_while_a_report_runs_is_in_none(run, place):
    with pytest.raises(RunFailed, match="changed while the report was made"):
        run(place, lambda: store.forget(place, "bob"))
    reports = place.parent / "reports"
    assert not (reports / WEEK / "sample").exists()
    assert (reports / WEEK / "sample.failed" / "index.html").is_file()
    assert not [file for file in reports.rglob("*") if file.is_file() and b"bob" in file.read_bytes()]


def test_a_run_that_fails_keeps_its_notebooks_only_while_the_data_are_as_it_read_them(run, exports):
    def failing(change):
        change(exports)
        raise OSError("disk of bob")

    kept = exports.parent / "reports" / WEEK / "sample.failed"
    for change, there in ((more, False), (lambda _: None, True)):
        with pytest.raises(OSError, match="disk of bob"):
            run(exports, lambda change=change: failing(change))
        assert bool(list(kept.glob("*.ipynb"))) == there


def test_nobody_is_forgotten_between_the_look_and_the_publication(run, place, monkeypatch):
    exchange = publish.publish

    def forgetting(*folders):
        with pytest.raises(InputError, match="being written by another run"):
            store.forget(place, "bob", wait=0)
        exchange(*folders)

    monkeypatch.setattr(publish, "publish", forgetting)
    assert run(place).is_dir()
    assert store.forget(place, "bob").searched.hits == 0


def test_a_later_snapshot_changes_nothing_for_a_report_up_to_an_earlier_one(run, place):
    def later():
        store.write(place, stored.of(), as_of=stored.day(30), inputs=stored.inputs("b"))

    assert run(place, later).is_dir()
