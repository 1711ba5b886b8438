"""Proves that a token is renewed before it ends, or its end told; and when somebody is asked to log in."""

import os
import stat
from datetime import timedelta

import pytest

import graph_faults as faults
from fetches import Site
from graph_api import APP_ID, APP_SECRET, TOKEN, GraphApi
from graph_world import World
from nanospread.core.errors import InputError
from nanospread.core.secrets import Secret
from nanospread.fetch import run


@pytest.fixture
def api():
    with GraphApi(World(creators=1, media=1)) as one:
        yield one


@pytest.fixture
def kept(tmp_path):
    file = tmp_path / "token.txt"
    file.write_text(TOKEN)
    file.chmod(0o600)
    return file


def fetched(api, folder, source="file:token.txt", secret=APP_SECRET, **settings):
    site = Site(api, folder, app_id=APP_ID, own="none", **settings)
    ours = Secret(secret, "env:APP_SECRET") if secret else None
    done = run.run(
        site.settings,
        Secret(TOKEN, source),
        folder=site.folder,
        clock=api.clock,
        creators=api.world.names(),
        secret=ours,
        renewed_in=folder,
        report=site.said.append,
    )
    site.assert_hidden()
    assert done.done
    return site.said


def test_a_token_that_ends_soon_is_renewed_in_its_file_and_used(api, tmp_path, kept):
    api.expires[TOKEN] = api.clock.now() + timedelta(days=10)
    assert fetched(api, tmp_path) == ["The token in file:token.txt was renewed."]
    new = kept.read_text().strip()
    assert new != TOKEN
    assert new in api.expires
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if "token" in path.name] == ["token.txt"]
    assert api.calls[-1].headers["authorization"] == f"Bearer {new}"


@pytest.mark.parametrize("ends", [None, timedelta(days=15)])
def test_a_token_that_lasts_is_left_alone(api, tmp_path, kept, ends):
    api.expires[TOKEN] = ends and api.clock.now() + ends
    assert fetched(api, tmp_path) == []
    assert kept.read_text() == TOKEN


@pytest.mark.parametrize(("source", "secret"), [("env:GRAPH_TOKEN", APP_SECRET), ("file:token.txt", None)])
def test_where_it_cannot_be_renewed_its_end_is_told(api, tmp_path, kept, source, secret):
    api.expires[TOKEN] = api.clock.now() + timedelta(days=10)
    (said,) = fetched(api, tmp_path, source, secret)
    assert said == f"The token ends on 2026-12-03: log in before, put a new one in {source}."
    assert kept.read_text() == TOKEN


@pytest.mark.parametrize("status", [400, 200, 500])
def test_a_refused_renewal_is_told_and_the_old_token_goes_on(api, tmp_path, kept, status):
    api.expires[TOKEN] = api.clock.now() + timedelta(days=10)
    api.plan(faults.error(190, status=status), "token")
    assert fetched(api, tmp_path) == [
        "The token in file:token.txt was not renewed: log in again before it ends."
    ]
    assert kept.read_text() == TOKEN


def test_a_token_that_somebody_replaced_while_it_was_renewed_is_left_alone(api, tmp_path, kept):
    api.expires[TOKEN] = api.clock.now() + timedelta(days=10)
    api.plan(faults.first(lambda _: kept.write_text("EAAG-of-a-new-login")), "token")
    (said,) = fetched(api, tmp_path)
    assert said == "The token in file:token.txt was replaced meanwhile: the next fetch uses that."
    assert kept.read_text() == "EAAG-of-a-new-login"


def test_where_a_new_token_cannot_be_written_the_old_one_goes_on(api, tmp_path, kept):
    api.expires[TOKEN] = api.clock.now() + timedelta(days=10)
    (tmp_path / ".token.txt.new").mkdir()
    (said,) = fetched(api, tmp_path)
    assert said == ("The token could not be renewed: file:token.txt cannot be written (Is a directory).")
    assert kept.read_text() == TOKEN


def test_a_link_to_a_token_stays_one_when_the_token_is_renewed(api, tmp_path, kept):
    (tmp_path / "real").mkdir()
    real = kept.rename(tmp_path / "real" / "graph.txt")
    kept.symlink_to(real)
    api.expires[TOKEN] = api.clock.now() + timedelta(days=10)
    fetched(api, tmp_path)
    assert kept.is_symlink()
    assert real.read_text().strip() not in ("", TOKEN)


def test_a_platform_that_does_not_say_when_it_ends_stops_nothing(api, tmp_path, kept):
    api.plan(faults.HTML, "debug_token")
    assert fetched(api, tmp_path) == []


def test_a_token_that_has_ended_asks_for_a_login_and_for_nothing_else(api, tmp_path, kept):
    api.expires[TOKEN] = api.clock.now()
    with pytest.raises(InputError, match=r"must log in again and put a new one where file:token\.txt"):
        fetched(api, tmp_path)
    assert len(api.calls) == 1


def test_a_token_of_instagram_login_is_renewed_once_a_week(api, tmp_path, kept):
    api.world.login = "instagram"
    said = {"login": "instagram", "creators": None, "own": "brand"}
    for age, renewed in ((1, False), (8, True)):
        then = (api.clock.now() - timedelta(days=age)).timestamp()
        os.utime(kept, (then, then))
        site = Site(api, tmp_path, insights=False, stories=False, **said)
        run.run(
            site.settings,
            Secret(TOKEN, "file:token.txt"),
            folder=site.folder,
            clock=api.clock,
            creators=(),
            renewed_in=tmp_path,
            report=site.said.append,
        )
        assert (kept.read_text().strip() != TOKEN) == renewed
    site.assert_hidden()
