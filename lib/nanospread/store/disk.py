"""A store's folder -> one writer at a time, and files that are there whole or not at all.

Whatever a writer that was killed leaves behind lies in `.staging`, or in a snapshot under a name that its
manifest does not know. Nobody reads either, and the next writer takes it away while it holds the lock.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from nanospread.core.errors import InputError
from nanospread.core.files import make_folder, opened_lock, share, sync, write_atomically

LOCK, STAGING = ".lock", ".staging"
WAIT = 60.0  # for another writer [s]
STEP = 0.05  # between two looks at the lock [s]


@contextlib.contextmanager
def locked(place: Path, wait: float = WAIT) -> Iterator[None]:
    """Hold the lock of a store; a dead process holds nothing.

    Raises InputError: another run still writes it after `wait` [s], or this one may not.
    """
    with one_line_errors(place, "written"), open(opened_lock(place / LOCK), "rb") as file:
        for _ in range(round(wait / STEP) + 1):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(STEP)
        else:
            raise InputError(
                f"store '{place}' is being written by another run, for over {wait:g} s: try later"
            )
        yield


@contextlib.contextmanager
def no_writes(place: Path, wait: float = WAIT) -> Iterator[None]:
    """Hold a store as it is while something is made of it; where nobody here can write, it is so by itself.

    Raises: InputError as `locked` does; what goes wrong inside is not the store's.
    """
    with contextlib.ExitStack() as stack:
        if (place / LOCK).exists() or os.access(place, os.W_OK):
            lock = locked(place, wait)
            lock.__enter__()
            stack.callback(lock.__exit__, None, None, None)
        yield


@contextlib.contextmanager
def one_line_errors(place: Path, action: str) -> Iterator[None]:
    """Turn what the disk or DuckDB refuses (rights, no space left) into one line. action: read, written."""
    import duckdb

    try:
        yield
    except OSError as error:
        raise InputError(f"store '{place}' cannot be {action}: {error.strerror or error}") from None
    except duckdb.Error as error:
        reason = next(iter(str(error).splitlines()), "DuckDB failed")
        raise InputError(f"store '{place}' cannot be {action}: {reason[:300]}") from None


def staging(place: Path, name: str) -> Path:
    """Return a new empty folder to build in. Call with the lock held."""
    if (place / STAGING).is_symlink():
        raise InputError(f"'{place / STAGING}' is a link, so it is not nanospread's: move it away")
    folder = place / STAGING / name
    discard(folder)
    make_folder(folder)
    return folder


def clear(place: Path) -> None:
    """Take away what dead writers left in staging. Call with the lock held."""
    if not (place / STAGING).is_symlink():
        discard(place / STAGING)


def discard(path: Path) -> None:
    """Delete a file or a folder with all that is in it; nothing where it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def withdraw(place: Path, folder: Path) -> None:
    """Delete a folder so that no reader sees half of it: out of sight in one step, then away."""
    aside = staging(place, f"{folder.name}.gone")
    folder.replace(aside)  # over the empty one
    sync(folder.parent)
    discard(aside)


def replace_file(place: Path, path: Path, text: str) -> None:
    """Write a file of a store so that a reader sees the old text or the new one."""
    write_atomically(path, text, staging=place / STAGING)


def move(source: Path, target: Path) -> None:
    """Move a file, also from another file system, with the rights of its new place; outlasts a power loss."""
    shutil.move(source, target)
    share(target)
    sync(target)
