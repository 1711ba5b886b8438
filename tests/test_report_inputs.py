"""What a report must know before a kernel starts: its own name for a what-if, and niches that exist."""

import pytest

from nanospread import errors, project
from nanospread.report import inputs


def test_a_run_that_changes_the_brief_has_a_name_and_a_title_of_its_own():
    plain = inputs.read("sample", "", {"seed": 5, "n_worlds": 500, "budget": None})
    assert plain.brief == "sample"
    changed = inputs.read("sample", "", {"seed": 5, "budget": 8000.0, "kappa": 5.0})
    assert changed.brief == "sample.what-if"
    assert changed.title == f"What if: budget 8,000, kappa 5 ({plain.title})"


TYPOS = [("niches: [fashion, beauty", "niches: [fashion, beuty"), ("niche: fashion", "niche: fashon")]


@pytest.mark.parametrize(("old", "new"), TYPOS)
def test_a_misspelt_niche_stops_before_a_kernel_starts(old, new, tmp_path):
    text = (project.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(errors.InputError, match=r"unknown niche .* did you mean"):
        inputs.read(str(file), "", {})
