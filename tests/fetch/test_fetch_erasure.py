"""Proves that fetches forget who asks to be, and lose what is old, and nothing that is still needed."""

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from fetches import Site, written
from graph_api import GraphApi
from graph_world import OWN, World
from nanospread.core.errors import BusyError
from nanospread.core.secrets import Secret
from nanospread.fetch import erasure, exports, journal, outcomes
from nanospread.fetch.journal import Journal
from nanospread.fetch.outcomes import Outcome

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
KEY = "17?fields=business_discovery.username%28{}%29%7Bid%7D"
LIMITS = {"keep": 2, "weeks": 4}


def kept(one, **answers):
    for key, text in answers.items():
        one.record_answer(key, 200, text, [Secret("EAAG-token-of-a-test", "env:T")], [])
    return one


def put(folder, weeks_ago, *names, ended=True, text="{}"):
    """Leave a fetch of some weeks ago that read some accounts, each with an answer of its own."""
    one = journal.create(folder, START - timedelta(weeks=weeks_ago), {"creators": [*names]})
    for name in names:
        kept(one, **{KEY.format(name): json.dumps({"of": name, "week": weeks_ago})})
    if ended:
        rows = [Outcome("account", name) for name in names]
        journal.write_private(journal.outcomes_file(one.path), outcomes.text(rows))
        one.write({"done": "now"})
    return one.path


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "fetched"
    with journal.locked(place):
        pass
    return place


def answers(folder):
    return sorted(json.loads(text)["of"] for text in written(folder / journal.ANSWERS))


def test_a_forgotten_account_leaves_no_answer_no_question_and_no_line(folder, tmp_path):
    one = journal.create(folder, START, {"creators": ["anna", "anna.b"]})
    of_anna = '{"business_discovery": {"username": "anna", "media": {"data": [{"id": "501"}]}}, "id": "17"}'
    kept(one, **{KEY.format("anna"): of_anna, KEY.format("anna.b"): '{"username": "anna.b", "id": "7"}'})
    kept(one, **{"17/media?": r'{"caption": "Thanks\nanna and @others"}', "18/media?": '{"data": []}'})
    rows = ["kind,name", "account,anna", "media,501", "account,anna.b", "media,502"]
    journal.write_private(journal.outcomes_file(one.path), "\n".join(rows))
    assert erasure.erased(folder, "anna") == 2
    left = Journal(one.path)
    assert left.creators == ("anna.b",)
    assert list(left.entries) == [KEY.format("anna.b"), "17/media?", "18/media?"]
    assert left.text("17/media?") is None  # of who asked: it only named anna
    assert left.text("18/media?") is not None
    assert journal.outcomes_file(one.path).read_text().split() == [rows[0], rows[3], rows[4]]
    assert erasure.erased(tmp_path / "nothing", "anna") == 0


@pytest.mark.parametrize("name", ["anna", "\\u0061nna", "@Anna"])
def test_an_account_is_found_in_an_answer_however_it_is_written(folder, name):
    one = kept(
        journal.create(folder, START, {"creators": []}), **{"18/media?": f'{{"caption": "by {name}!"}}'}
    )
    assert erasure.erased(folder, "anna") == 1
    assert Journal(one.path).text("18/media?") is None


@pytest.mark.parametrize(
    "deleting", [lambda at: erasure.erased(at, "anna"), lambda at: erasure.prune(at, **LIMITS)]
)
def test_what_a_killed_fetch_had_not_named_yet_goes_too(folder, deleting):
    put(folder, 0, "bella").with_suffix(".draft").write_bytes(b"an answer about anna")
    deleting(folder)
    assert not [*folder.glob("*.draft")]
    assert answers(folder) == ["bella"]


@pytest.mark.parametrize("code", ["x\n\ny", "a,b", '"', "\u2028", "=1+1"])
def test_what_a_platform_writes_in_a_reason_breaks_no_account_of_a_fetch(folder, code):
    one = put(folder, 0, "anna", "bella")
    reason = f"refused by the platform (code {code})"
    rows = [Outcome("account", "anna", reason), Outcome("account", "bella", reason)]
    journal.write_private(journal.outcomes_file(one), outcomes.text(rows))
    erasure.erased(folder, "anna")
    assert [name for _, name in outcomes.read(journal.outcomes_file(one))] == ["bella"]


def test_of_ones_own_account_media_figures_and_stories_are_forgotten_too_and_no_creator(tmp_path):
    with GraphApi(World(creators=2, media=3, own_media=4, stories=2)) as api:
        site = Site(api, tmp_path)
        path = site.run().path
        exports.write_own(path, api.clock)
        assert erasure.erased(site.folder, OWN) == 1 + 1 + 4 + 1 + 2
    left = Journal(path)
    assert len(left.entries) == 2
    assert all("business_discovery" in key for key in left.entries)
    told = outcomes.read(journal.outcomes_file(path))
    assert {kind for kind, _ in told} == {"account", "media"}
    assert len(told) == 2 * (1 + 3)
    assert len(journal.own_media_file(path).read_text().splitlines()) == 1
    assert not any(OWN.encode() in text for text in written(site.folder))


def test_a_fetch_that_is_old_and_one_of_many_goes_with_its_answers(folder):
    old, *_ = [put(folder, ago, "anna") for ago in (9, 8, 7, 3, 0)]
    journal.own_media_file(old).write_text("kind")
    found = erasure.prune_candidates(folder, **LIMITS)
    assert [path.stem[:10] for path in found.fetches] == ["2026-09-21", "2026-09-28", "2026-10-05"]
    assert len(found.answers) == 3
    assert old.exists()
    assert erasure.prune(folder, **LIMITS) == found
    assert [path.stem[:10] for path in journal.journals(folder)] == ["2026-11-02", "2026-11-23"]
    assert len(answers(folder)) == 2
    assert not old.exists()
    assert not journal.outcomes_file(old).exists()
    assert not journal.own_media_file(old).exists()
    assert erasure.prune(folder, **LIMITS) == erasure.PruneCandidates({}, {})


def test_the_last_that_read_an_account_stays_however_old_it_is(folder):
    paths = [put(folder, ago, *names) for ago, names in ((9, "xa"), (8, "a"), (7, "ab"), (1, "a"), (0, "a"))]
    erasure.prune(folder, **LIMITS)
    assert journal.journals(folder) == [paths[0], *paths[2:]]
    assert answers(folder) == [*"aaaab", "x"]


def test_one_that_is_to_go_on_stays_and_one_that_never_will_goes(folder):
    left = put(folder, 9, "l", ended=False)
    put(folder, 3, "a")
    last = put(folder, 0, "l", ended=False)
    assert [*erasure.prune(folder, **LIMITS).fetches] == [left]
    assert Journal(last).text(KEY.format("l")) is not None


def test_an_answer_that_two_fetches_have_stays_for_the_younger(folder):
    for ago in (9, 0):
        kept(Journal(put(folder, ago)), **{"18?": '{"of": "both"}'})
    put(folder, 0, "a")
    put(folder, 0, "a")
    assert len(erasure.prune(folder, **LIMITS).fetches) == 1
    assert answers(folder) == ["a", "both"]


def test_killed_at_any_file_the_next_one_deletes_the_rest_and_no_more(folder, monkeypatch):
    paths = [put(folder, ago, "anna") for ago in (9, 8, 3, 0)]
    unlink = type(folder).unlink

    def killed(path, **how):
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        unlink(path, **how)

    monkeypatch.setattr(type(folder), "unlink", killed)
    for number in range(6):
        left = number
        with contextlib.suppress(KeyboardInterrupt):
            erasure.prune(folder, **LIMITS)
        for path in paths[2:]:
            assert Journal(path).text(KEY.format("anna")) is not None
    left = 99
    erasure.prune(folder, **LIMITS)
    assert journal.journals(folder) == paths[2:]
    assert len(answers(folder)) == 2


def test_while_a_fetch_is_at_work_nothing_goes_and_an_altered_one_is_told(folder):
    paths = [put(folder, ago, "anna") for ago in (9, 8, 3, 0)]
    with journal.locked(folder), pytest.raises(BusyError):
        erasure.prune(folder, **LIMITS)
    paths[3].write_text("[]\n")
    with pytest.raises(journal.InputError, match="is damaged"):
        erasure.prune(folder, **LIMITS)
    assert journal.journals(folder) == paths
