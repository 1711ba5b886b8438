"""Proves that no fault, no renewal and no defect of ours ever shows a token.

Looked through are all files of the workspace but the token's own, what is printed, what is raised, and every
address that was asked; for the token as it is, as a URL holds it, and as base64 does.
"""

import base64
import gzip
import logging
import sys
import traceback
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

import graph_faults as faults
from fetches import Site, spellings, written
from graph_api import APP_ID, APP_SECRET, TOKEN, GraphApi
from graph_world import OWN_ID, World
from nanospread import cli
from nanospread.core.errors import InputError
from nanospread.core.secrets import Secret

SETTINGS = """\
account: "{id}"
token: file:graph.token
app_id: "{app}"
app_secret: env:GRAPH_APP_SECRET
creators: names.txt
media: 20
host: {host}
"""


@pytest.fixture
def api():
    with GraphApi(World(creators=3, media=4, own_media=4, stories=1)) as one:
        yield one


class Workspace(Site):
    """A folder with fetch.yaml, a token in a file, and the secret of the app in a variable."""

    def __init__(self, api, folder, **more):
        super().__init__(api, folder, token="file:graph.token", app_id=APP_ID, **more)
        self.root, self.file = folder, folder / "graph.token"
        self.file.write_text(f"{TOKEN}\n")
        self.file.chmod(0o600)
        (folder / "names.txt").write_text("\n".join(api.world.names()))
        (folder / "fetch.yaml").write_text(SETTINGS.format(id=OWN_ID, app=APP_ID, host=api.url))

    def renewing(self, **more):
        """Return what became of a fetch that may renew its token."""
        return self.run(
            token=self.file.read_text().strip(),
            secret=Secret(APP_SECRET, "env:GRAPH_APP_SECRET"),
            renewed_in=self.root,
            **more,
        )

    def assert_hidden(self, *texts):
        kept = self.file.read_bytes()
        self.file.write_bytes(b"")
        try:
            super().assert_hidden(*texts)
            held = written(self.root)
            assert len(held) > 2
            for one in (*self.api.expires, APP_SECRET):
                assert not any(spelling in each for spelling in spellings(one) for each in held)
        finally:
            self.file.write_bytes(kept)


@pytest.fixture
def place(api, tmp_path):
    return Workspace(api, tmp_path)


def test_what_is_searched_for_is_found_where_it_is(tmp_path):
    """The search of the other tests does not come back empty because it cannot find anything."""
    texts = (
        TOKEN,
        quote(TOKEN),
        quote(TOKEN, safe=""),
        *(base64.b64encode(f"{'x' * n}{TOKEN}y".encode()).decode() for n in range(3)),
    )
    for at, text in enumerate(texts):
        path = tmp_path / str(at)
        path.write_bytes(gzip.compress(text.encode()) if at % 2 else text.encode())
        (held,) = written(tmp_path)
        assert any(spelling in held for spelling in spellings(TOKEN)), text
        path.unlink()


def test_neither_the_old_nor_the_new_token_is_told_when_one_is_renewed(place, api):
    api.expires[TOKEN] = api.clock.now() + timedelta(days=5)
    place.assert_accounted(place.renewing())
    assert len(api.expires) == 2
    asked = {call.headers["authorization"] for call in api.calls if call.endpoint == "discovery"}
    assert asked == {f"Bearer {place.file.read_text().strip()}"} != {f"Bearer {TOKEN}"}
    place.assert_hidden()


def test_a_token_that_ends_during_a_fetch_stops_it_and_nothing_is_asked_for_twice(place, api):
    api.plan(faults.first(lambda api: api.expires.update({TOKEN: api.clock.now()})), "discovery", nth=2)
    with pytest.raises(InputError, match="log in again") as told:
        place.run()
    place.assert_hidden(str(told.value))
    answered = len(api.calls) - 1
    api.expires = {TOKEN: api.clock.now(), "EAAG-a-new-token": None}
    place.file.write_text("EAAG-a-new-token")
    fetched = place.run(token="EAAG-a-new-token")
    place.assert_accounted(fetched)
    assert fetched.counts["account"]["read"] == 4
    assert api.counted.total() == answered + fetched.calls
    assert api.counted["discovery"] == 3


def test_a_missing_scope_is_told_and_nothing_more_is_asked(api, tmp_path):
    place = Workspace(api, tmp_path, account=None)
    api.empty_pages = True
    with pytest.raises(
        InputError, match="the token sees no account: it lacks pages_show_list, or business_man"
    ):
        place.run()
    assert len(api.calls) == 1
    api.empty_pages = False
    place.assert_accounted(place.run())


def test_the_proof_of_the_app_goes_with_every_call(place, api):
    api.needs_proof = True
    place.assert_accounted(place.renewing())
    assert {call.endpoint for call in api.calls if "appsecret_proof" not in call.parameters} == set()
    place.assert_hidden()


def test_a_redirect_is_not_followed(place, api):
    moved = faults.body(b"", status=302, Location=f"{api.other}/")
    api.plan(moved, "discovery", times=2)
    place.assert_accounted(place.run())
    place.assert_hidden()


FAULTS = {
    "none": None,
    "limit": faults.error(4, "(#4) limit", status=200),
    "login": faults.error(190, f"Error validating access token {TOKEN}", 463),
    "echoed": faults.error(100, f"Unsupported get request ?access_token={TOKEN}", 33),
    "HTML": faults.body(f"<a href='?access_token={TOKEN}'>".encode(), status=500),
    "reset": faults.sent("reset"),
    "no gzip": faults.BAD_GZIP,
    "next elsewhere": faults.NEXT_ELSEWHERE,
    "in a caption": faults.changed(
        lambda held, _: faults.page(held).get("data", [{}])[0].update(caption=TOKEN)
    ),
}


@pytest.mark.parametrize("endpoint", ["discovery", "media"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_the_command_never_shows_a_token(place, api, monkeypatch, capfd, caplog, fault, endpoint):
    monkeypatch.setenv("GRAPH_APP_SECRET", APP_SECRET)
    caplog.set_level(logging.DEBUG)
    api.needs_proof = True
    store = str(place.root / "store")
    given = ("--settings", str(place.root / "fetch.yaml"), "--store", store, "--wait-limit", "0", "--finish")
    if fault:
        api.plan(fault, endpoint, times=2)
    monkeypatch.setattr("nanospread.cli.fetching.SystemClock", lambda: api.clock)
    monkeypatch.setattr(sys, "argv", ["nanospread", "fetch", *given])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capfd.readouterr()
    assert "Traceback" not in said.err
    assert len(api.calls) > 2
    assert ended.value.code in (0, 1, 5, 6) or "log in again" in said.err, said.err
    place.assert_hidden(said.out, said.err, caplog.text, str(ended.value))


def test_a_defect_of_ours_shows_no_token_in_its_traceback(place, monkeypatch):
    def broken(*_):
        raise RuntimeError("a defect")

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", broken)
    with pytest.raises(RuntimeError) as raised:
        place.renewing()
    told = traceback.format_exception(raised.value)
    seen = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    ours = [frame for frame in seen.stack if "nanospread" in frame.filename]
    assert len(ours) > 3
    for spelling in spellings(TOKEN):
        assert spelling.decode() not in "".join(told)
