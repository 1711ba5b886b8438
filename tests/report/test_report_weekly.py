"""Proves the whole way, in real kernels: inputs to a published report, and nothing spoils the last one."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from kernel_free import InProcess
from nanospread.core import paths
from nanospread.core.errors import BusyError, InputError
from nanospread.report import weekly
from nanospread.report.archive import publish
from nanospread.report.weekly import RunFailed

NOTEBOOKS = Path(__file__).parents[1] / "fixtures" / "notebooks"
WEEK = "2026-W47"
STARTED = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
HANDLES = ("=cmd()", "@sum", "<img src=x onerror=alert(1)>", "-1+1", "anna")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Return a folder of exports in which creators chose hostile handles."""
    folder = tmp_path_factory.mktemp("exports")
    creators = {"creator": HANDLES, "as_of": "2026-11-16", "followers": 5000, "niche": "food"}
    pd.DataFrame(creators).to_csv(folder / "creators.csv", index=False)
    rows = [(f"p{i}", handle, f"2026-10-{i + 10}", 100, 5, False) for i, handle in enumerate(HANDLES)]
    columns = ["post", "creator", "posted_at", "likes", "comments", "sponsored"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "posts.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def out(tmp_path_factory, data) -> Path:
    """Return a folder with one good report in it."""
    folder = tmp_path_factory.mktemp("reports")
    weekly.report(week=WEEK, started=STARTED, data=str(data), out=folder, notebooks=NOTEBOOKS)
    return folder


def contents(folder: Path) -> dict[str, str]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {str(f.relative_to(folder)): f.read_bytes().decode("utf-8", "surrogateescape") for f in files}


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """Return a copy of the notebooks in which one text is another."""
    folder = Path(shutil.copytree(NOTEBOOKS, tmp_path / "notebooks"))
    for file in folder.glob("*.ipynb"):
        file.write_text(file.read_text().replace(old, new))
    return folder


@pytest.mark.slow
def test_a_report_has_its_pages_numbers_and_tables(out):
    report = contents(out / WEEK / "sample")
    assert set(report) == {
        "index.html", "01_creators.html", "metrics.json", "summary.json",
        "provenance.json", "csv/creators.csv", "csv/labels.csv", "csv/metrics.csv", "tables.xlsx",
        "mail.html", "mail.txt", "glossary.html",
    }  # fmt: skip
    assert json.loads(report["metrics.json"])["metrics"]["p_loss"]["value"] == 0.07
    assert json.loads(report["metrics.json"])["seed"] == 7
    assert "Nano is the better bet" in report["index.html"]
    assert '<img alt="Three bars."' in report["01_creators.html"]
    assert "Nano is the better bet" in (out / "index.html").read_text()
    assert 'href="2026-W47/sample/index.html"' in (out / "index.html").read_text()


def words(page):
    return " ".join(re.sub("<[^>]*>", " ", page.read_text(encoding="utf-8")).split())


def test_the_front_page_names_the_seed_and_other_defaults_beside_what_the_run_was_given(out, data):
    assert "Defaults random seed 7" in words(out / WEEK / "sample/index.html")
    other = {"week": "2026-W46", "values": {"seed": 8}, "executor": InProcess()}
    given = weekly.report(started=STARTED, data=str(data), out=out, notebooks=NOTEBOOKS, **other)
    assert "random seed 8" in words(given.folder / "index.html")
    assert "Defaults" not in words(given.folder / "index.html")


def test_old_data_is_said_on_every_page_and_nothing_else_than_the_sample_is_called_synthetic(out):
    for name, text in contents(out / WEEK / "sample").items():
        if name.endswith(".html") and name != "glossary.html":  # which has no number
            assert (
                "Old data: the newest post is of 2026-10-14, 39 days before the end of 2026-W47." in text
            ), name
            assert "Synthetic" not in text


def test_hostile_handles_are_inert_in_the_page_and_in_the_csv(out):
    report = contents(out / WEEK / "sample")
    assert not re.search(r"<img src=x|<script", report["01_creators.html"])
    for line in report["csv/creators.csv"].splitlines():
        assert line[0] not in "=+-@", line
    assert len(re.findall(r"^\"?'[=<-]", report["csv/creators.csv"], flags=re.MULTILINE)) >= 1


def test_no_page_names_the_machine_its_user_or_its_folders(out, data):
    report = contents(out / WEEK / "sample")
    for name, text in report.items():
        bare = re.sub(r"base64,[^\"]*", "", text)
        assert not [
            word for word in (str(paths.ROOT), str(data.parent), str(Path.home()) + "/") if word in bare
        ], name


@pytest.mark.slow
def test_the_same_inputs_twice_are_the_same_bytes_outside_the_provenance_and_another_seed_is_not(out, data):
    later = datetime(2027, 1, 1, tzinfo=UTC)
    good, before = out / WEEK / "sample", contents(out / WEEK / "sample")
    weekly.report(week=WEEK, started=later, data=str(data), out=out, notebooks=NOTEBOOKS)
    after = contents(good)
    differ = {name for name in before if before[name] != after[name]}
    assert differ == {name for name in before if 'id="provenance"' in before[name]} | {"provenance.json"}
    section = re.compile(r'<section id="provenance".*?</section>', re.DOTALL)
    for name in differ - {"provenance.json"}:
        assert section.sub("", before[name]) == section.sub("", after[name])
    other = {"values": {"seed": 8}, "executor": InProcess()}
    weekly.report(week=WEEK, started=later, data=str(data), out=out, notebooks=NOTEBOOKS, **other)
    assert json.loads(contents(good)["metrics.json"])["metrics"]["p_loss"]["value"] == 0.08


@pytest.mark.slow
def test_a_failed_run_leaves_a_banner_and_the_last_good_report_and_the_next_good_run_clears_it(
    out, data, tmp_path
):
    before = contents(out / WEEK / "sample")
    broken = changed(tmp_path, "Nine creators.", "{1 / 0}").joinpath("01_creators.ipynb")
    broken.write_text(broken.read_text().replace('show.text(\\"{1', 'show.text(f\\"{1'))
    with pytest.raises(
        RunFailed, match="01_creators, code cell 5: ZeroDivisionError: division by zero"
    ) as caught:
        weekly.report(week=WEEK, started=STARTED, data=str(data), out=out, notebooks=broken.parent)
    assert contents(out / WEEK / "sample") == before
    failed = contents(out / WEEK / "sample.failed")
    assert set(failed) == {"index.html", "run.log", "summary.json", "00_summary.ipynb", "01_creators.ipynb"}
    assert caught.value.folder == out / WEEK / "sample.failed"
    assert "ZeroDivisionError" in failed["index.html"]
    assert f"../../{WEEK}/sample/index.html" in failed["index.html"]
    assert "sample.failed/index.html" in (out / "index.html").read_text()
    weekly.report(
        week=WEEK, started=STARTED, data=str(data), out=out, notebooks=NOTEBOOKS, executor=InProcess()
    )
    assert not (out / WEEK / "sample.failed").exists()
    assert "sample.failed" not in (out / "index.html").read_text()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"values": {"budgte": 5.0}}, "did you mean 'budget'"),
        ({"values": {"budget": "lots"}}, "'budget' must be a number or none"),
        ({"values": {"budget": -5.0}}, "budget must be from"),
        ({"brief": "autum"}, "autum"),
        ({"data": "/nowhere/exports"}, "does not exist"),
        ({"week": "2026-W54"}, "2026 has the weeks W01 to W53"),
    ],
)
def test_unusable_input_stops_before_any_kernel_starts(given, said, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "nanospread.report.execution.executed", lambda *a: pytest.fail("a kernel would have started")
    )
    with pytest.raises(InputError, match=said):
        weekly.report(
            **{"week": WEEK, "started": STARTED, "out": tmp_path / "out", "notebooks": NOTEBOOKS} | given
        )
    assert list(tmp_path.iterdir()) == []


def test_an_empty_csv_stops_before_any_kernel_starts(data, tmp_path):
    exports = Path(shutil.copytree(data, tmp_path / "exports"))
    (exports / "posts.csv").write_text("")
    with pytest.raises(InputError, match=r"posts\.csv"):
        weekly.report(week=WEEK, started=STARTED, data=str(exports), out=tmp_path, notebooks=NOTEBOOKS)


def test_a_second_run_is_refused_while_the_first_one_runs(out, data):
    with publish.locked(out, WEEK, "sample"), pytest.raises(BusyError, match="another run is writing"):
        weekly.report(week=WEEK, started=STARTED, data=str(data), out=out, notebooks=NOTEBOOKS)


@pytest.mark.slow
def test_a_run_killed_in_the_middle_spoils_nothing_and_the_next_one_runs(out, data, tmp_path):
    before = contents(out / WEEK / "sample")
    running = tmp_path / "running"
    sleep = f"open({str(running)!r}, 'w').close(); __import__('time').sleep(60); given = ("
    slow = changed(tmp_path, "given = (", sleep)
    command = (
        "import datetime, pathlib; from nanospread.report import weekly; "
        f"weekly.report(week={WEEK!r}, started=datetime.datetime.now(datetime.UTC), data={str(data)!r}, "
        f"out=pathlib.Path({str(out)!r}), notebooks=pathlib.Path({str(slow)!r}))"
    )
    with subprocess.Popen([sys.executable, "-c", command]) as victim:
        while not running.exists():
            assert victim.poll() is None
            time.sleep(0.05)
        leftover = publish.staging(out, WEEK, "sample")  # as if it had begun to build
        victim.send_signal(signal.SIGKILL)
    assert contents(out / WEEK / "sample") == before
    weekly.report(
        week=WEEK, started=STARTED, data=str(data), out=out, notebooks=NOTEBOOKS, executor=InProcess()
    )
    assert not leftover.exists()
    assert contents(out / WEEK / "sample")["metrics.json"] != ""
