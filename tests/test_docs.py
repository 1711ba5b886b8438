"""What docstrings cite stands in docs/model.md."""

import re

import pytest

import nanospread as ns
from nanospread.core import paths

HEADING = r"[A-DV]\d+|Levels|Ratio of sums|Simulator"
MODEL = (paths.ROOT / "docs" / "model.md").read_text(encoding="utf-8")
HEADINGS = set(re.findall(rf"^#{{2,3}} ({HEADING})\b", MODEL, flags=re.MULTILINE))
CITATION = re.compile(rf"model\.md(?:\s+((?:(?:{HEADING})(?:,\s+|-|\s+(?:and|to)\s+)?)+))?")


def citations(source: str) -> list[str]:
    """Return the headings that a source cites; "" for a citation without one."""
    text = re.sub(r"\s*\n\s*#?\s*", " ", source)
    return [name for match in CITATION.finditer(text) for name in re.findall(HEADING, match[1] or "") or [""]]


def test_every_citation_is_a_heading():
    files = [file for folder in ("lib", "tests", "tools") for file in (paths.ROOT / folder).rglob("*.py")]
    cited = {
        file: citations(file.read_text(encoding="utf-8")) for file in files if file.name != "test_docs.py"
    }
    assert sum(map(len, cited.values())) > 50
    missing = {str(file): names for file, names in cited.items() if set(names) - HEADINGS}
    assert missing == {}


@pytest.mark.parametrize(
    ("source", "cited"),
    [
        ("References: model.md C6, C8.", ["C6", "C8"]),
        ("model.md C1-C3, V1-V4, and on", ["C1", "C3", "V1", "V4"]),
        ("(model.md\n    C8)", ["C8"]),
        ("by model.md Simulator, steps 2-7", ["Simulator"]),
        ("by the numbers of model.md .", [""]),
        ("model.md Z9", [""]),
    ],
)
def test_a_citation_is_read_as_people_write_it(source, cited):
    assert citations(source) == cited


def test_the_reference_shows_the_whole_surface():
    reference = (paths.ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\.\. auto(?:function|class):: (\w+)", reference, flags=re.MULTILINE))
    assert shown == {name.split(".")[0] for name in ns.SURFACE}
