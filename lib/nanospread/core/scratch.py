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
    path, handle = _locked()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(handle)
        if path.parent.name == _name():  # else the temporary folder itself
            with contextlib.suppress(OSError):  # others are at work in it
                path.parent.rmdir()


def clear() -> None:
    """Delete the folders whose processes have ended."""
    parent = _user_folder(make=False)
    if parent is None:
        return
    try:
        folders = list(parent.iterdir())
    except OSError:  # whoever was last to work in it has taken it away
        return
    for path in folders:
        with contextlib.suppress(OSError):  # no folder, or gone meanwhile
            handle = os.open(path, DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(handle)


def _locked() -> tuple[Path, int]:
    """Make a folder and lock it, before anybody who clears takes it for a dead one's."""
    while True:
        parent = _user_folder(make=True)
        try:
            path = Path(tempfile.mkdtemp(prefix="nanospread-", dir=parent))
            handle = os.open(path, DIRECTORY)
        except FileNotFoundError:
            if parent is None:
                raise
            continue
        fcntl.flock(handle, fcntl.LOCK_EX)
        if path.is_dir():
            return path, handle
        os.close(handle)


def _name() -> str:
    return f"nanospread-{os.getuid()}"


def _user_folder(*, make: bool) -> Path | None:
    """Return this user's folder; None where there is none, or one that somebody else put there."""
    path = Path(tempfile.gettempdir()) / _name()
    while True:
        try:
            if make:
                path.mkdir(mode=OWNER_ONLY, exist_ok=True)
            about = path.lstat()
        except FileNotFoundError:
            if make and path.parent.is_dir():  # the last to work in it took it away between the two
                continue
            return None
        except OSError:
            return None
        is_ours = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid()
        return path if is_ours and stat.S_IMODE(about.st_mode) == OWNER_ONLY else None
