"""How fast and lean a fetch is, against a fake Graph API without limits in a process of its own: one run.

Accounts a minute are those of the whole fetch, answers kept and export files written, over the clock: bare
calls are the same questions asked by httpx alone, their answers read as JSON and let go.

    python tools/benches/fetch.py [--smoke]
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
from sizes import peak_mb

from nanospread.core import paths
from nanospread.core.secrets import Secret
from nanospread.fetch import exports, run
from nanospread.fetch.journal import Journal
from nanospread.fetch.settings import Settings

sys.path.insert(0, str(paths.ROOT / "tests" / "fetch"))
from graph_api import TOKEN, GraphApi
from graph_world import OWN_ID, Clock, World

ACCOUNTS, SMOKE, MEDIA = 1_000, 10, 40


@contextlib.contextmanager
def served(accounts: int) -> Iterator[str]:
    """Serve a fake Graph API in another process, and yield its address."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, __file__, "--serve", str(accounts)]
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        yield process.stdout.readline().strip()
        process.stdin.close()


def serve(accounts: int) -> None:
    """Serve it until nobody listens any more."""
    with GraphApi(World(creators=accounts, media=MEDIA)) as api:
        print(api.url, flush=True)
        sys.stdin.read()


def fetched(url: str, accounts: int, folder: Path) -> tuple[float, list[str]]:
    """Return how long a fetch takes [s], and its questions."""
    said = Settings(account=OWN_ID, token="env:T", creators="names", own="none", media=MEDIA, host=url)
    start = time.perf_counter()
    done = run.run(
        said,
        Secret(TOKEN, "env:T"),
        folder=folder / "fetched",
        clock=Clock(),
        creators=World(creators=accounts).names(),
    )
    (folder / "exports").mkdir()
    exports.write(done.path, folder / "exports", Clock())
    seconds = time.perf_counter() - start
    assert done.counts["account"]["read"] == accounts
    return seconds, list(Journal(done.path).entries)


def bare(url: str, questions: list[str]) -> float:
    """Return how long the same questions take when they are only asked [s]."""
    start = time.perf_counter()
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as client:
        for question in questions:
            path, _, query = question.partition("?")
            assert "business_discovery" in client.get(f"/v26.0/{path}", params=dict(parse_qsl(query))).json()
    return time.perf_counter() - start


def main() -> None:
    """Print accounts a minute, the peak of memory [MB], and the time over that of bare calls."""
    accounts = SMOKE if "--smoke" in sys.argv else ACCOUNTS
    with served(accounts) as url, tempfile.TemporaryDirectory() as folder:
        seconds, questions = fetched(url, accounts, Path(folder))
        peak = peak_mb()
        calls = bare(url, questions)
    found = {"fetch_accounts_per_minute": 60 * accounts / seconds, "fetch_peak_mb": peak}
    print(json.dumps({**found, "fetch_vs_bare_calls": seconds / calls}))


if __name__ == "__main__":
    if "--serve" in sys.argv:
        serve(int(sys.argv[-1]))
    else:
        main()
