"""A fetch against the fake Graph API, and what must hold after any: all accounted for, no secret anywhere."""

import base64
import gzip
from collections import Counter
from pathlib import Path
from urllib.parse import quote, quote_plus

from graph_api import APP_SECRET, TOKEN, GraphApi, proof
from graph_world import FIRST_MEDIUM, HOUR, MOST_MEDIA, OWN, OWN_ID
from nanospread.core.errors import InputError
from nanospread.core.secrets import Secret
from nanospread.fetch import run
from nanospread.fetch.outcomes import REFUSED
from nanospread.fetch.run import FetchResult
from nanospread.fetch.settings import Settings

KEPT = "env:GRAPH_TOKEN"
ROUNDS = 40  # runs until a fetch is done


class Site:
    """A folder of fetches, the API that they ask, and all that they said."""

    def __init__(self, api: GraphApi, folder: Path, **settings) -> None:
        self.api, self.folder, self.said = api, folder / "fetched", []
        given = {"account": OWN_ID, "token": KEPT, "creators": "names.txt", "media": 40, "host": api.url}
        self.settings = Settings(**given | settings)

    def run(self, *names: str, token: str = TOKEN, **more) -> FetchResult:
        """Return what became of a fetch of some creators, of all where none is named."""
        given = {"folder": self.folder, "clock": self.api.clock, "report": self.said.append}
        given |= {"creators": names or self.api.world.names()}
        return run.run(self.settings, Secret(token, self.settings.token), **given | more)

    def to_the_end(self, *names: str, **more) -> FetchResult:
        """Return a fetch that ended, after as many runs as it took.

        Between two of them the time passes that a pause asks for; a refused token gets a successor.
        """
        token = next(iter(self.api.expires))
        for number in range(ROUNDS):
            finish = number == ROUNDS - 1
            try:
                fetched = self.run(*names, **{"token": token, "finish": finish} | more)
            except InputError as error:
                self.said.append(str(error))
                token = f"EAAG-new-after-log-in-{number}"
                self.api.expires = {**dict.fromkeys(self.api.expires, self.api.clock.now()), token: None}
                continue
            self.assert_accounted(fetched, *names)
            if fetched.done:
                return fetched
            wait = (fetched.until or self.api.clock.now() + HOUR) - self.api.clock.now()
            self.api.clock.sleep(max(wait.total_seconds(), 1))
        raise AssertionError("a fetch that may finish has no end")

    def assert_hidden(self, *texts: str) -> None:
        """Assert that no secret is in a file, an address that was asked, or a text that was said."""
        assert not any(call.leaked for call in self.api.calls)
        assert self.api.elsewhere == []
        held = [*written(self.folder), *(text.encode() for text in (*self.said, *texts))]
        for secret in (*self.api.expires, APP_SECRET, *map(proof, self.api.expires)):
            for spelling in spellings(secret):
                assert not any(spelling in one for one in held), spelling

    def assert_accounted(self, fetched: FetchResult, *names: str) -> None:
        """Assert that each account, and each medium that it has, is there once with what became of it.

        A medium that was deleted meanwhile may be among them or not.
        """
        every = Counter((one.kind, one.name) for one in fetched.outcomes)
        assert max(every.values()) == 1
        mine = self.settings.own != "none"
        expected = [*([OWN] if mine else []), *(names or self.api.world.names())]
        accounts = {one.name: one for one in fetched.outcomes if one.kind == "account"}
        assert {OWN if name == OWN_ID else name for name in accounts if "," not in name} == set(expected)
        for name, one in accounts.items():
            if one.status != REFUSED and "," not in name:
                self._assert_media(fetched, name)
        for count in fetched.counts.values():
            assert count["asked"] == count["read"] + count["unchanged"] + count["refused"]

    def _assert_media(self, fetched: FetchResult, name: str) -> None:
        world = self.api.world
        number = world.number(name)
        media = {one.name: one for one in fetched.outcomes if one.kind == "media"}
        told_cut = any(one.startswith((f"{name}, page", f"{name}, item")) for one in media)
        first = FIRST_MEDIUM + MOST_MEDIA * number
        there = {str(first + at) for at in world.listed(number, 0, self.settings.media)}
        found = {one for one in media if one.isdigit() and (int(one) - FIRST_MEDIUM) // MOST_MEDIA == number}
        assert found - world.gone == there or told_cut, (name, there ^ found)
        if name == OWN and self.settings.insights:
            told = {one.name for one in fetched.outcomes if one.kind == "insights"}
            assert found <= told


def spellings(secret: str) -> list[bytes]:
    """Return a secret as it is, as URLs hold it, and what base64 makes of it wherever it begins."""
    plain = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    within = [base64.b64encode(b"\0" * shift + secret.encode())[4:-4] for shift in range(3)]
    return [one.encode() for one in plain] + within


def written(folder: Path) -> list[bytes]:
    """Return the content of all files below a folder, those that are packed as they read."""
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return [gzip.decompress(one) if one[:2] == b"\x1f\x8b" else one for one in contents]


def reasons(fetched: FetchResult, kind: str) -> Counter:
    """Return how often each reason was given for what was refused of a kind."""
    return Counter(one.reason for one in fetched.outcomes if one.kind == kind and one.reason)
