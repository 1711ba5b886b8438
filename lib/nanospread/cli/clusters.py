"""--cluster: an address, a file or local:N -> its workers, once it is said who else can use them."""

import contextlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from nanospread.cli.terminal import complain
from nanospread.core import cluster
from nanospread.core.secrets import is_loopback

OPEN = (
    "asks nobody who they are: whoever reaches that port can run code on scheduler and workers, and read what"
    " is sent; tls:// with certificates keeps others out"
)


@contextlib.contextmanager
def workers(spec: str) -> Iterator[cluster.Workers]:
    """Yield the workers of a cluster, which compute what this process does. Raises InputError."""
    with reached(spec) as client, cluster.workers(client) as pool:
        yield pool


@contextlib.contextmanager
def reached(spec: str, patience: float = cluster.PATIENCE) -> Iterator[Any]:
    """Yield the client of a cluster, after a line on stderr where others could run code on it."""
    if not cluster.LOCAL.fullmatch(spec) and _is_open(address := cluster.address(spec)):
        complain(f"{address} {OPEN}", 0)
    with cluster.connected(spec, patience=patience) as client:
        yield client


def _is_open(address: str) -> bool:
    """Return if an address takes anybody of other machines."""
    parts = urlsplit(address)
    return not (is_loopback(parts.hostname or "", ["localhost"]) or parts.scheme == "tls")
