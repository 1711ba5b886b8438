"""Proves that `nanospread week` fetches, ingests, reports and sends, that a step which fails stops no other,
and that the second time changes nothing and says so."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph_api import TOKEN, GraphApi
from graph_faults import using
from graph_world import OWN_ID, World
from nanospread.cli import late_reports, reports, sending, steps, workspace
from nanospread.cli.terminal import PAUSED, UNUSABLE
from nanospread.core import paths, weeks
from nanospread.core.errors import BusyError
from nanospread.report import archive
from nanospread.report.archive import publish
from receivers import PASSWORD, Hook, Mailbox, hook, mailbox, reported, written
from report_runs import HANDLES, NOTEBOOKS, Canned, contents, exports


class Site:
    """A workspace, the API and the webhook that it is set up for, and the runs in it."""

    def __init__(self, root: Path, api: GraphApi, webhook: Hook) -> None:
        self.root, self.api, self.hook, self.more = root, api, webhook, ()
        self.out, self.data = root / "reports", root / "data" / "exports"

    @property
    def week(self) -> str:
        return weeks.of(self.api.clock.now())

    def set_up(self) -> None:
        exports(self.data)
        names = self.api.world.names()
        people = "".join(f"{name},2026-11-16,5000,food\n" for name in (*HANDLES, *names))
        (self.data / "creators.csv").write_text(f"creator,as_of,followers,niche\n{people}")
        (self.root / "names.txt").write_text("\n".join(names))
        (self.root / "fetch.yaml").write_text(
            f"account: '{OWN_ID}'\ntoken: env:GRAPH_TOKEN\n"
            f"creators: names.txt\nmedia: 5\nhost: {self.api.url}\n"
        )
        written(self.root, {"team": self.hook.channel()})

    def fetches(self) -> str:
        return (self.root / "fetch.yaml").read_text()

    def run(self, *briefs: str) -> int:
        """Return the status of a run."""
        request = steps.WeekRequest(
            briefs=briefs or workspace.briefs(),
            root=self.root,
            exports=self.data,
            store_folder=self.root / "store",
            out=self.out,
            workers=1,
            time_limit=9,
        )
        return steps.week(request, self.api.clock)

    def kept(self) -> dict[str, bytes]:
        """Return every file but the log."""
        return {name: text for name, text in contents(self.root).items() if not name.startswith("logs/")}


@pytest.fixture
def site(tmp_path, monkeypatch) -> Iterator[Site]:
    root = tmp_path / "mine"
    workspace.init(root)
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setattr(paths, "NOTEBOOKS", NOTEBOOKS)
    monkeypatch.setattr(paths, "BRIEFS", (root / "briefs", paths.BRIEFS[1]))
    monkeypatch.setattr(reports, "ThreadPoolExecutor", lambda _: Canned())
    monkeypatch.setenv("GRAPH_TOKEN", TOKEN)
    with GraphApi(World(creators=3, own_media=4)) as api, hook() as webhook:
        monkeypatch.setenv("HOOK", webhook.url)
        yield Site(root, api, webhook)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as server:
        yield server


def summary(said: str) -> list[list[str]]:
    """Return name and state of each step that the summary tells."""
    lines = said.partition("== Summary\n")[2].splitlines()
    return [line.split()[:2] for line in lines if not line.startswith(("Log: ", "Nothing changed"))]


@pytest.mark.slow
def test_a_week_twice_fetches_ingests_reports_and_sends_once_and_says_that_nothing_changed(site, box, capsys):
    site.set_up()
    written(site.root, {"team": site.hook.channel(), "director": box.channel()})
    old = [f"2020-W{number:02d}.log" for number in range(1, 15)]
    (site.root / "logs").mkdir()
    for name in old:
        (site.root / "logs" / name).touch()
    assert site.run() == 0
    first = capsys.readouterr()
    names = ("fetch", "ingest", "report", "send")
    assert summary(first.out) == [[name, "done"] for name in names]
    assert first.err == ""
    assert "Nothing changed" not in first.out
    assert [(each["event"], each["brief"], each["week"]) for each in site.hook.taken] == [
        ("success", "sample", site.week)
    ]
    before, calls = site.kept(), len(site.api.calls)
    site.api.clock.sleep(3_600)
    assert site.run() == 0
    again = capsys.readouterr().out
    assert summary(again) == [[name, "unchanged"] for name in names]
    assert "Nothing changed: all of this week was there already." in again
    assert site.kept() == before
    assert (len(site.api.calls), len(site.hook.taken), len(box.taken)) == (calls, 1, 1)
    assert "sample/index.html" in str(box.taken[0])
    log = site.root / "logs" / f"{site.week}.log"
    assert log.read_text() == first.out + again
    assert log.stat().st_mode & 0o077 == 0
    assert [file.name for file in sorted(log.parent.iterdir())] == [*old[-11:], log.name]
    for secret in (TOKEN, PASSWORD):
        assert not any(secret.encode() in text for text in contents(site.root).values())


@pytest.mark.slow
def test_a_fetch_that_asks_something_else_is_made_in_the_same_week_too(site, capsys):
    site.set_up()
    site.run()
    for file, text in (
        ("names.txt", "\n".join(HANDLES[:1])),
        ("fetch.yaml", f"{site.fetches()}since_days: 9\n"),
    ):
        calls = len(site.api.calls)
        (site.root / file).write_text(text)
        site.run()
        assert len(site.api.calls) > calls
        site.run()
        assert summary(capsys.readouterr().out)[-4] == ["fetch", "unchanged"]


@pytest.mark.slow
def test_a_fetch_of_the_evening_before_is_that_of_the_week(site, capsys):
    site.set_up()
    site.api.clock.sleep(6.5 * 86_400)  # Sunday
    site.run()
    states = []
    for hours in (11, 26):
        site.api.clock.sleep(hours * 3_600)
        site.run()
        states.append([state for _, state in summary(capsys.readouterr().out)[-4:]])
    assert states == [["unchanged", "unchanged", "done", "done"], ["done", "unchanged", "done", "done"]]


@pytest.mark.slow
def test_what_is_not_set_up_is_skipped_and_the_report_is_of_the_sample(site, capsys):
    assert site.run() == 0
    said = capsys.readouterr().out
    assert summary(said) == [
        ["fetch", "skipped"],
        ["ingest", "skipped"],
        ["report", "done"],
        ["send", "skipped"],
    ]
    assert "no fetch.yaml" in said
    assert json.loads((site.out / site.week / "sample" / "summary.json").read_text())["synthetic"]


@pytest.mark.slow
def test_a_step_that_fails_stops_no_other_and_the_first_gives_the_status(site, capsys, monkeypatch):
    site.set_up()
    site.run()
    site.api.clock.sleep(7 * 86_400)
    monkeypatch.delenv("GRAPH_TOKEN")
    broken = site.root / "briefs" / "broken.yaml"
    broken.write_text("name: broken\nbudget: 12.000,00\n")
    assert site.run("sample", str(broken)) == UNUSABLE
    said = capsys.readouterr()
    states = ("failed", "unchanged", "done", "failed", "done")
    assert [state for _, state in summary(said.out)[-5:]] == [*states]
    assert "nanospread: token: the environment variable GRAPH_TOKEN is not set" in said.err
    told = [(each["event"], each["brief"]) for each in site.hook.taken[1:]]
    assert sorted(told) == [("failure", "broken"), ("success", "sample")]
    assert archive.banner_path(site.out, site.week, "broken").is_dir()


def test_a_slip_in_the_only_brief_fails_its_report_and_loses_no_data(site, capsys):
    site.set_up()
    file = site.root / "briefs" / "sample.yaml"
    file.write_text(re.sub("(?m)^budget:.*", "budget: 12.000,00", file.read_text()))
    assert site.run() == UNUSABLE
    said = capsys.readouterr()
    states = [["fetch", "done"], ["ingest", "done"], ["report", "failed"], ["send", "done"]]
    assert summary(said.out) == states
    assert said.err.count("budget") == 1


def test_data_that_cannot_be_had_fail_the_report_and_are_never_replaced_by_the_sample(site, capsys):
    site.set_up()
    (site.root / "fetch.yaml").unlink()
    for file in site.data.iterdir():
        file.write_text("no,table\n1,2\n")
    assert site.run() == UNUSABLE
    said = capsys.readouterr()
    assert summary(said.out)[1:] == [["ingest", "failed"], ["report", "failed"], ["send", "done"]]
    assert [each["event"] for each in site.hook.taken] == ["failure"]
    assert not (site.out / site.week / "sample").exists()


@pytest.mark.slow
def test_a_report_that_crashes_or_two_briefs_of_one_name_are_told_and_the_others_are_made(
    site, capsys, monkeypatch
):
    text = (site.root / "briefs" / "sample.yaml").read_text()
    for name in ("one", "two"):
        (site.root / "briefs" / f"{name}.yaml").write_text(text.replace("name: sample", "name: autumn"))
    assert site.run() == UNUSABLE
    said = capsys.readouterr()
    assert [state for name, state in summary(said.out) if name == "report"] == ["done", "failed"]
    assert "two briefs have the name 'autumn'" in said.err
    monkeypatch.setattr(reports, "ThreadPoolExecutor", lambda _: Canned("boom"))
    (site.root / "briefs" / "two.yaml").unlink()
    (site.root / "briefs" / "one.yaml").write_text(text.replace("name: sample", "name: spring"))
    assert site.run() == 1
    assert "boom" in capsys.readouterr().err


@pytest.mark.slow
def test_a_limit_of_calls_pauses_the_fetch_and_the_next_week_goes_on_with_it(site, capsys):
    site.set_up()
    site.api.plan(using(100, minutes=300))
    assert site.run() == PAUSED
    assert summary(capsys.readouterr().out)[0] == ["fetch", "failed"]
    assert (site.out / site.week / "sample" / "index.html").is_file()
    site.api.clock.sleep(301 * 60)
    assert site.run() == 0  # goes on, and what it read is in the report
    assert summary(capsys.readouterr().out) == [
        ["fetch", "done"], ["ingest", "unchanged"], ["report", "done"], ["send", "done"]
    ]  # fmt: skip


def test_settings_that_lead_nowhere_are_told_and_not_taken_for_none(site, capsys):
    for name in ("fetch.yaml", "send.yaml"):
        (site.root / name).symlink_to(site.root / "gone")
    assert site.run() == UNUSABLE
    said = capsys.readouterr()
    assert [state for _, state in summary(said.out)] == ["failed", "skipped", "failed", "failed"]
    assert "fetch.yaml' does not exist" in said.err


def test_two_weeks_at_a_time_do_not_meet(site):
    with (
        publish.lock(site.out, steps.LOCK),
        pytest.raises(BusyError, match="another `nanospread week`"),
    ):
        site.run()
    assert not (site.root / "logs").exists()


def test_late_tells_each_channel_that_has_it_once_a_week(site):
    site.set_up()
    written(site.root, {name: site.hook.channel(notify=[name]) for name in ("late", "success")})
    found = late_reports.late(site.out, (), "monday", site.api.clock.now())
    for state in ("sent", "sent before"):
        told = sending.late_notified(site.out, found)
        assert [(each.channel, each.state) for each in told] == [("late", state)]
    assert [(each["event"], each["brief"], each["week"]) for each in site.hook.taken] == [
        ("late", "sample", site.week)
    ]
    assert "no run was started" in site.hook.taken[0]["headline"]


@pytest.mark.slow
def test_a_command_reads_secrets_from_the_environment_it_was_started_with(tmp_path):
    root = tmp_path / "mine"
    workspace.init(root)
    reported(root / "reports")
    with hook() as webhook:
        written(root, {"team": webhook.channel()})
        given = {**os.environ, "HOOK": webhook.url, "PYTHONPATH": str(paths.PACKAGE.parent)}
        command = [sys.executable, "-P", "-m", "nanospread", "send"]
        run = subprocess.run(command, cwd=root, env=given, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr, len(webhook.taken)) == (0, "", 1), run.stdout
