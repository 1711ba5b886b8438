"""Proves that `nanospread plan` says the plan, lists whom to write to, and writes the rule into a brief."""

import csv
import shutil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import staged_plans
from nanospread import briefs
from nanospread.campaign import brief as brief_wing
from nanospread.cli import plans
from nanospread.core import paths, typed
from nanospread.core.errors import InputError
from nanospread.study import Study
from nanospread.study import open as opened

RULE = staged_plans.plan().rule
SAMPLE = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def data():
    """Return the sample's data, read once."""
    read = opened().data
    _ = read.tables
    return read


@pytest.fixture
def planned(monkeypatch, data):
    """Let a study of the sample have the plan and the state that are given."""
    monkeypatch.setattr(
        plans.studies, "open", lambda _, brief, week: Study(data, brief_wing.read(brief or "sample"))
    )

    def given_(plan=None, state=None):
        monkeypatch.setattr(Study, "staged", lambda self, **_: plan or staged_plans.plan())
        monkeypatch.setattr(Study, "running", lambda self, campaign="": state)

    return given_


def plan(tmp_path, **changes):
    """Run the command on the sample's brief."""
    given = {"brief": "sample", "data": "", "week": "", "seed": 1, "out": tmp_path, "write": None}
    plans.plan(**{**given, "campaign": "", "force": False, **changes})


def rows(file):
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_batch_is_said_first_and_its_creators_are_listed(planned, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    planned()
    plan(tmp_path)
    said = capsys.readouterr().out
    assert said.splitlines()[1].startswith("Write to the first 2 creators now, of 5 on the list.")
    for part in (
        "at least 41 orders within 14 days",
        "stops 6 of 100",
        "EUR 300 more",
        "No test with a larger",
    ):
        assert part in said
    assert "2027-01-03" in said
    found = rows(tmp_path / "plan.csv")
    assert [row["creator"] for row in found] == ["a", "b"]
    assert list(found[0]) == plans.COLUMNS
    plan(tmp_path)  # its own file is written again


def test_a_running_campaigns_state_comes_first_and_its_next_creators_are_listed(planned, tmp_path, capsys):
    planned(state=staged_plans.running("go on", 44.0, 20))
    plan(tmp_path)
    said = capsys.readouterr().out
    assert said.splitlines()[1].startswith("Go on with winter: write to everybody left on the list.")
    assert len(rows(tmp_path / "plan.csv")) == 5
    planned(state=staged_plans.running("stop", 4.0, 20))
    plan(tmp_path / "other")
    assert "Nobody to write to now" in capsys.readouterr().out
    assert not (tmp_path / "other").exists()


def test_no_text_of_the_list_is_a_formula(planned, tmp_path):
    made = staged_plans.plan()
    planned(staged_plans.plan(creators=made.creators.assign(reason="=1+1", niche="@food")))
    plan(tmp_path)
    assert rows(tmp_path / "plan.csv")[0]["reason"] == "'=1+1"


def test_a_file_of_somebody_elses_stays(planned, tmp_path):
    planned()
    (tmp_path / "plan.csv").write_text("mine")
    with pytest.raises(InputError, match="nanospread did not write it"):
        plan(tmp_path)
    (tmp_path / "plan.csv").unlink()
    (tmp_path / "brief.yaml").write_text("mine")
    with pytest.raises(InputError, match="name another file, or add --force"):
        plan(tmp_path, write=tmp_path / "brief.yaml")
    assert (tmp_path / "brief.yaml").read_text() == "mine"
    with pytest.raises(InputError, match="is a folder: name a file in it"):
        plan(tmp_path, write=tmp_path, force=True)


def test_the_written_brief_is_the_old_one_with_the_rule(planned, tmp_path):
    planned()
    target = tmp_path / "running.yaml"
    plan(tmp_path, write=target, campaign="2026-winter")
    assert target.read_text(encoding="utf-8").startswith(SAMPLE)
    rule = brief_wing.read(target).batches.rule
    assert (rule.campaign, rule.planned) == ("2026-winter", RULE["planned"])
    assert [look.go_on for look in rule.looks] == [41, 66]


def test_no_rule_is_written_where_no_batch_is_sent_or_results_of_one_are_in(planned, tmp_path):
    planned(staged_plans.plan("macro"))
    with pytest.raises(InputError, match="this one sends none"):
        plan(tmp_path, write=tmp_path / "x.yaml")
    planned()
    mine = tmp_path / "mine.yaml"
    mine.write_text(plans.with_rule(SAMPLE, {**RULE, "campaign": "2026-autumn"}), encoding="utf-8")
    with pytest.raises(InputError, match="results are in: a rule applied after data were looked at"):
        plan(tmp_path, brief=str(mine), write=tmp_path / "x.yaml")
    mine.write_text(plans.with_rule(SAMPLE, {**RULE, "campaign": "2027-spring"}), encoding="utf-8")
    plan(tmp_path, brief=str(mine), write=tmp_path / "x.yaml")
    assert brief_wing.read(tmp_path / "x.yaml").batches.rule.campaign == "2027-spring"
    assert not list(tmp_path.glob(".x*"))


BLOCKS = {
    "none": "",
    "fields": "batches: # how\n  most: 2 # two\n\n  days: 10\n",
    "flow": "batches: {most: 2, days: 10}\n",
    "flow and words": "batches: {most: 2} # how\n",
    "empty": "batches:\n",
    "null": "batches: null\n",
    "deep": "batches:\n      most: 2\n      # a word\n",
    "in force": "batches:\n  most: 2\n  rule:\n    campaign: old\n    looks:\n      - {a: 1}\n  days: 9\n",
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("after", ["", "\n# of weeks\nweeks: 3 # three\n", "weeks: 3\n"])
def test_the_rule_is_added_to_any_way_to_write_the_block_and_all_else_stays(block, after):
    text = f"name: winter\n# a comment\nbudget: 5000\n{block}{after}"
    made = plans.with_rule(text, RULE)
    before, now = typed.from_yaml(text), typed.from_yaml(made)
    assert now["batches"].pop("rule") == RULE
    kept = {name: value for name, value in (before.get("batches") or {}).items() if name != "rule"}
    assert now["batches"] == kept
    assert {name: value for name, value in now.items() if name != "batches"} == {
        name: value for name, value in before.items() if name != "batches"
    }
    assert "# a comment" in made
    assert ("# three" in made) == ("# three" in after)


@pytest.mark.slow
@example(name="0E0")  # a number to us, and text to PyYAML
@example(name="nan")
@given(name=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30))
def test_any_name_of_a_campaign_comes_back_as_it_was(name):
    made = plans.with_rule("name: x\n", {**RULE, "campaign": name})
    assert typed.from_yaml(made)["batches"]["rule"]["campaign"] == name


def test_a_block_that_no_line_can_be_added_to_is_refused():
    with pytest.raises(InputError, match="give each of its fields a line"):
        plans.with_rule("name: x\nbatches: {most: 2,\n  days: 3}\n", RULE)


def test_a_brief_of_our_own_is_read_for_the_plan(planned, tmp_path, capsys):
    planned()
    mine = tmp_path / "mine.yaml"
    shutil.copy(paths.DATA / "briefs" / "macro_wins.yaml", mine)
    plan(tmp_path, brief=str(mine))
    assert capsys.readouterr().out.startswith(briefs.read(mine).title)
