"""Proves that `nanospread compare` shows what differs first, says what is too close to call, writes every
number, and answers what cannot be compared with one line."""

import csv
import re

import pytest

from nanospread import cli
from nanospread.cli import simulating
from nanospread.core import paths
from nanospread.report import parameters
from nanospread.study.comparison import MEASURES
from test_cli import called

SAMPLE = (paths.BRIEFS[-1] / "sample.yaml").read_text(encoding="utf-8")


@pytest.fixture
def call(capsys, monkeypatch):
    monkeypatch.setattr(simulating, "COMPARISON_WORLDS", 256)
    return lambda *arguments: called("compare", *map(str, arguments), capsys=capsys, monkeypatch=monkeypatch)


def saved(folder, name, *changes):
    text = SAMPLE.replace("name: sample", f"name: {name}")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / f"{name}.yaml"


@pytest.mark.slow
def test_the_settings_that_differ_come_first_and_every_number_is_written(call, tmp_path):
    spring, out = saved(tmp_path, "spring_plan", ("budget: 5000", "budget: 8000")), tmp_path / "plans.csv"
    status, shown, err = call("sample", spring, "--out", out)
    assert (status, err) == (0, "")
    assert re.match(r"sample: Choose nano\. spring_plan: [^\n]+\.\nOn average, spring_plan earns EUR ", shown)
    titles = ["What differs", "What each comes to, on average; money in EUR", "How far each is from sample"]
    assert sorted(titles, key=shown.index) == titles
    first = shown[shown.index(titles[0]) : shown.index(titles[1])]
    assert [word in first for word in ("Budget", "5,000", "8,000", "Niches", "margin")] == [True] * 3 + [
        False
    ] * 2
    assert "too close to call (noise " in shown[shown.index(titles[2]) :]
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == simulating.COMPARISON_COLUMNS
    assert [row["measure"] for row in rows[:6]] == list(MEASURES)
    kept = {(row["brief"], row["option"], row["measure"]): row for row in rows}
    cost = kept[("spring_plan", "nano", "cost_mean")]
    assert float(cost["difference"]) == pytest.approx(
        float(cost["value"]) - float(kept[("sample", "nano", "cost_mean")]["value"])
    )
    assert kept[("sample", "nano", "cost_mean")]["difference"] == ""
    assert call("sample", spring, "--out", out)[0] == 0  # its own file may be replaced


@pytest.mark.slow
def test_plans_that_are_the_same_say_so(call, tmp_path):
    status, shown, _ = call("sample", saved(tmp_path, "copy"))
    assert status == 0
    assert "copy and sample earn the same on average." in shown
    assert "No setting differs." in shown
    assert shown.count("everything") == 2


@pytest.mark.parametrize(
    ("briefs", "said"),
    [
        (["sample"], "a comparison needs two briefs or more; got 'sample' alone"),
        (["sample", "macro_win"], "unknown brief 'macro_win'; did you mean 'macro_wins'"),
        (["sample", "sample"], "brief 'sample' is given twice; name different briefs"),
        (["sample", str(paths.BRIEFS[-1] / "sample.yaml")], "is given twice"),
        (["sample", "nowhere.yaml"], "brief file 'nowhere.yaml' does not exist"),
        (["sample", "macro_wins", "--data", "/nowhere"], "does not exist"),
        (["sample", "macro_wins", "--week", "46"], "write it as year and ISO week"),
    ],
)
def test_what_cannot_be_compared_is_one_line(call, briefs, said):
    status, out, err = call(*briefs)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.slow
def test_a_currency_too_many_briefs_and_niches_without_creators_are_one_line_too(call, tmp_path):
    swedish = saved(tmp_path, "swedish", ("currency: EUR #", "currency: SEK #"))
    horses = saved(
        tmp_path, "horses", ("niches: [fashion, beauty, food, travel]", "niches: [horses]"),
        ("least_per_niche: {fashion: 2, beauty: 2, food: 2, travel: 2}", "least_per_niche: {}"),
    )  # fmt: skip
    many = [saved(tmp_path, f"plan{at}") for at in range(10)]
    for others, said in (
        ([swedish], "'sample' is in EUR, 'swedish' in SEK"),
        ([horses], "no odds can be given for brief 'horses': your data hold no nano creator of horses"),
        (many, "at most 10 briefs; got 11"),
    ):
        status, out, err = call("sample", *others)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert said in err


def test_a_file_that_is_somebody_elses_stays(call, tmp_path):
    (tmp_path / "mine.csv").write_text("my own")
    status, _, err = call("sample", "macro_wins", "--out", tmp_path / "mine.csv")
    assert status == 2
    assert "nanospread did not write it" in err
    assert (tmp_path / "mine.csv").read_text() == "my own"


def test_it_takes_the_reports_seed():
    known = parameters.known(parameters.notebooks(paths.NOTEBOOKS))
    assert known["seed"].default == cli.SEED
