"""What a report must know before a kernel starts: its own name for a what-if, and niches that exist."""

import pytest

from nanospread.campaign import brief
from nanospread.core import errors, paths
from nanospread.report import parameters
from nanospread.report import plan as inputs


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


def test_looking_at_a_campaign_is_no_what_if_and_an_unknown_one_stops_the_run():
    given = {"campaign": "2026-summer", "target_orders": 100, "last_days": 60, "flag_is_label": True}
    assert inputs.read("sample", "", given).brief == "sample"
    with pytest.raises(errors.InputError, match="unknown campaign '2026-sumer'; did you mean '2026-summer'"):
        inputs.read("sample", "", {"campaign": "2026-sumer"})
