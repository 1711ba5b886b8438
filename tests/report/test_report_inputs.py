"""What a report must know before a kernel starts: its own name for a what-if, and niches that exist."""

import shutil
from datetime import UTC, datetime

import pandas as pd
import pytest

from nanospread.campaign import brief
from nanospread.core import errors, paths
from nanospread.report import parameters
from nanospread.report import plan as inputs


@pytest.mark.slow
def test_a_run_that_changes_the_brief_has_a_name_and_a_title_of_its_own():
    plain = inputs.read("sample", "", {"seed": 5, "n_worlds": 500, "budget": None})
    assert plain.brief == "sample"
    changed = inputs.read("sample", "", {"seed": 5, "budget": 8000.0, "kappa": 5.0})
    assert changed.brief == "sample.what-if"
    assert changed.title == f"What if: budget 8,000, kappa 5 ({plain.title})"


TYPOS = [("niches: [fashion, beauty", "niches: [fashion, beuty"), ("niche: fashion", "niche: fashon")]


@pytest.mark.parametrize(("old", "new"), TYPOS)
def test_a_misspelt_niche_stops_before_a_kernel_starts(old, new, tmp_path):
    text = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(errors.InputError, match=r"unknown niche .* did you mean"):
        inputs.read(str(file), "", {})


def test_every_parameter_of_a_notebook_belongs_to_the_brief_or_is_known_not_to():
    plan = brief.read("sample")
    for name in parameters.known(parameters.notebooks(paths.NOTEBOOKS)):
        if name not in {*parameters.RANGES, *inputs.ASIDE}:
            brief.changed(plan, **{name: None})  # an unknown name is an error


@pytest.mark.slow
def test_looking_at_a_campaign_is_no_what_if_and_an_unknown_one_stops_the_run():
    given = {"campaign": "2026-summer", "target_orders": 100, "last_days": 60, "flag_is_label": True}
    assert inputs.read("sample", "", given).brief == "sample"
    with pytest.raises(errors.InputError, match="unknown campaign '2026-sumer'; did you mean '2026-summer'"):
        inputs.read("sample", "", {"campaign": "2026-sumer"})


@pytest.mark.slow
def test_a_budget_below_the_macro_s_quote_is_said_on_the_page_that_compares_with_it(tmp_path):
    brief = tmp_path / "dear.yaml"
    macro = "macro: {followers: 400000, fee: 4800}"
    brief.write_text(f"name: dear\ntitle: d\ncurrency: EUR\nbudget: 3000\nniches: [fashion]\n{macro}\n")
    sources = parameters.notebooks(paths.NOTEBOOKS)
    run = {"week": "2026-W47", "started": datetime(2026, 11, 22, tzinfo=UTC), "data": "", "out": tmp_path}
    plan = inputs.planned(brief=str(brief), overrides={}, sources=sources, **run)
    changed = [
        after for before, after in zip(sources, plan.sources, strict=True) if before.text != after.text
    ]
    assert [each.name for each in changed] == ["04_one_macro_or_many_nano"]
    assert (
        "The macro is out of reach, since it asks EUR 4,800 and the budget is EUR 3,000." in changed[0].text
    )
    enough = inputs.planned(brief=str(brief), overrides={"budget": 5000.0}, sources=sources, **run)
    assert [each.text for each in enough.sources] == [each.text for each in sources]


@pytest.mark.slow
def test_on_implausible_data_only_the_page_about_them_is_run(tmp_path):
    for name in ("creators.csv", "posts.csv"):
        shutil.copy(paths.SAMPLE / name, tmp_path)
    posts = pd.read_csv(tmp_path / "posts.csv").assign(likes=0, comments=0)
    posts.to_csv(tmp_path / "posts.csv", index=False)
    sources = parameters.notebooks(paths.NOTEBOOKS)
    week, started = "2026-W47", datetime(2026, 11, 22, tzinfo=UTC)
    plan = inputs.planned(
        week=week, started=started, brief="", data=str(tmp_path), out=tmp_path, overrides={}, sources=sources
    )
    assert "100% of the posts have not one like or comment" in plan.inputs.first[0]
    for before, after in zip(sources, plan.sources, strict=True):
        assert (before.text == after.text) == (before.name == "01_data_quality")
        assert after.parameters == before.parameters
        assert after.text == before.text or "study.simulate" not in after.text
    assert "Check the data before buying anything. They are implausible" in plan.sources[0].text


@pytest.mark.slow
def test_a_what_if_stands_against_this_weeks_own_report_of_its_brief_where_there_is_one(tmp_path):
    how = {"week": "2026-W47", "started": datetime(2026, 11, 22, tzinfo=UTC), "data": "", "out": tmp_path}
    sources = [each for each in parameters.notebooks(paths.NOTEBOOKS) if each.name.startswith("00")]

    def looks_at(**given):
        return inputs.planned(brief="sample", overrides=given, sources=sources, **how).values["earlier"]

    assert looks_at(budget=8000.0) == looks_at() == str(tmp_path)
    (tmp_path / "2026-W47" / "sample").mkdir(parents=True)
    (tmp_path / "2026-W47" / "sample" / "metrics.json").write_text("{}")
    assert looks_at(budget=8000.0) == str(tmp_path / "2026-W47")
    assert looks_at() == str(tmp_path)


@pytest.mark.slow
def test_a_saved_brief_to_compare_with_is_no_what_if_and_is_checked_before_a_kernel_starts(
    tmp_path, monkeypatch
):
    text = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")
    (tmp_path / "spring.yaml").write_text(text.replace("name: sample", "name: spring"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert inputs.read("sample", "", {"compare_with": "macro_wins, spring.yaml"}).brief == "sample"
    for names, said in (
        ("macro_win", "unknown brief 'macro_win'; did you mean 'macro_wins'"),
        ("macro_wins, sprung.yaml", "'sprung.yaml' does not exist; did you mean 'spring.yaml'"),
    ):
        with pytest.raises(errors.InputError, match=said):
            inputs.read("sample", "", {"compare_with": names})
    run = {"week": "2026-W47", "started": datetime(2026, 11, 22, tzinfo=UTC), "data": "", "out": tmp_path}
    sources = parameters.notebooks(paths.NOTEBOOKS)
    overrides = {"compare_with": "macro_wins,spring.yaml"}
    plan = inputs.planned(brief="", overrides=overrides, sources=sources, **run)
    assert plan.values["compare_with"] == f"macro_wins, {tmp_path / 'spring.yaml'}"


@pytest.mark.parametrize("name", ["", "sample", "autumn", "briefs/autumn.yml"])
def test_pages_read_the_brief_of_the_workspace_that_its_name_means(name, tmp_path, monkeypatch):
    own, bundled = tmp_path / "briefs", paths.BRIEFS[-1]
    shutil.copytree(bundled, own)
    monkeypatch.setattr(paths, "BRIEFS", (own, bundled))
    monkeypatch.chdir(tmp_path)
    text = (own / "sample.yaml").read_text().replace("budget: 5000", "budget: 7000")
    (own / "autumn.yml").write_text(text.replace("name: sample", "name: autumn"))
    how = {"week": "2026-W47", "started": datetime(2026, 11, 22, tzinfo=UTC), "data": "", "out": tmp_path}
    how["sources"] = [each for each in parameters.notebooks(paths.NOTEBOOKS) if each.name.startswith("00")]
    if name in ("", "sample"):
        as_it_came = inputs.planned(brief=name, overrides={}, **how)
        assert as_it_came.values.get("brief", "") == name
        (own / "sample.yaml").write_text(text)
    plan = inputs.planned(brief=name, overrides={}, **how)
    assert plan.values["brief"] == str(own / ("autumn.yml" if "autumn" in name else "sample.yaml"))
    assert plan.inputs.plan.budget == 7_000
