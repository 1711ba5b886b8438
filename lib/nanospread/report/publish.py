"""A finished folder -> the published one, in one step that nobody can see half done.

A run holds a lock for its week and brief, builds in `.staging`, and then exchanges the two folders in one
system call. What a killed run leaves behind in `.staging` is taken away by the next run that starts; the
published folder is whole at every moment.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nanospread.errors import InputError

AT_FDCWD = -100
RENAME_EXCHANGE = 2
STAGING = ".staging"
LOCKS = ".locks"
OLD = "old"  # the ending of a published folder that is set aside, where the system cannot exchange


class BusyError(InputError):
    """Another run is writing the same report."""


@contextlib.contextmanager
def locked(out: Path, week: str, brief: str) -> Iterator[None]:
    """Hold the lock of one report. Raises BusyError where another run holds it; a dead run holds nothing."""
    with _lock(out, f"{week}.{brief}") as held:
        if not held:
            raise BusyError(f"another run is writing {week}/{brief}; wait for it, or choose another --out")
        yield


def recover(out: Path, week: str, brief: str) -> None:
    """Clear what dead runs left in staging, and put back a published folder that one of them had set aside.

    Call with the lock of (week, brief) held: what is staged under that key is then surely dead.
    """
    for left in sorted((out / STAGING).glob("*.*.*")):
        key = ".".join(left.name.split(".")[:2])
        with contextlib.nullcontext(True) if key == f"{week}.{brief}" else _lock(out, key) as dead:
            if dead:
                _clear(out, left)


def staging(out: Path, week: str, brief: str) -> Path:
    """Return a new empty folder in which to build the report of (week, brief)."""
    (out / STAGING).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{week}.{brief}.", dir=out / STAGING))
    folder.chmod(0o755)  # mkdtemp hides it from everybody else, and it is going to be published
    return folder


def publish(built: Path, target: Path) -> None:
    """Put a built folder in the place of `target`, and remove the one that was there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        built.rename(target)
        return
    if not exchanged(built, target):
        _set_aside(built, target)
    shutil.rmtree(built, ignore_errors=True)


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)


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
def index_lock(out: Path) -> Iterator[None]:
    """Wait for, and hold, the lock of the list of all reports."""
    with _lock(out, "index", wait=True):
        yield


def _set_aside(built: Path, target: Path) -> None:
    """Exchange in two renames; `recover` repairs the moment between them."""
    aside = built.with_name(f"{built.name}.{OLD}")
    target.rename(aside)
    built.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def _clear(out: Path, left: Path) -> None:
    week, brief, *rest = left.name.split(".")
    target = out / week / brief
    if rest[-1] == OLD and not target.exists():
        left.rename(target)
    else:
        shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _lock(out: Path, key: str, *, wait: bool = False) -> Iterator[bool]:
    (out / LOCKS).mkdir(parents=True, exist_ok=True)
    with (out / LOCKS / f"{key}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
