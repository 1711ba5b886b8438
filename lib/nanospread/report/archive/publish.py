"""A finished folder -> the published one, in one step that nobody can see half done.

A run holds a lock for its week and brief, builds in `.staging`, and then exchanges the two folders in one
system call. What a run leaves in `.staging`, killed or done, is taken away by the next run that starts; the
published folder is whole at every moment, and a reader that has it open keeps it until then.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nanospread.core.errors import InputError
from nanospread.core.files import sync

AT_FDCWD = -100
RENAME_EXCHANGE = 2
STAGING = ".staging"
LOCKS = ".locks"
OLD = "old"  # the ending of a published folder that is set aside, where the system cannot exchange
KEY = r"(\d{4}-W\d{2})\.([a-z0-9][a-z0-9_-]*(?:\.what-if)?)"  # week and brief, as locks and staging name them
STAGED = re.compile(rf"{KEY}\.[a-z0-9_]{{8}}(\.{OLD})?")
LOCKED = re.compile(rf"{KEY}\.lock")


class BusyError(InputError):
    """Another run is writing the same report."""


@contextlib.contextmanager
def locked(out: Path, week: str, brief: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of one report; a dead run holds nothing.

    Raises BusyError where another run holds it, unless told to wait until that one ends.
    """
    with lock(out, f"{week}.{brief}", wait=wait) as ours:
        if not ours:
            raise BusyError(
                f"another run is writing {week}/{brief}; wait for it (--wait), or name another --out"
            )
        yield


def abandoned(out: Path) -> Iterator[tuple[str, str]]:
    """Yield week and brief of each run that died at work, with its lock held until the next is asked for."""
    names = [(LOCKED, path.name) for path in (out / LOCKS).glob("*.lock")]
    names += [(STAGED, path.name) for path in (out / STAGING).glob("*.*.*")]
    keys = {match.group(1, 2) for pattern, name in names if (match := pattern.fullmatch(name))}
    for week, brief in sorted(keys):
        with lock(out, f"{week}.{brief}") as dead:
            if dead:
                yield week, brief


def clear(out: Path, week: str, brief: str) -> None:
    """Clear what earlier runs left in staging, and put back a published folder that one had set aside.

    Call with the lock of (week, brief) held: what is staged under that key is then surely dead.
    """
    for left in sorted((out / STAGING).glob(f"{week}.{brief}.*")):
        match = STAGED.fullmatch(left.name)
        if match and match.group(1, 2) == (week, brief):
            if match[3] and not (out / week / brief).exists():
                left.rename(out / week / brief)
            else:
                shutil.rmtree(left, ignore_errors=True)


def staging(out: Path, week: str, brief: str) -> Path:
    """Return a new empty folder in which to build the report of (week, brief)."""
    (out / STAGING).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{week}.{brief}.", dir=out / STAGING))
    folder.chmod(0o755)  # mkdtemp hides it from everybody else, and it is going to be published
    return folder


def publish(built: Path, target: Path) -> None:
    """Put a built folder in the place of `target`; the one that was there stays in staging until `clear`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        built.rename(target)
    elif not exchanged(built, target):  # then in two renames; `clear` repairs the moment between them
        target.rename(built.with_name(f"{built.name}.{OLD}"))
        built.rename(target)
    sync(target.parent)


def withdraw(out: Path, week: str, brief: str, folder: Path) -> None:
    """Take a folder of (week, brief) away, if it is there, so that nobody sees half of it."""
    if folder.is_dir():
        aside = staging(out, week, brief)
        folder.rename(aside)  # over the empty one, in one step
        shutil.rmtree(aside, ignore_errors=True)


def exchanged(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; False where this system or its file system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    names = (ctypes.c_int(AT_FDCWD), os.fsencode(first), ctypes.c_int(AT_FDCWD), os.fsencode(second))
    if libc.renameat2(*names, ctypes.c_uint(RENAME_EXCHANGE)) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(code, os.strerror(code), str(second))


@contextlib.contextmanager
def lock(out: Path, key: str, *, wait: bool = False) -> Iterator[bool]:
    """Hold a lock file, which goes away with the lock; one left behind tells of a run that was killed."""
    (out / LOCKS).mkdir(parents=True, exist_ok=True)
    path = out / LOCKS / f"{key}.lock"
    while True:
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            if not _names(path, file.fileno()):
                continue  # whoever held it took the file away while we waited
            with contextlib.ExitStack() as done:
                done.callback(path.unlink, missing_ok=True)
                try:
                    yield True
                except OSError:
                    done.pop_all()  # a state that could not be written: the next run has to look
                    raise
            return


def _names(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
