"""Proves that a secret is read only from where it may be kept, and that no text that is written shows it."""

import copy
import os
import pickle
import sys
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.core import secrets
from nanospread.core.errors import InputError

TOKEN = "EAAb+1/x=ZDZD.long-token"


def read(source, folder=None, **environment):
    return secrets.secret(source, "token", folder, environment)


def kept(folder, text=TOKEN, mode=0o600):
    file = folder / "token.txt"
    file.write_text(text)
    file.chmod(mode)
    return "file:token.txt"


def test_a_secret_comes_from_the_environment_or_a_file_of_ours_alone(tmp_path):
    assert read("env:TOKEN", TOKEN=TOKEN).reveal() == TOKEN
    assert read(kept(tmp_path, f"{TOKEN}\n"), tmp_path).reveal() == TOKEN


def test_a_secret_comes_from_the_keyring(monkeypatch):
    entries = {("graph", "brand"): TOKEN}
    ring = SimpleNamespace(get_password=lambda service, name: entries.get((service, name)))
    monkeypatch.setitem(sys.modules, "keyring", ring)
    assert read("keyring:graph/brand").reveal() == TOKEN
    with pytest.raises(InputError, match="holds nothing for service 'graph', name 'shop'"):
        read("keyring:graph/shop")
    with pytest.raises(InputError, match="SERVICE/NAME"):
        read("keyring:graph")


def test_the_keyring_is_found_where_the_command_was_started(monkeypatch):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    ring = SimpleNamespace(get_password=lambda service, name: os.environ["DBUS_SESSION_BUS_ADDRESS"])
    monkeypatch.setitem(sys.modules, "keyring", ring)
    bus = "unix:path=/run/user/1000/bus"
    assert read("keyring:graph/brand", DBUS_SESSION_BUS_ADDRESS=bus, PYTHONSTARTUP="x").reveal() == bus
    assert {"DBUS_SESSION_BUS_ADDRESS", "PYTHONSTARTUP"}.isdisjoint(os.environ)


def test_a_keyring_that_fails_or_is_missing_says_no_more_than_that(monkeypatch):
    def failing(service, name):
        raise RuntimeError(TOKEN)

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=failing))
    with pytest.raises(InputError) as found:
        read("keyring:graph/brand")
    assert "RuntimeError" in str(found.value)
    assert TOKEN not in str(found.value)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(InputError, match="pip install"):
        read("keyring:graph/brand")


@pytest.mark.parametrize("source", [TOKEN, f"env={TOKEN}", "", "env:", f"http:{TOKEN}", f"env:{TOKEN}"])
def test_what_may_be_the_secret_itself_is_refused_and_not_repeated(source):
    with pytest.raises(InputError, match="token") as found:
        read(source)
    assert TOKEN not in str(found.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666, 0o610])
def test_a_file_that_others_may_open_is_refused(tmp_path, mode):
    with pytest.raises(InputError, match="chmod 600"):
        read(kept(tmp_path, mode=mode), tmp_path)


@pytest.mark.parametrize(
    "text", ["", "short", "two words of it", "line\nbreak-in-it", "nul\0nul-nul", "größer-als-ASCII"]
)
def test_what_is_no_secret_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="no secret"):
        read(kept(tmp_path, text), tmp_path)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match="variable TOKEN is not set"):
        read("env:TOKEN")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read("file:none", tmp_path)
    with pytest.raises(InputError, match="is no file"):
        read("file:.", tmp_path)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read("file:~no-such-user/token", tmp_path)
    with pytest.raises(InputError, match="cannot be read: embedded null byte"):
        read("file:a\0b", tmp_path)
    with pytest.raises(InputError, match="variable that it names is not set") as found:
        read("env:EAAGlikeaTOKEN")
    assert "EAAG" not in str(found.value)


def test_no_way_of_writing_a_secret_shows_it():
    found = read("env:TOKEN", TOKEN=TOKEN)
    assert TOKEN not in f"{found} {found!r} {[found]} {vars} {found.source}"
    with pytest.raises(TypeError):
        pickle.dumps(found)
    with pytest.raises(TypeError):
        copy.deepcopy(found)


@given(st.text("abcZ019+/=&%._-", min_size=8), st.text(), st.text())
def test_a_text_that_holds_the_secret_is_told_without_it(text, before, after):
    kept = secrets.Secret(text, "env:TOKEN")
    escaped = text.replace("/", r"\/")  # as some servers write JSON
    urls = f"https://host/x?{urlencode({'access_token': text})}&{quote(text)} {escaped}"
    shown = kept.hidden_in(f"{before}{text}{after} {urls}")
    assert text not in shown
    assert quote(text, safe="") not in shown
    assert escaped not in shown
