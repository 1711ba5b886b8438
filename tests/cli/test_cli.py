"""Proves that each command answers a mistake with one line and a status, and does what its help says."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nanospread import cli
from nanospread.cli import exports, health
from nanospread.core import paths
from nanospread.core.cluster import ClusterLost
from nanospread.core.errors import BusyError, InputError
from nanospread.fetch import journal
from nanospread.report.archive import publish
from nanospread.send import delivery, ledger
from test_archive_lists import put
from test_archive_lists import week as of_number


def called(
    *arguments: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str, str]:
    """Return the exit status, stdout and stderr of one call of the command line."""
    monkeypatch.setattr(sys, "argv", ["nanospread", *arguments])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def call(capsys, monkeypatch):
    return lambda *arguments: called(*arguments, capsys=capsys, monkeypatch=monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-p", "budgte=5000"], "unknown parameter 'budgte'; did you mean 'budget'?"),
        (["-p", "budget=lots"], "parameter 'budget' must be a number or none, not 'lots'"),
        (["-p", "budget=-5"], "budget must be from"),
        (["-p", "budget=1e9"], "creators, at most 20,000 run; got a budget of 1,000,000,000.00"),
        (["-p", "budget=4.800"], "budget may mean 4.8 or 4800: write 4.8 or 4800; got 4.800"),
        (["-p", "data=x"], "use --data instead of -p"),
        (["--seed", "-1"], "'seed' must be from 0"),
        (["--data", "/nowhere/exports"], "'/nowhere/exports' does not exist"),
        (["--brief", "nowhere.yaml"], "nowhere.yaml"),
        (["--week", "2026-W54"], "2026 has the weeks W01 to W53"),
        (["--week", "46"], "write it as year and ISO week"),
        (["--week", "2062-W10"], "too far from now: weeks from 2000-W01 to 20"),
    ],
)
def test_a_mistake_in_a_report_is_one_line_on_stderr_status_2_and_nothing_written(
    call, tmp_path, options, said
):
    status, out, err = call("report", "--out", str(tmp_path / "out"), *options)
    assert (status, out) == (2, "")
    assert said in err
    assert err.startswith("nanospread: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_misspelt_command_or_option_names_the_nearest(call):
    assert "Did you mean 'report'?" in call("repot")[2]
    status, _, err = call("report", "--bref", "x")
    assert status == 2
    assert "--brief" in err


@pytest.mark.parametrize(
    "command",
    [
        *("report", "plan", "compare", "history", "late", "prune", "ingest", "data", "forget", "sample"),
        *("doctor", "holdout plan", "holdout read"),
    ],
)
def test_help_has_an_example(command):
    shown = CliRunner().invoke(cli.app, [*command.split(), "--help"], env={"COLUMNS": "200"}).output
    assert re.search(rf"Examples?:\s+•? ?nanospread {command}", shown.replace("│", ""))


def test_help_answers_at_once_without_importing_the_analysis():
    heavy = {"pandas", "matplotlib", "papermill", "duckdb"}
    code = f"import sys; from nanospread import cli; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sample_is_written_and_never_over_other_files(tmp_path):
    written = exports.sample_into(tmp_path / "new", 3)
    assert {path.name for path in written} >= {"creators.csv", "posts.csv", "README.md"}
    exports.sample_into(tmp_path / "new", 3)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "posts.csv").write_text("my own")
    with pytest.raises(InputError, match="not a synthetic sample"):
        exports.sample_into(tmp_path / "mine", 3)
    assert (tmp_path / "mine" / "posts.csv").read_text() == "my own"


def test_a_tilde_is_the_home_folder_in_every_option_that_names_a_path(call, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(health, "checks", lambda _, out: [health.output(out)])
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    assert call("doctor", "--out=~/reports")[:2] == (0, f"ok       output: '{home}/reports' can be written\n")
    assert f"'{home}/store'" in call("forget", "@some.body", "--store=~/store")[2]
    assert f"'{home}/store'" in call("data", "~/store", "--since", "2026-W46")[2]
    (tmp_path / "posts.csv").write_text("creator,followers\na,1000\n")
    assert call("ingest", "posts.csv", "--ledger=~/ledger.csv")[0] == 0
    assert (home / "ledger.csv").is_file()
    assert not (tmp_path / "~").exists()


@pytest.mark.slow
def test_doctor_finds_nothing_wrong_here(call, tmp_path):
    status, out, _ = call("doctor", "--out", str(tmp_path))
    assert status == 0, out
    assert [line.split()[1] for line in out.splitlines()] == [
        "python:", "packages:", "kernel:", "notebooks:", "data:", "output:"
    ]  # fmt: skip


def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path):
    lock = tmp_path / "requirements.lock"
    wanted = ["numpy==1.0 \\", "    --hash=sha256:0", "nosuchpackage==1 ; python_version > '3'"]
    lock.write_text("\n".join([*wanted, "old==1 ; python_version < '3'"]))
    packages = health.packages(lock)
    assert not packages.fine
    assert "numpy is " in packages.detail
    assert "nosuchpackage is missing; run `rm -rf .venv && make setup`" in packages.detail
    assert not health.packages(tmp_path / "none").fine
    assert not health.books(tmp_path).fine
    assert "does not exist" in health.exports(str(tmp_path / "none")).detail
    (tmp_path / "file").touch()
    assert "name another folder with --out" in health.output(tmp_path / "file" / "out").detail


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ClusterLost("the scheduler at tcp://a:1 is gone"), 1, "the scheduler at tcp://a:1 is gone"),
        (OSError(28, "No space left on device", "a.csv"), 4, "a.csv: No space left on device"),
        (BusyError("another send is at work"), 3, "another send is at work"),
    ],
)
def test_a_status_is_of_what_went_wrong_and_a_cluster_that_is_gone_is_no_file(
    call, monkeypatch, error, status, said
):
    def gone(**_):
        raise error

    monkeypatch.setattr(cli, "app", gone)
    assert call("data", "posts") == (status, "", f"nanospread: {said}\n")


def test_a_fetch_at_work_is_status_3_to_whoever_is_to_be_forgotten(call, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / journal.FOLDER).mkdir()
    with journal.locked(tmp_path / journal.FOLDER):
        status, _, said = call("forget", "@some.body", "--store", str(tmp_path), "--out", str(tmp_path))
    assert (status, "another fetch is at work" in said) == (3, True)


@pytest.mark.slow
def test_the_status_reaches_the_shell(tmp_path):
    command = [sys.executable, "-c", "from nanospread.cli import main; main()"]
    run = subprocess.run(
        [*command, "report", "--week", "2026-W60"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1


@pytest.fixture
def reports(tmp_path) -> Path:
    """Return a folder of reports: two old ones, a new one, and a brief that failed last."""
    for number, brief, status in [(1, "a", "published"), (2, "a", "published"), (40, "a", "published")]:
        put(tmp_path / "reports", of_number(number), brief, status)
    put(tmp_path / "reports", of_number(40), "b", "failed")
    return tmp_path / "reports"


class Clock(datetime):
    """A clock that stands in a week of 2020."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2020, 10, 8, tzinfo=UTC)


def test_history_says_what_each_brief_is_at_writes_the_lists_and_fails_where_one_needs_a_look(
    call, reports, monkeypatch
):
    monkeypatch.setattr(cli, "datetime", Clock)
    status, out, _ = call("history", "--out", str(reports))
    assert status == 1
    lines = out.splitlines()
    assert lines[0].startswith("failed     b: The run of 2020-W41 failed: 03, cell 2: boom. There is no ")
    assert lines[1].startswith("published  a: Nano is ahead.")
    assert (reports / "index.html").is_file()
    put(reports, of_number(41), "b", "published")
    assert call("history", "--out", str(reports))[0] == 0
    before = (reports / "index.html").read_bytes()
    monkeypatch.undo()
    status, out, _ = call("history", "--out", str(reports))
    assert status == 1
    assert re.search(r"^stale      a: Nano is ahead.* Last good: 2020-W41, \d+ weeks before 20", out, re.M)
    assert (reports / "index.html").read_bytes() == before  # whose ages count to the newest week


def test_the_version_is_all_that_is_printed(call):
    assert call("--version") == (0, f"{paths.VERSION}\n", "")


def test_prune_takes_the_sends_of_weeks_that_go_and_old_fetches_too(call, reports, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path / "here")
    fetched = tmp_path / "here" / journal.FOLDER
    for week in ("2020-W02", "2020-W41"):
        entry = ledger.Entry("a", "team", ledger.OFFERED, "", ledger.boot())
        ledger.note(reports, week, f"id-{week}", entry)
        mark = ledger.LastByteMark(reports, f"id-{week}")
        mark.prepare()
        mark.set()
    fetched.mkdir(parents=True)
    for day in ("2020-01-06", "2020-10-05"):
        begun = journal.create(fetched, datetime.fromisoformat(f"{day}T06:00:00Z"), {"creators": []})
        begun.record_answer(f"17?{day}", 200, f'{{"of": "{day}"}}', [], [])
    limits = ["--out", str(reports), "--keep", "1", "--weeks", "20"]
    out = call("prune", *limits)[1]
    assert re.search(r"would delete .sends/2020-W02.json  \d+ bytes \(sends\)", out)
    assert re.search(r"would delete fetched/2020-01-06T060000Z  \d+ bytes \(fetch\)", out)
    assert re.search(r"would delete 1 answer of fetches  \d+ bytes", out)
    assert re.search(r"would delete 2 of .*/fetched: \d+ bytes; --yes does it", out)
    with publish.lock(reports, delivery.LOCK), journal.locked(fetched):
        busy = call("prune", *limits, "--yes")[1]
    assert "kept .sends: a send is at work there" in busy
    assert "kept fetched: a fetch is at work there" in busy
    assert call("prune", *limits, "--yes")[0] == 0
    assert [path.name for path in sorted((reports / ledger.FOLDER).iterdir())] == [
        ".id-2020-W41",
        "2020-W41.json",
    ]
    assert [path.stem for path in journal.journals(fetched)] == ["2020-10-05T060000Z"]
    assert len([*journal.answers(fetched)]) == 1


def test_prune_only_says_what_would_go_until_it_is_told_yes(call, reports):
    limits = ["--out", str(reports), "--keep", "1", "--weeks", "20"]
    status, out, _ = call("prune", *limits)
    assert status == 0
    assert re.search(r"would delete 2020-W02/a  \d+ bytes \(report\)", out)
    assert re.search(r"would delete 4 of .*: [\d,]+ bytes; --yes does it", out)
    assert (reports / "2020-W02" / "a").is_dir()
    assert re.search(r"deleted 4 of .*: [\d,]+ bytes$", call("prune", *limits, "--yes")[1])
    assert not (reports / "2020-W02").exists()
    assert (reports / "2020-W41" / "a").is_dir()
    assert call("prune", *limits, "--yes")[1].startswith("deleted 0 of ")


@pytest.mark.parametrize("command", ["history", "prune"])
def test_a_folder_of_reports_that_is_not_there_is_one_line_and_status_2(call, tmp_path, command):
    status, _, err = call(command, "--out", str(tmp_path / "nowhere"))
    assert (status, err.count("\n")) == (2, 1)
    assert "name one with --out" in err
