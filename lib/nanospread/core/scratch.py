"""Working copies in one private folder, which whoever starts next clears of what the dead left there.

`<temporary folder>/nanospread-<user>/` holds a folder for each piece of work, locked while the process that
made it, or one that it forked, lives. However that one ended, by a hang-up, kill -9 or no power: nobody holds
the lock any more, and the next start deletes what it left.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

OWNER_ONLY = 0o700
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Make a folder to work in, which goes away with the block; what dead processes left goes first."""
    clear()
    made, handle = _locked()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(handle)
        if made.parent.name == _name():  # else the temporary folder itself
            with contextlib.suppress(OSError):  # others are at work in it
                made.parent.rmdir()


def clear() -> None:
    """Delete the folders whose processes have ended."""
    place = _place(make=False)
    if place is None:
        return
    try:
        every = list(place.iterdir())
    except OSError:  # whoever was last to work in it has taken it away
        return
    for left in every:
        with contextlib.suppress(OSError):  # no folder, or gone meanwhile
            handle = os.open(left, DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(handle)


def _locked() -> tuple[Path, int]:
    """Make a folder and lock it, before anybody who clears takes it for a dead one's."""
    while True:
        place = _place(make=True)
        try:
            made = Path(tempfile.mkdtemp(prefix="nanospread-", dir=place))
            handle = os.open(made, DIRECTORY)
        except FileNotFoundError:
            if place is None:
                raise
            continue
        fcntl.flock(handle, fcntl.LOCK_EX)
        if made.is_dir():
            return made, handle
        os.close(handle)


def _name() -> str:
    return f"nanospread-{os.getuid()}"


def _place(*, make: bool) -> Path | None:
    """Return this user's folder; None where there is none, or one that somebody else put there."""
    place = Path(tempfile.gettempdir()) / _name()
    while True:
        try:
            if make:
                place.mkdir(mode=OWNER_ONLY, exist_ok=True)
            about = place.lstat()
        except FileNotFoundError:
            if make and place.parent.is_dir():  # the last to work in it took it away between the two
                continue
            return None
        except OSError:
            return None
        ours = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid()
        return place if ours and stat.S_IMODE(about.st_mode) == OWNER_ONLY else None
