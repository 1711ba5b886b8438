"""What `nanospread report` makes of several briefs: whose data, what is refused and said, which status."""

import itertools
import sys

import pytest

from nanospread import cli
from nanospread.core import paths
from nanospread.core.errors import BusyError, InputError
from nanospread.report import weekly
from nanospread.report.scheduling import RunResult
from nanospread.report.weekly import PublishedReport, RunFailed

SAMPLE = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")
WEEK = "2026-W47"


@pytest.fixture
def report(tmp_path, monkeypatch, capsys):
    """Call the command without notebooks: each brief ends as it is told to, or is published."""

    def call(*arguments, **ends):
        def reports(asked, options, *, observer, **_):
            call.asked = asked
            names = [each.brief.rpartition("/")[2].removesuffix(".yaml") for each in asked]
            good = {
                name: PublishedReport(options.out / WEEK / name, f"Choose {name}.", 2.4) for name in names
            }
            made = [RunResult(error=ends[name]) if name in ends else RunResult(good[name]) for name in names]
            for number, ended in enumerate(made):
                observer.report_done(number, ended)
            return made

        monkeypatch.setattr(weekly, "reports", reports)
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["nanospread", "report", *arguments, "--out", str(tmp_path / "out")])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capsys.readouterr()

    return call


@pytest.fixture
def brief(tmp_path):
    def written(name, file=""):
        place = tmp_path / f"{file or name}.yaml"
        place.write_text(SAMPLE.replace("name: sample", f"name: {name}"), encoding="utf-8")
        return str(place)

    return written


def test_briefs_by_place_and_by_option_share_one_folder_or_have_one_each(report, brief):
    files = [brief(name) for name in ("spring", "summer", "autumn")]
    given = [*files[:2], "--brief", files[2], "--week", WEEK]
    assert report(*given)[0] == 0
    assert [(each.brief, each.data, each.week) for each in report.asked] == [(f, "", WEEK) for f in files]
    report(*given, "--data", "a")
    assert [each.data for each in report.asked] == ["a", "a", "a"]
    report(*given, "--data", "a", "--data", "b", "--data", "c", "-p", "budget=8000")
    assert [each.data for each in report.asked] == ["a", "b", "c"]
    assert [each.values for each in report.asked] == [{"budget": 8000.0}] * 3


def test_folders_for_some_and_two_briefs_of_one_name_are_refused(report, brief):
    files = [brief(name) for name in ("spring", "summer", "autumn")]
    status, _, said = report(*files, "--data", "a", "--data", "b")
    assert (status, said) == (
        2,
        "nanospread: --data names 2 folders for 3 briefs: name one for all, or one for each\n",
    )
    status, _, said = report(files[0], brief("spring", "other"))
    assert status == 2
    assert "two briefs have the name 'spring', so one report would replace the other" in said


def test_each_says_what_became_of_it_and_a_table_at_the_end_of_all(report, brief, tmp_path):
    failed = RunFailed("04, the kernel died", tmp_path / "out" / WEEK / "summer.failed")
    files = [brief("spring"), brief("summer"), str(tmp_path / "winter.yaml")]
    status, out, complaints = report(*files, summer=failed)
    assert status == 1
    first = out.splitlines()[:2]
    assert first == ["Choose spring.", f"{tmp_path / 'out' / WEEK / 'spring' / 'index.html'} (2 s)"]
    table = out.partition("3 reports in ")[2]
    words = ("published", "failed", "refused", "spring", "summer", "winter")
    assert [word for word in words if word not in table] == []
    assert complaints.count("\n") == 2
    assert f"nanospread: 04, the kernel died; see {failed.folder / 'index.html'}\n" in complaints
    assert "winter.yaml' does not exist" in complaints


def test_a_report_alone_has_no_table(report, brief):
    assert "1 report" not in report(brief("spring"), "--week", WEEK)[1]


ENDS = {
    0: None,
    3: BusyError("another run"),
    2: InputError("no such data"),
    1: RunFailed("04 failed", paths.ROOT),
    4: OSError(28, "No space left on device", "x"),
}


@pytest.mark.parametrize(("first", "second"), [*itertools.product(ENDS, ENDS)])
def test_the_status_is_that_of_the_worst(report, brief, first, second):
    ends = {name: ENDS[status] for name, status in (("spring", first), ("summer", second)) if status}
    worst = [*ENDS][max([*ENDS].index(first), [*ENDS].index(second))]
    assert report(brief("spring"), brief("summer"), "--week", WEEK, **ends)[0] == worst


def test_a_cluster_that_is_none_is_refused_before_anything_begins(report, brief, tmp_path):
    status, _, said = report(brief("spring"), "--week", WEEK, "--cluster", "many")
    assert (status, said.count("\n")) == (2, 1)
    assert "cluster 'many' is none of: tcp://HOST:PORT" in said
    assert not (tmp_path / "out").exists()
