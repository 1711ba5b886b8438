"""Proves that no spelling hides a name: what reads like it is masked, what only looks like it is told."""

import re
import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stored
from draws import examples
from nanospread import store
from nanospread.ingest.sources import RawFile
from nanospread.store import spelling
from stored import ANNA, POST, day

BERTA = {**ANNA, "creator": "berta"}
HIDDEN = {
    "full width": "ａｎｎａ",
    "combining grapheme joiner": "an\u034fna",
    "zero width space": "an\u200bna",
    "zero width joiner and no-break": "a\u200dn\u2060na",
    "soft hyphen": "an\u00adna",
    "byte order mark": "\ufeffan\ufeffna",
    "variation selector": "a\ufe0fnna",
    "direction of writing": "\u202eanna\u202c",
    "tags": "an\U000e0061na",
    "escaped letter": "%61nna",
    "escaped whole": "%61%6E%6e%61",
    "escaped invisible": "an%E2%80%8Bna",
    "mathematical bold": "𝐚𝐧𝐧𝐚",
    "circled": "ⓐⓝⓝⓐ",
    "superscript": "ᵃⁿⁿᵃ",
    "full width, escaped": "%EF%BD%81nna",
    "Hangul filler": "an\u3164na",
}
ALIKE = {"Cyrillic": "аnnа", "Greek": "αnnα", "mixed": "anηa", "script a": "ɑnna"}
PLAIN = ["joanna", "anna_b", "ａnna_b", "an na", "100%", "%zz", "%ff%fe", "…", "日本", "ﬁne", "e\u0301"]
PATTERN = r"(?i)(^|[^a-z0-9_.])anna($|[^a-z0-9_.])"


@pytest.fixture
def place(tmp_path):
    """Return a store in which berta names anna in every hidden spelling, and others in like ones."""
    captions = [f"tea with @{text}, and more" for text in [*HIDDEN.values(), *ALIKE.values(), *PLAIN]]
    posts = [{**POST, "post": f"b{at}", "creator": "berta", "caption": c} for at, c in enumerate(captions)]
    rows = {"creators": [ANNA, BERTA], "posts": [POST, *posts]}
    store.write(tmp_path / "s", stored.of(**rows), as_of=day(0), inputs={"ａｎｎａ.csv": "a" * 64})
    return tmp_path / "s"


def captions(place) -> list[str]:
    rows = store.read(place).posts
    ordered = rows.assign(number=rows["post"].str[1:].astype(int)).sort_values("number")
    return ordered["caption"].tolist()


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_name_reads_as_it_is_and_is_masked_with_the_rest_left_as_it_was(text):
    assert spelling.reading(text) == "anna"
    for around in ("tea with @{}, and Ｍore ⓧ e\u0301", "{}", "{}\u200b {}"):
        given = around.format(text, text)
        masked = spelling.masked(given, PATTERN)
        assert "anna" not in spelling.reading(masked)
        rest = masked.replace(spelling.MASK, "")
        assert spelling.UNSEEN.sub("", rest) == spelling.UNSEEN.sub("", around.replace("{}", ""))


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_that_does_not_name_it_stays_letter_by_letter(text):
    assert spelling.masked(text, PATTERN) == text


@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE)
def test_what_only_looks_like_it_is_another_name(text):
    assert spelling.skeleton(text) == "anna"
    assert spelling.reading(text) != "anna"
    assert spelling.masked(text, PATTERN) == text


@settings(max_examples=examples(200))
@given(st.text(st.sampled_from("an\u034f\u200bａⓝ%61.@ é\u0301"), max_size=14))
def test_masking_leaves_nothing_to_find_and_touches_nothing_else(text):
    masked = spelling.masked(text, PATTERN)
    assert not re.search(PATTERN, spelling.reading(masked))
    if not re.search(PATTERN, spelling.reading(text)):
        assert masked == text


def test_every_letter_that_reads_as_one_of_a_name_is_known():
    ranges = [*spelling.INVISIBLE, *spelling.SHAPED]
    known = {code for low, high in ranges for code in range(low, high + 1)}
    for code in set(range(0x80, 0x20000)) - known:
        plain = unicodedata.normalize("NFKC", chr(code)).lower()
        shaped = re.fullmatch("[a-z0-9._@]+", plain) and plain not in (chr(code).lower(), "..", "...")
        assert not shaped, hex(code)


def test_forgetting_masks_what_reads_like_the_name_and_tells_what_looks_like_it(place):
    search = store.forget(place, "anna").searched
    assert (search.hits, search.alike) == (0, len(ALIKE))
    texts = captions(place)
    for text in texts[: len(HIDDEN)]:
        assert "anna" not in spelling.reading(text)
        assert (text[:10], text[-10:]) == ("tea with @", ", and more")
    assert texts[len(HIDDEN) :] == [f"tea with @{t}, and more" for t in [*ALIKE.values(), *PLAIN]]
    assert store.snapshots(place)["inputs"].tolist() == ["[***].csv"]
    assert store.checked(place).empty


@pytest.mark.slow
@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_a_later_export_brings_no_hidden_spelling_back(tmp_path, text):
    first = stored.of(creators=[ANNA, BERTA], posts=[POST, {**POST, "post": "b", "creator": "berta"}])
    store.write(tmp_path / "s", first, as_of=day(0), inputs=stored.inputs("a"))
    store.forget(tmp_path / "s", text if "%" not in text else "anna")
    week = stored.of(
        creators=[{**ANNA, "creator": text}, BERTA],
        posts=[{**POST, "creator": text}, {**POST, "post": "b", "creator": "berta", "caption": f"@{text}!"}],
    )
    found = store.write(tmp_path / "s", week, as_of=day(7), inputs={f"{text}.csv": "a" * 64})
    assert found.forgotten == 2
    back = store.read(tmp_path / "s")
    assert back.creators["creator"].tolist() == ["berta"]
    assert spelling.MASK in back.posts["caption"].iloc[-1]
    assert store.checked(tmp_path / "s").empty
    rows = pd.DataFrame({"creator": [text, "berta"], "followers": ["1", "2"]}, index=[2, 3], dtype="str")
    [file] = store.unforgotten(tmp_path / "s", [RawFile("w.csv", "creators", rows, (), ())])
    assert file.rows["creator"].tolist() == ["berta"]
