"""Proves that a forgotten account is nowhere in a store, that it stays out, and that others stay whole."""

import json
import re
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stored
from draws import examples
from nanospread import store
from nanospread.core.errors import InputError
from nanospread.ingest import tables
from nanospread.ingest.sources import RawFile
from nanospread.store import duck, erasure, forgotten, manifests
from stored import ANNA, POST, day

BERTA = {**ANNA, "creator": "berta"}
THEIRS = {
    **POST,
    "post": "p2",
    "creator": "berta",
    "caption": "tea with @Anna and Anna, not joanna or anna.b",
}
COMMENTS = [
    {"comment": "c1", "post": "p1", "creator": "anna", "author": "berta", "text": "nice"},
    {"comment": "c2", "post": "p2", "creator": "berta", "author": "anna", "text": "me too"},
    {"comment": "c3", "post": "p2", "creator": "berta", "author": "fan", "text": "@anna @anna anna anna."},
]
LEDGER = [
    {"table": "posts", "file": "anna_posts.csv", "line": 2, "status": "repaired", "reason": "spelling"},
    {"table": "posts", "file": "joanna.csv", "line": 2, "status": "repaired", "reason": "spelling"},
]
COUNTS = [{"table": "posts", "file": "anna_posts.csv", "rows_in": 2, "kept": 1, "repaired": 1}]
WHOLE = {
    "creators": [ANNA, BERTA],
    "posts": [POST, THEIRS],
    "comments": COMMENTS,
    "outreach": [
        {"campaign": "c", "creator": name, "contacted_at": day(0), "offer": "gift", "replied": True}
        | {"accepted": True, "posted": False}
        for name in ("anna", "berta")
    ],
    "results": [
        {"campaign": "@Anna's week", "creator": name, "offer": "fee"} for name in ("anna", "berta")
    ],
    "ambassadors": [{"creator": name, "joined_at": day(0)} for name in ("anna", "berta")],
    "overlaps": [{"creator": "berta", "other": name, "overlap": 0.1} for name in ("anna", "fan")],
    "ledger": LEDGER,
    "counts": COUNTS,
    "ignored": [{"file": "anna_posts.csv", "column": "likes of ANNA"}],
}  # fmt: skip
INPUTS = {"anna_posts.csv": "a" * 64, "joanna.csv": "b" * 64}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Return a store of two weeks that name anna in every way; the second in contacts too."""
    place = tmp_path_factory.mktemp("original") / "s"
    contacts = pd.DataFrame({"creator": ["anna", "berta"], "mail": ["a@x.org", "anna@x.org"]}, dtype="str")
    store.write(place, stored.of(**WHOLE), as_of=day(0), inputs=INPUTS)
    store.write(place, stored.of(**WHOLE), as_of=day(7), inputs=INPUTS, contacts=contacts)
    return place


@pytest.fixture
def place(original, tmp_path):
    """Return a copy of it."""
    return Path(shutil.copytree(original, tmp_path / "s"))


def searched(place, name) -> erasure.SearchResult:
    with duck.connected() as connection:
        return erasure.searched(connection, place, manifests.snapshots(place), name)


def everything(place) -> str:
    """Return all text of a store, read without the code under test."""
    with duck.connected() as connection:
        rows = [connection.read_parquet(str(path)).fetchall() for path in sorted(place.rglob("*.parquet"))]
    plain = [p.read_text() for p in sorted(place.rglob("*")) if p.is_file() and p.suffix != ".parquet"]
    return "\n".join([str(rows), *plain, *(str(p) for p in place.rglob("*") if p.is_file())])


def test_nothing_of_a_forgotten_account_is_left_and_the_search_proves_it(place):
    assert len(re.findall(r"(?i)(?<![a-z0-9])anna(?![a-z0-9_]|\.[a-z])", everything(place))) > 30
    found = store.forget(place, "@Anna")
    assert re.findall(r"(?i)(?<![a-z0-9])anna(?![a-z0-9_]|\.[a-z])", everything(place)) == []
    assert (found.snapshots, found.searched.hits, found.searched.snapshots) == (2, 0, 2)
    assert found.searched.rows == sum(f.rows for one in manifests.snapshots(place) for f in one.files)
    assert found.searched.texts == 5  # two manifests, store.json, the list, the lock
    assert found.rows.set_index("table").loc["comments"].tolist() == [4, 2]
    assert found.rows.set_index("table").loc["ledger"].tolist() == [0, 2]
    assert store.checked(place).empty


@pytest.mark.slow
def test_the_others_keep_their_rows_and_their_words(place):
    store.forget(place, "anna")
    back = store.read(place)
    assert back.creators["creator"].tolist() == ["berta"]
    assert back.posts["caption"].tolist() == ["tea with @[***] and [***], not joanna or anna.b"]
    assert back.comments["text"].tolist() == ["@[***] @[***] [***] [***]."]
    assert back.results["campaign"].tolist() == ["@[***]'s week"]
    assert back.overlaps["other"].tolist() == ["fan"]
    assert back.ledger["file"].tolist()[:2] == ["2026-11-15/[***]_posts.csv", "2026-11-15/joanna.csv"]
    assert back.ignored["column"].tolist() == ["likes of [***]"] * 2
    assert store.snapshots(place)["inputs"].tolist() == ["[***]_posts.csv, joanna.csv"] * 2
    assert store.snapshots(place)["creators"].tolist() == [1, 1]
    assert store.contacts(place).to_dict("records") == [{"creator": "berta", "mail": "[***]@x.org"}]


@pytest.mark.slow
def test_the_list_of_the_forgotten_names_nobody_and_differs_between_stores(place, tmp_path):
    store.write(tmp_path / "t", stored.of(**WHOLE), as_of=day(1), inputs=INPUTS)
    lists = []
    for one in (place, tmp_path / "t"):
        store.forget(one, "anna")
        lists.append((one / forgotten.LIST).read_text().split())
    assert [len(marks) for marks in lists] == [2, 2]
    assert lists[0][1] != lists[1][1]


@pytest.mark.slow
@pytest.mark.parametrize("steps", range(4))
def test_from_the_first_moment_no_reader_is_served_and_again_completes(place, monkeypatch, steps):
    real, left = erasure._without, iter(range(steps))

    def interrupted(*arguments):
        next(left)  # StopIteration when the time has come
        return real(*arguments)

    monkeypatch.setattr(erasure, "_without", interrupted)
    if steps < 2:
        with pytest.raises((StopIteration, RuntimeError)):
            store.forget(place, "anna")
        back = store.read(place)
        assert back.creators["creator"].tolist() == ["berta"]
        assert set(back.comments["author"]) == {"fan"}
        assert searched(place, "anna").hits > 0
    monkeypatch.setattr(erasure, "_without", real)
    assert store.forget(place, "anna").searched.hits == 0
    assert store.forget(place, "anna").snapshots == 0  # nothing is left to do


@pytest.mark.slow
def test_a_rewrite_that_was_killed_before_its_manifest_leaves_nothing(place):
    folder = manifests.snapshots(place)[0].folder
    (folder / "posts-0123456789abcdef.parquet").write_bytes(b"anna")
    (place / ".staging" / "x").mkdir(parents=True)
    (place / ".staging" / "x" / "anna.csv").write_text("anna")
    assert len(store.read(place).posts) == 2
    store.forget(place, "anna")
    assert not (folder / "posts-0123456789abcdef.parquet").exists()
    assert not (place / ".staging" / "x").exists()


def test_the_next_export_is_refused_by_row_with_its_line_and_reason(place):
    store.forget(place, "anna")
    rows = pd.DataFrame(
        {"creator": ["@ANNA ", "berta"], "followers": ["2000", "300"], "niche": ["food", "food"]},
        index=pd.Index([2, 3], name="line"), dtype="str",
    )  # fmt: skip
    mails = pd.DataFrame({"email": ["a@x.org", "b@x.org"]}, index=rows.index, dtype="str")
    (file,) = store.unforgotten(
        place, [RawFile("week.csv", "creators", rows, (), ((4, "ragged"),), contacts=mails)]
    )
    assert file.refused == ((2, "forgotten on request"), (4, "ragged"))
    assert file.rows["creator"].tolist() == ["berta"]
    assert store.contact_rows([file]).to_dict("records") == [{"creator": "berta", "email": "b@x.org"}]
    posts = replace(file, file="posts.csv", table="posts", refused=(), rows=pd.DataFrame(
        {"creator": ["berta"], "post": ["9"], "posted_at": ["2026-11-20"], "likes": ["4"], "comments": ["1"]},
        index=pd.Index([2], name="line"), dtype="str",
    ))  # fmt: skip
    counts = tables.validated([file, posts]).counts.set_index("file").loc["week.csv"]
    assert (counts["rows_in"], counts["refused"]) == (3, 2)
    assert store.unforgotten(place.parent / "none", [file]) == (file,)


@pytest.mark.slow
def test_what_reaches_a_store_all_the_same_is_dropped_masked_and_counted(place):
    store.forget(place, "anna")
    found = store.write(place, stored.of(**WHOLE), as_of=day(14), inputs=INPUTS)
    assert found.forgotten == 8
    assert searched(place, "anna").hits == 0
    counts = store.read(place).counts
    assert counts["file"].tolist()[-1] == "2026-11-29/[***]_posts.csv"
    assert counts.loc[counts.index[-1], ["rows_in", "kept", "repaired", "refused"]].tolist() == [2, 0, 1, 1]
    last = store.read(place).ledger.iloc[-1]
    assert (last["line"], last["status"], last["reason"]) == (0, "refused", "forgotten on request")


@pytest.mark.slow
def test_the_same_old_export_brings_nobody_back(place):
    store.forget(place, "anna")
    assert not store.write(place, stored.of(**WHOLE), as_of=day(0), inputs=INPUTS).new
    assert store.read(place).creators["creator"].tolist() == ["berta"]


@pytest.mark.slow
def test_a_part_too_large_for_a_frame_is_cleaned_too(place, tmp_path):
    store.forget(place, "anna")
    part = stored.frame("posts", [{**POST, "post": f"b{at}"} for at in range(3)] + [{**THEIRS, "post": "b3"}])
    with duck.connected() as connection:
        connection.from_df(part).write_parquet(str(tmp_path / "part.parquet"))
    counts = stored.frame("counts", [{"table": "posts", "file": "big.csv", "rows_in": 4, "kept": 4}])
    bulk = store.Part("posts", tmp_path / "part.parquet", counts, stored.of().ledger)
    plain = stored.of(creators=[BERTA], posts=[])
    found = store.write(place, plain, as_of=day(14), inputs=stored.inputs("big"), bulk=[bulk])
    assert found.forgotten == 3
    assert searched(place, "anna").hits == 0
    assert store.read(place).counts.iloc[-1][["kept", "refused"]].tolist() == [1, 3]


@pytest.mark.parametrize(
    ("handle", "line"),
    [("ana", r"holds nothing of 'ana'; did you mean 'anna'\?"), ("nobody.at", "nothing of 'nobody.at'$"),
     ("", "is no account's name"), (" @ ", "is no account's name")],
)  # fmt: skip
def test_a_name_that_is_not_there_is_told_and_changes_nothing(place, handle, line):
    before = everything(place)
    with pytest.raises(InputError, match=line):
        store.forget(place, handle)
    assert everything(place) == before
    assert not (place / forgotten.LIST).exists()


def test_an_account_that_is_only_named_by_others_is_forgotten_too(place):
    assert store.forget(place, "joanna").searched.hits == 0
    assert "joanna" not in everything(place)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["food", "posts", "gift", "forgotten", "a.b|c", "x' OR '1'='1", "(", "sha256", "2026", "15t00", "1"],
)
def test_a_name_that_is_a_word_or_code_harms_nobody_else(tmp_path, name):
    name = name.lower()  # as `tables` spells it
    hers = {**ANNA, "creator": name}
    whole = stored.of(
        creators=[hers, BERTA], posts=[{**POST, "creator": name}, {**THEIRS, "caption": f"@{name}!"}]
    )
    store.write(tmp_path / "s", whole, as_of=day(0), inputs=stored.inputs("a"))
    found = store.forget(tmp_path / "s", name)
    assert found.searched.hits == 0
    back = store.read(tmp_path / "s")
    assert back.creators[["creator", "niche"]].values.tolist() == [["berta", "food"]]
    assert back.posts["caption"].tolist() == ["@[***]!"]
    assert store.forget(tmp_path / "s", name).snapshots == 0


@pytest.mark.slow
def test_what_a_tool_said_of_an_account_is_masked_in_the_reasons(tmp_path):
    told = {"table": "creators", "file": "a.json", "line": 2, "status": "refused"}
    told = [{**told, "reason": reason} for reason in ("not_found: Profile anna is private", "at /anna/ now")]
    whole = stored.of(**{**WHOLE, "ledger": told})
    store.write(tmp_path / "s", whole, as_of=day(0), inputs=stored.inputs("a"))
    store.forget(tmp_path / "s", "anna")
    assert "anna" not in everything(tmp_path / "s").lower().replace("joanna", "").replace("anna.b", "")
    store.write(tmp_path / "s", stored.of(creators=[BERTA], posts=[], ledger=told), as_of=day(7),
                inputs=stored.inputs("b"))  # fmt: skip
    assert store.read(tmp_path / "s").ledger["reason"].tolist()[-1] == "at /[***]/ now"


NFC, NFD = (unicodedata.normalize(form, "josé") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(("held", "asked"), [(NFC, NFD), (NFD, NFC)])
def test_an_accent_that_stands_apart_hides_no_name(tmp_path, held, asked):
    whole = stored.of(
        creators=[{**ANNA, "creator": held}, BERTA],
        posts=[{**POST, "creator": held}, {**THEIRS, "caption": f"mit @{NFD} und {NFC.upper()}, cafe\u0301"}],
    )
    store.write(tmp_path / "s", whole, as_of=day(0), inputs={f"{NFD}.csv": "a" * 64})
    assert store.forget(tmp_path / "s", asked).searched.hits == 0
    assert "jos" not in everything(tmp_path / "s")
    back = store.read(tmp_path / "s")
    assert back.creators["creator"].tolist() == ["berta"]
    assert back.posts["caption"].tolist() == ["mit @[***] und [***], café"]


@pytest.mark.slow
def test_a_text_that_names_nobody_stays_letter_by_letter(place):
    week = stored.of(creators=[BERTA], posts=[{**THEIRS, "post": "p3", "caption": "cafe\u0301"}, THEIRS])
    store.write(place, week, as_of=day(14), inputs=stored.inputs("n"))
    store.forget(place, "anna")
    assert store.read(place).posts["caption"].tolist()[-1] == "cafe\u0301"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["my-handle", "jürgen", NFD, "anna lee", "_ö-b_", "one two three four"])
def test_a_later_mention_of_any_name_is_masked(tmp_path, name):
    hers = {**ANNA, "creator": name}
    store.write(tmp_path / "s", stored.of(creators=[hers, BERTA], posts=[{**POST, "creator": name}, THEIRS]),
                as_of=day(0), inputs=stored.inputs("a"))  # fmt: skip
    store.forget(tmp_path / "s", name)
    for at, caption in enumerate([f"once again, @{name.upper()} here", f"a b {name}.", f"a b c {name}"], 1):
        week = stored.of(creators=[BERTA], posts=[{**THEIRS, "caption": caption}])
        store.write(tmp_path / "s", week, as_of=day(7 * at), inputs=stored.inputs(f"{at}"))
        assert "[***]" in store.read(tmp_path / "s").posts["caption"][0]
    with duck.connected() as connection:
        every = manifests.snapshots(tmp_path / "s")
        assert erasure.searched(connection, tmp_path / "s", every, forgotten.spelt(name)).hits == 0


def test_words_in_campaigns_and_ids_are_left_to_the_others_and_counted(tmp_path):
    deals = [{"campaign": name, "creator": "berta", "offer": "fee"} for name in ("2025-autumn", "@autumn")]
    whole = stored.of(
        creators=[{**ANNA, "creator": "autumn"}, BERTA],
        posts=[{**THEIRS, "post": "autumn"}, {**POST, "creator": "autumn"}],
        results=deals,
    )
    store.write(tmp_path / "s", whole, as_of=day(0), inputs=stored.inputs("a"))
    searched = store.forget(tmp_path / "s", "autumn").searched
    assert (searched.hits, searched.words) == (0, 2)
    back = store.read(tmp_path / "s")
    assert back.results["campaign"].tolist() == ["2025-autumn", "@[***]"]
    assert back.posts["post"].tolist() == ["autumn"]


@pytest.mark.slow
def test_texts_of_a_ledger_that_were_kept_are_masked_too(place):
    told = [{**LEDGER[1], "before": "@ANNA", "after": "anna"}, {**LEDGER[1], "before": "joanna"}]
    week = stored.of(creators=[BERTA], posts=[], ledger=told)
    store.write(place, week, as_of=day(14), inputs=stored.inputs("t"), texts=True)
    store.forget(place, "anna")
    store.write(place, week, as_of=day(21), inputs=stored.inputs("u"), texts=True)
    back = store.read(place).ledger[["before", "after"]].values.tolist()[-4:]
    assert back == [["@[***]", "[***]"], ["joanna", ""]] * 2


HANDLES = st.text("ab_.0", min_size=1, max_size=4).filter(lambda name: name.strip("._") == name)
TEXTS = st.lists(
    st.sampled_from([" ", "@", ".", "_", "a", "b", "ab", "a.b", "A", ",", "ß", "\n"]), max_size=12
).map("".join)


@pytest.mark.slow
@settings(max_examples=examples(300))
@given(HANDLES, TEXTS)
def test_masking_in_sql_leaves_nothing_that_the_search_in_python_finds(name, text):
    query = (
        "SELECT "
        + forgotten.masked_sql("posts", {"caption": "VARCHAR"}, [name])[0]
        + " FROM (SELECT ? AS caption)"
    )
    values = forgotten.masked_sql("posts", {"caption": "VARCHAR"}, [name])[1]
    (masked,) = duck.one(CONNECTION, query, [*values, text])
    assert not erasure.names_account(masked, "posts", "caption", name)
    if not erasure.names_account(text, "posts", "caption", name):
        assert masked == text


@pytest.fixture(scope="module", autouse=True)
def _connection():
    global CONNECTION
    with duck.connected() as CONNECTION:
        yield


def test_the_manifest_says_what_a_snapshot_now_holds(place):
    store.forget(place, "anna")
    said = json.loads((manifests.snapshots(place)[0].folder / manifests.MANIFEST).read_text())
    assert said["creators"] == 1
    assert len(said["inputs"]) == 2
    assert sorted(said["inputs"].values()) == sorted(INPUTS.values())
