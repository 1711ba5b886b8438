"""Proves that a journal keeps whole answers without secrets, and loses half lines only."""

import gzip
import os
import stat
from datetime import UTC, datetime

import pytest

from nanospread.core.errors import BusyError, InputError
from nanospread.core.secrets import Secret
from nanospread.fetch import journal
from nanospread.fetch.journal import Journal

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
TOKEN = Secret("EAAG+long/token=0123456789", "env:T")
KEY = "17?fields=business_discovery.username%28anna%29%7Bid%7D"


@pytest.fixture
def begun(tmp_path):
    with journal.locked(tmp_path / "fetched"):
        yield journal.create(tmp_path / "fetched", START, {"creators": ["anna"]})


def kept(one, key, text, calls=()):
    one.record_answer(key, 200, text, [TOKEN], calls)
    return one


def test_an_answer_is_found_again_without_the_token(begun):
    link = '{"next": "https://x/?access_token=EAAG%2Blong%2Ftoken%3D0123456789&after=1", "id": "1"}'
    kept(begun, KEY, link)
    text = Journal(begun.path).text(KEY)
    assert text == '{"next": "https://x/?access_token=[hidden]&after=1", "id": "1"}'


def test_the_same_content_is_kept_once(begun):
    kept(kept(begun, KEY, "{}"), "18?", "{}")
    assert len(list(begun.path.parent.rglob("*.gz"))) == 1


@pytest.mark.parametrize("left", [b"", b'{"fetch": 1, "sta'])
def test_a_fetch_that_was_killed_before_its_first_line_hides_none_before_it(begun, left):
    begun.path.with_name("2026-11-24T060000Z.jsonl").write_bytes(left)
    assert journal.last(begun.path.parent).path == begun.path


def test_half_a_line_is_taken_away_and_the_rest_stands(begun):
    kept(begun, KEY, "{}")
    whole = begun.path.read_bytes()
    with begun.path.open("ab") as file:
        file.write(b'{"ask": "18?", "sta')
    again = Journal(begun.path)
    assert set(again.entries) == {KEY}
    assert again.start == START
    assert begun.path.read_bytes() != whole  # who only looks changes nothing
    again.write({"done": "now"})
    assert begun.path.read_bytes() == whole + b'{"done": "now"}\n'


def test_an_answer_that_was_damaged_or_is_missing_is_none(begun):
    kept(begun, KEY, '{"id": "1"}')
    (path,) = begun.path.parent.rglob("*.gz")
    path.write_bytes(gzip.compress(b'{"id": "2"}'))
    assert begun.text(KEY) is None
    path.write_bytes(b"half")
    assert begun.text(KEY) is None
    path.unlink()
    assert begun.text(KEY) is None
    path.write_bytes(b"")
    assert kept(begun, KEY, '{"id": "1"}').text(KEY) == '{"id": "1"}'


def test_a_journal_that_was_altered_is_named(begun):
    for text in ("no json\n", "[1]\n"):
        begun.path.write_text(text)
        with pytest.raises(InputError, match="is damaged"):
            Journal(begun.path)


def test_one_fetch_at_a_time(begun):
    with pytest.raises(BusyError, match="another fetch"), journal.locked(begun.path.parent):
        pass


def test_what_is_kept_is_of_this_user_alone(begun):
    os.chmod(begun.path.parent, 0o755)
    with pytest.raises(BusyError), journal.locked(begun.path.parent):
        pass
    assert stat.S_IMODE(begun.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(begun.path.stat().st_mode) == 0o600


def test_two_fetches_of_one_second_have_two_journals_in_their_order(begun):
    folder = begun.path.parent
    other = journal.create(folder, START, {"creators": []})
    assert journal.journals(folder) == [begun.path, other.path]
    assert journal.last(folder).path == other.path
