"""Proves that a report on thin data says so before every answer, and that no page withholds the others."""

import re
import shutil

import pandas as pd
import pytest

import thin_data
from kernel_free import InProcess
from nanospread.core import paths
from nanospread.report import parameters, weekly
from nanospread.report import plan as inputs
from report_runs import STARTED, WEEK, ran

NANO_PAGES = ["00_weekly_summary", "04_one_macro_or_many_nano", "05_how_many_creators",
              "06_recruit_gift_retain", "07_shortlist", "09_next_batch"]  # fmt: skip


def planned(tmp_path, data, brief=""):
    sources = parameters.notebooks(paths.NOTEBOOKS)
    how = {"week": WEEK, "started": STARTED, "out": tmp_path / "out", "overrides": {}, "sources": sources}
    return inputs.planned(brief=str(brief), data=str(data), **how)


def answered(plan):
    before = {each.name: each.text for each in parameters.notebooks(paths.NOTEBOOKS)}
    return [each.name for each in plan.sources if each.text != before[each.name]]


def books(folder, *names):
    """Copy some of the notebooks, and return their folder."""
    folder.mkdir()
    for file in (next(paths.NOTEBOOKS.glob(f"{name}_*.ipynb")) for name in names):
        shutil.copy(file, folder)
    return folder


@pytest.mark.slow
def test_pages_that_need_nano_say_so_and_the_others_stand_where_there_is_none(tmp_path):
    data, brief = thin_data.exports(tmp_path / "d", 0, 12), thin_data.brief(tmp_path, "food")
    assert answered(planned(tmp_path, data, brief)) == NANO_PAGES
    how = {"week": WEEK, "started": STARTED, "data": str(data), "executor": InProcess()}
    some = books(tmp_path / "books", "00", "01", "02", "07")
    made = weekly.report(**how, brief=str(brief), out=tmp_path / "out", notebooks=some)
    first = (
        "No nano creators: no nano creator in your data has a post with a known engagement rate. "
        "No odds are given."
    )
    assert made.first == (first,)
    pages = {file.stem: file.read_text() for file in made.folder.glob("*.html")}
    for name in ("index", "07_shortlist"):
        assert "Export nano creators before buying anything." in pages[name]
        assert "nan" not in re.findall(r"\w+", re.sub(r"(?s)<style.*?</style>", "", pages[name]).lower())
    assert "Yes, all 52 rows can be used" in pages["01_data_quality"]
    for name in ("index", "01_data_quality", "02_engagement", "07_shortlist"):
        assert first in re.sub("<[^>]+>", "", pages[name])  # terms are links
    assert " ".join((made.folder / "mail.txt").read_text().split()).index(first) < 200
    assert pd.read_csv(made.folder / "csv" / "rows.csv").shape[0] > 0


def test_the_first_line_is_before_the_answer_on_every_page_and_in_the_mail(tmp_path):
    data, brief = thin_data.exports(tmp_path / "d", 1, 6), thin_data.brief(tmp_path, "food")
    made = ran(tmp_path / "out", data, brief=str(brief))
    thin = "Thin data. Your data hold 1 nano creator of your niches, with 6 posts."
    for file in made.folder.glob("*.html"):
        if file.stem in ("glossary", "mail"):
            continue
        words = re.sub("<[^>]+>", "", file.read_text().replace('<p class="verdict">', "THE ANSWER"))
        assert words.index(thin) < words.index("THE ANSWER"), file.name
    for twin in ("mail.txt", "mail.html"):
        shown = re.sub("(?s)<div style=.display:none.*?</div>", "", (made.folder / twin).read_text())
        words = " ".join(re.sub("<[^>]+>", " ", shown).split())
        assert words.index(thin) < words.lower().index(made.verdict.lower()[:40])


@pytest.mark.slow
def test_the_default_brief_on_data_of_other_niches_is_told_on_the_first_screen_with_the_line(tmp_path):
    data = thin_data.exports(tmp_path / "d", 30, 3, niche="sailing")
    plan = planned(tmp_path, data)
    assert answered(plan) == []
    assert plan.inputs.plan.niches == ("sailing",)
    assert plan.inputs.first == (
        "The sample's plan names fashion, beauty, food and travel, of which your data hold nobody: this is "
        "of all niches found. For your own plan, copy its file and write: niches: [sailing].",
    )
    assert planned(tmp_path, "").inputs.first == ()


def test_a_brief_of_niches_without_nano_creators_is_told_the_niches_that_have_some(tmp_path):
    data, brief = thin_data.exports(tmp_path / "d", 40, 3), thin_data.brief(tmp_path, "sailing")
    [first] = planned(tmp_path, data, brief).inputs.first
    assert first.startswith("No nano creators: your data hold no nano creator of sailing, only of food.")
    assert first.endswith("For those write into the brief: niches: [food].")


def refusing(folder, names, error="ns.InputError"):
    """Copy two notebooks; those named raise an error in place of their answer."""
    folder.mkdir()
    for source in (paths.NOTEBOOKS / f"{name}.ipynb" for name in ("01_data_quality", "03_authenticity")):
        text = source.read_text()
        broken = f"raise {error}('no such creators')\\n"
        text = text.replace('ns.show.text(trust.text)"', f'{broken}"', 1) if source.stem in names else text
        text = text.replace('ns.show.text(can.text)"', f'{broken}"', 1) if source.stem in names else text
        (folder / source.name).write_text(text)
    return folder


@pytest.mark.slow
def test_a_page_that_the_data_do_not_allow_says_why_and_withholds_no_other(tmp_path):
    data = thin_data.exports(tmp_path / "d", 2, 1)
    books = refusing(tmp_path / "books", ["03_authenticity"])
    how = {
        "week": WEEK,
        "started": STARTED,
        "data": str(data),
        "executor": InProcess(),
        "out": tmp_path / "o",
    }
    made = weekly.report(**how, notebooks=books)
    refused = re.sub("<[^>]+>", "", (made.folder / "03_authenticity.html").read_text())
    assert "This page cannot be made of your data: no such creators." in refused
    assert "Yes, all 12 rows can be used" in (made.folder / "index.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "error"),
    [(["01_data_quality", "03_authenticity"], "ns.InputError"), (["03_authenticity"], "ZeroDivisionError")],
)
def test_a_fault_of_ours_or_of_every_page_fails_the_run(tmp_path, names, error):
    data = thin_data.exports(tmp_path / "d", 2, 1)
    books = refusing(tmp_path / "books", names, error)
    how = {
        "week": WEEK,
        "started": STARTED,
        "data": str(data),
        "executor": InProcess(),
        "out": tmp_path / "o",
    }
    with pytest.raises(weekly.RunFailed, match="no such creators"):
        weekly.report(**how, notebooks=books)
