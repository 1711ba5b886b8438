"""Proves on whole reports, made of the real notebook 00 without a kernel, that a week is compared with the
last good one, whatever that one's file is like, and that a page depends on nothing but the files it names."""

import json
import re
import shutil
from datetime import UTC, datetime

import pytest

from earlier_reports import exports, put
from kernel_free import InProcess
from nanospread.core import errors, paths
from nanospread.report import records, weekly
from report_runs import contents

LAST, WEEK = "2026-W46", "2026-W47"
SAME = "Nothing changed since 2026-W46 (a week ago)."


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    """A folder with notebook 00 alone."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(paths.NOTEBOOKS / "00_weekly_summary.ipynb", folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return exports(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(notebooks, data):
    def one(out, week=WEEK, data=data, **values):
        how = {"started": datetime(2026, 11, 22, tzinfo=UTC), "notebooks": notebooks, "executor": InProcess()}
        given = {"n_worlds": 300, **values}
        return weekly.report(week=week, data=str(data), out=out, values=given, **how).folder

    return one


@pytest.fixture(scope="module")
def last(tmp_path_factory, run):
    """The folder of all reports with that of last week."""
    out = tmp_path_factory.mktemp("last")
    run(out, LAST)
    return out


@pytest.fixture(scope="module")
def second(last, tmp_path_factory, run):
    """This week's report beside last week's, from the same data and settings."""
    return run(shutil.copytree(last, tmp_path_factory.mktemp("second") / "out"))


@pytest.fixture
def out(last, tmp_path):
    return shutil.copytree(last, tmp_path / "out")


def words(folder, page="index.html"):
    """Return the words of a page."""
    text = (folder / page).read_text(encoding="utf-8").split("</style>")[-1]
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


@pytest.mark.slow
def test_a_published_metrics_json_is_a_record_that_is_read_back(last):
    found, _ = records.read(last / LAST / "sample" / "metrics.json")
    assert (found.brief, found.week, found.n_worlds, found.seed) == ("sample", LAST, 300, 20261122)
    assert set(found.parameters) >= {"last_posts", "seed", "budget"}
    assert not {"data", "brief", "earlier", "week"} & set(found.parameters)
    assert len(found.metrics) == 13
    assert {number.method for number in found.metrics.values()} == {1, 2}  # by luck alone it is as it was
    assert "/" not in json.dumps(dict(found.parameters))


@pytest.mark.slow
def test_the_first_week_says_so_and_the_second_finds_nothing_changed(last, second):
    assert "This is the first report for this plan" in words(last / LAST / "sample")
    said = words(second)
    assert said.count(SAME) == 1
    assert "Data, plan, settings and random numbers are those of 2026-W46." in said
    digest = records.read(last / LAST / "sample" / "metrics.json")[1]
    assert f"Earlier reports {LAST} (SHA-256 {digest[:16]}…)" in said
    assert (second / "csv" / "changes.csv").read_text(encoding="utf-8").count("unchanged") == 7


@pytest.mark.slow
def test_two_runs_beside_the_same_last_week_are_the_same_bytes_wherever_they_lie(second, out, run):
    assert without_provenance(second) == without_provenance(run(out))


def without_provenance(folder):
    """Return the files of a report without what its provenance says: that alone may differ."""
    made = json.loads((folder / "provenance.json").read_text(encoding="utf-8")).values()
    files = {name: text.decode("utf-8", "replace") for name, text in contents(folder).items()}
    for value in made:
        files = {name: text.replace(value, "") for name, text in files.items()}
    return files


@pytest.mark.slow
def test_another_seed_is_told_as_other_random_numbers(out, run):
    said = words(run(out, seed=5))
    assert "Nothing moved beyond chance since 2026-W46" in said
    assert "Random numbers changed, with random seed 5 instead of 20261122" in said


@pytest.mark.slow
def test_a_what_if_is_compared_with_the_briefs_own_report_and_names_what_it_asks(out, run):
    folder = run(out, budget=9000.0)
    assert folder.name == "sample.what-if"
    said = words(folder)
    assert "Settings changed, with budget 9,000 instead of 5,000." in said
    assert re.search(
        r"\d of 7 numbers moved beyond chance since 2026-W46 \(a week ago\) because of settings", said
    )


@pytest.mark.slow
def test_newer_posts_are_new_data(tmp_path, run, data):
    older = exports(tmp_path / "older", 20)
    run(tmp_path / "out", "2026-W44", data=older)
    said = words(run(tmp_path / "out"))
    assert "since 2026-W44 (3 weeks ago, with no good report in between)" in said
    assert "The data changed, with newest post 15 Nov 2026 instead of 31 Oct 2026" in said
    page = (tmp_path / "out" / WEEK / "sample" / "index.html").read_text(encoding="utf-8")
    assert re.search(r'alt="[^"]*No report of 2026-W36, [^"]*2026-W45 and 2026-W46', page)


BROKEN = {  # week: what its metrics.json holds, and what is said of it
    "2026-W44": ("{", "metrics.json is no whole JSON"),
    "2026-W45": ('{"schema": 1}', "metrics.json: schema must be 2"),
    LAST: ('{"schema": 2, "brief": "<script>alert(1)</script>"}', "brief must be the name of a brief"),
}


@pytest.mark.slow
def test_corrupt_weeks_before_do_not_stop_this_one(out, run):
    for week, (text, _) in BROKEN.items():
        put(out, text, week)
    folder = run(out)
    said = words(folder)
    none = "No earlier report of this plan can be compared with."
    assert f"{none} The report of {LAST} cannot be compared with: metrics.json" in said
    for week, (_, why) in BROKEN.items():
        assert re.search(rf"The report of {week} cannot be compared with: [^;]*{re.escape(why)}", said)
    assert "<script" not in (folder / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["earlier", "week"])
def test_what_the_run_sets_itself_cannot_be_given(tmp_path, notebooks, name):
    with pytest.raises(errors.InputError, match=f"parameter '{name}' is set by the run itself"):
        weekly.report(
            week=WEEK, started=datetime(2026, 11, 22, tzinfo=UTC), out=tmp_path, notebooks=notebooks,
            values={name: "x"},
        )  # fmt: skip
