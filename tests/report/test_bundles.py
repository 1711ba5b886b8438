"""What a worker that does not see the files, or sees others, makes of a notebook; without a kernel.

In the place of a kernel stands something that reads what the parameters name. Another machine is this one
with the files moved away once the run has looked at them.
"""

import io
import json
import shutil
import zipfile
from concurrent.futures import Future
from pathlib import Path

import pandas as pd
import pytest

import stored
from nanospread import store
from nanospread.core import cluster, paths
from nanospread.core.errors import InputError
from nanospread.report import build, bundles, execution, parameters, records, weekly
from report_runs import NOTEBOOKS, STARTED, Canned, exports, ran

WEEK = "2026-W47"
SAMPLE = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def peek(monkeypatch):
    """Execute a notebook as one that says what it reads, and where."""

    def executed(job):
        given, seen = job["parameters"], {}
        if "data" in given:
            seen["creators"] = sorted(store.opened(Path(given["data"])).creators["creator"])
        if "brief" in given:
            seen["brief"] = Path(given["brief"]).read_text(encoding="utf-8")[:40]
        if "earlier" in given:
            past = records.earlier(given["earlier"], brief="sample", week=WEEK)
            seen["earlier"] = [past.files, past.notes]
        text = json.dumps({"seen": seen, "parameters": given}, ensure_ascii=False)
        log = "\n".join(map(str, given.values()))
        return execution.JobResult(
            name=job["name"], notebook=text, problem=given.get("data"), log=log, seconds=0.0, cells=1
        )

    monkeypatch.setattr(execution, "executed", executed)
    monkeypatch.setattr(bundles, "_cache", bundles._BundleCache())
    bundles.bundle.cache_clear()


@pytest.fixture
def peek_off(peek, monkeypatch):
    """Execute notebooks as ever."""
    monkeypatch.undo()


@pytest.fixture
def site(tmp_path) -> Path:
    """A folder with an odd name that holds exports, a brief and reports of earlier weeks."""
    folder = tmp_path / 'a "site", ü'
    exports(folder / "exports")
    (folder / "mine.yaml").write_text(SAMPLE, encoding="utf-8")
    for week in ("2026-W20", "2026-W45", "2026-W46", WEEK):
        report(folder / "reports", week)
    return folder


def report(out: Path, week: str) -> None:
    """Write a report's record, or what is none in W45."""
    number = dict.fromkeys(("value", "low", "high", "se"), 1.0)
    number |= {"label": "x", "n": 1, "unit": "share", "basis": "measured", "formula": "x", "notebook": "x"}
    record = {
        "schema": records.SCHEMA,
        "brief": "sample",
        "week": week,
        "seed": 1,
        "n_worlds": 100,
        "data": {"sha256": "0" * 64, "first": "2026-01-01", "newest": "2026-02-01"},
        "parameters": {},
        "campaign": {},
        "metrics": {"x": {**number, "method": 1}},
    }
    (out / week / "sample").mkdir(parents=True)
    text = "{" if week == "2026-W45" else json.dumps(record)
    (out / week / "sample" / records.FILE).write_text(text, encoding="utf-8")


def job(**values) -> execution.Job:
    return execution.Job(name="00", notebook="{}", parameters={"seed": 1, **values}, time_limit=9)


def given(site: Path) -> dict[str, str]:
    named = {"data": "exports", "brief": "mine.yaml", "earlier": "reports"}
    return {name: str(site / place) for name, place in named.items()}


def elsewhere(what: execution.Job, site: Path, brief: str = "sample"):
    """Execute as a worker does that sees nothing of a folder; return what it asked for, and the result."""
    read = bundles.parameter_files(what["parameters"], brief, WEEK)
    sent = {part.digest: bundles.bundle(part) for part in read}
    site.rename(site.with_name("gone"))
    try:
        missing = bundles.executed(what, read, {})
        assert isinstance(missing, frozenset)
        return missing, bundles.executed(what, read, {part.digest: sent[part.digest] for part in missing})
    finally:
        site.with_name("gone").rename(site)


def test_what_lies_at_the_same_paths_is_used_there(site):
    what = job(**given(site))
    read = bundles.parameter_files(what["parameters"], "sample", WEEK)
    assert bundles.executed(what, read, {}) == execution.executed(what)


def test_a_worker_that_sees_nothing_reads_the_same_says_the_same_paths_and_leaves_nothing(site):
    what = job(**given(site))
    before = execution.executed(what)
    missing, after = elsewhere(what, site)
    assert {part.parameter for part in missing} == {"data", "brief", "earlier"}
    assert after == before
    assert "W46" in after["notebook"]
    assert "W45 cannot be compared with" in after["notebook"]
    assert not [place for place in Path("/tmp").glob("nanospread-*/*/data") if place.exists()]


def test_only_what_a_notebook_takes_is_asked_for_and_once(site):
    everything = given(site)
    read = bundles.parameter_files(everything, "sample", WEEK)
    data_alone = job(data=everything["data"])
    [part] = [part for part in read if part.parameter == "data"]
    packed = bundles.bundle(part)
    site.rename(site.with_name("gone"))
    assert bundles.executed(data_alone, read, {}) == {part}
    first = bundles.executed(data_alone, read, {part.digest: packed})
    assert bundles.executed(data_alone, read, {}) == first  # kept


@pytest.mark.parametrize("change", ["posts.csv", "more.csv", "mapping.yaml"])
def test_other_files_at_the_same_path_are_not_taken_for_them(site, change):
    what = job(data=given(site)["data"])
    read = bundles.parameter_files(what["parameters"], "sample", WEEK)
    text = (site / "exports" / "posts.csv").read_text()
    other = {"posts.csv": text.replace("5000", "5001") + "\n", "more.csv": text, "mapping.yaml": "{}"}
    (site / "exports" / change).write_text(other[change])
    assert bundles.executed(what, read, {}) == {*read}


def test_a_snapshot_of_a_store_goes_with_its_store_and_without_contact_data(tmp_path):
    place = tmp_path / "site" / "store"
    for day, likes in (("2026-11-15", "a"), ("2026-11-22", "b")):
        contacts = pd.DataFrame({"creator": ["anna"], "email": ["anna@example.org"]})
        when = pd.Timestamp(day, tz="UTC")
        store.write(place, stored.of(), as_of=when, inputs=stored.inputs(likes), contacts=contacts)
    snapshot = sorted((place / "snapshots").iterdir())[0]
    assert list(place.rglob("contacts-*"))
    what = job(data=str(snapshot))
    _, after = elsewhere(what, place.parent)
    assert after == execution.executed(what)
    [part] = bundles.parameter_files(what["parameters"], "sample", WEEK)
    with zipfile.ZipFile(io.BytesIO(bundles.bundle(part))) as packed:
        sent = {name: packed.read(name) for name in packed.namelist()}
    assert not [
        name for name, content in sent.items() if b"anna@example.org" in content or b"email" in content
    ]


def test_a_what_if_looks_at_this_weeks_report_alone(site):
    what = job(earlier=str(site / "reports" / WEEK))
    before = execution.executed(what)
    _, after = elsewhere(what, site)
    assert after == before
    assert json.loads(after["notebook"])["seen"]["earlier"][0][0][0] == WEEK


def test_reports_that_are_too_old_to_be_looked_at_stay(site):
    [part] = bundles.parameter_files({"earlier": given(site)["earlier"]}, "sample", WEEK)
    names = set(bundles._files(part))
    assert not [name for name in names if "W20" in name]
    shutil.rmtree(site / "reports" / "2026-W46")
    shutil.rmtree(site / "reports" / "2026-W45")
    [part] = bundles.parameter_files({"earlier": given(site)["earlier"]}, "sample", WEEK)
    assert [name for name in bundles._files(part) if "W20" in name]  # then it is the last good one


def test_saved_briefs_to_compare_with_go_too_and_bundled_ones_are_there(site):
    (site / "other.yaml").write_text(SAMPLE, encoding="utf-8")
    both = f"macro_wins, {site / 'mine.yaml'}, {site / 'other.yaml'}".replace('"site", ', "site ")
    plain = site.with_name("a site ü")
    site.rename(plain)
    what = job(compare_with=both)
    _, after = elsewhere(what, plain)
    assert json.loads(after["notebook"])["parameters"]["compare_with"] == both
    assert bundles.parameter_files({"brief": "macro_wins"}, "sample", WEEK)[0].moved == ()


def test_more_than_can_be_sent_is_told_with_what_to_do(site, monkeypatch):
    monkeypatch.setattr(bundles, "LARGEST", 100)
    [part] = bundles.parameter_files({"data": given(site)["data"]}, "sample", WEEK)
    with pytest.raises(
        InputError, match=r"exports' is \d+ bytes, .* up to 100 are sent; put more where every"
    ):
        bundles.bundle(part)


def test_a_bundle_that_is_not_what_it_should_be_is_refused(site):
    what = job(brief=given(site)["brief"])
    [part] = bundles.parameter_files(what["parameters"], "sample", WEEK)
    (site / "mine.yaml").write_text(SAMPLE + "# later\n", encoding="utf-8")
    with pytest.raises(ValueError, match="what was sent of brief is not what it should be"):
        bundles.executed(what, [part], {part.digest: bundles.bundle(part)})


def test_a_worker_keeps_the_newest_bundles_that_there_is_room_for(monkeypatch):
    monkeypatch.setattr(bundles, "CACHE_SIZE", 10)
    kept = bundles._BundleCache()
    kept.with_new({"a": b"12345"})
    assert [*kept.with_new({"b": b"12345"})] == ["a", "b"]
    assert [*kept.with_new({"c": b"12345"})] == ["b", "c"]
    assert [*kept.with_new({"d": b"1" * 20})] == ["d"]  # which is needed now


def test_what_was_sent_is_sent_again_to_a_worker_that_lacks_something_else_and_no_more_than_is_read(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(bundles, "bundle", lambda part: part.text.encode())
    data, brief, foreign = (
        bundles.ParameterFiles(name, name, digest=name) for name in ("data", "brief", "somebody's keys")
    )
    job = execution.jobs(parameters.notebooks(NOTEBOOKS), {})[0]
    run = weekly._Run(
        weekly.ReportRequest("2026-W47"),
        weekly.RunOptions(started=STARTED, out=tmp_path),
        0,
        weekly.Observer(),
    )

    def answered(call, *missing):
        future = Future()
        future.set_result(frozenset(missing))
        return call.on_done(future)

    second = answered(run._call(job, (data, brief), {}), data, foreign)
    assert second.arguments[2] == {"data": b"data"}
    third = answered(second, brief)
    assert third.arguments[2] == {"data": b"data", "brief": b"brief"}
    assert answered(third, data) is None
    assert run._results[job["name"]]["problem"].endswith("a worker asks for files that it was sent")


class Broken(Canned, cluster.Workers):
    """Workers whose notebooks are good, and of which none puts a report together."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def submit(self, fn, /, *args):
        if fn is not build.files:
            return super().submit(fn, *args)
        future = Future()
        future.set_exception(self.error)
        return future


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (cluster.ClusterLost("the scheduler at tcp://a:1 is gone"), "the scheduler at tcp://a:1 is gone"),
        (InputError("a worker would compute something else"), "a worker would compute something else"),
        (MemoryError("no room"), "its worker failed: MemoryError: no room"),
    ],
)
def test_a_report_that_no_worker_puts_together_is_one_that_failed(site, peek_off, error, said):
    with pytest.raises(weekly.RunFailed) as failed:
        ran(site / "out", site / "exports", executor=Broken(error))
    assert str(failed.value) == said
    assert (failed.value.folder / "index.html").is_file()
