"""A finished folder -> the published one, in one step that nobody can see half done.

A run holds a lock for its week and brief, builds in `.staging`, and then exchanges the two folders in one
system call. What a run leaves in `.staging`, killed or done, is taken away by the next run that starts,
whoever's it is; the published folder is whole at every moment, and a reader that has it open keeps it until
then. Whatever stands in the place of ours without being so, a link or a stranger's folder, is told and left
alone.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from nanospread.core.errors import BusyError, InputError
from nanospread.core.files import make_folder, new_folder, opened_lock, sync
from nanospread.report import archive

AT_FDCWD = -100
RENAME_EXCHANGE = 2
STEP = 0.05  # [s] between two looks at a lock
STAGING = ".staging"
LOCKS = ".locks"
OLD = "old"  # the ending of a published folder that is set aside, where the system cannot exchange
KEY = r"(\d{4}-W\d{2})\.([a-z0-9][a-z0-9_-]*(?:\.what-if)?)"  # week and brief, as locks and staging name them
STAGED = re.compile(rf"{KEY}\.[a-z0-9_]{{8}}(\.{OLD})?")
STRANGE = "is not of nanospread: move it away, or name another --out"
LOCKED = re.compile(rf"{KEY}\.lock")


@contextlib.contextmanager
def locked(out: Path, week: str, brief: str, *, wait: float = 0) -> Iterator[None]:
    """Hold the lock of one report; a dead run holds nothing.

    Raises BusyError where another run holds it, and still does after `wait` [s].
    """
    with lock(out, f"{week}.{brief}", wait=wait) as ours:
        if not ours:
            late = f", for over {wait:g} s: look what it is at" if wait else "; wait for it (--wait)"
            raise BusyError(f"another run is writing {week}/{brief}{late}, or name another --out")
        yield


def abandoned(out: Path) -> Iterator[tuple[str, str]]:
    """Yield week and brief of each run that died at work, with its lock held until the next is asked for."""
    for draft in (out / LOCKS).glob(".*.lock.*"):  # of a lock that a killed run was making
        draft.unlink(missing_ok=True)
    names = [(LOCKED, path.name) for path in (out / LOCKS).glob("*.lock")]
    names += [(STAGED, path.name) for path in (out / STAGING).glob("*.*.*")]
    keys = {match.group(1, 2) for pattern, name in names if (match := pattern.fullmatch(name))}
    for week, brief in sorted(keys):
        try:
            with lock(out, f"{week}.{brief}") as dead:
                if dead:
                    yield week, brief
        except InputError:  # no lock of ours: `foreign_entries` tells
            continue


def clear(out: Path, week: str, brief: str) -> None:
    """Clear what earlier runs left in staging, and put back a published folder that one had set aside.

    Call with the lock of (week, brief) held: what is staged under that key is then surely dead.
    """
    for left in sorted((out / STAGING).glob(f"{week}.{brief}.*")):
        match = STAGED.fullmatch(left.name)
        if match and match.group(1, 2) == (week, brief) and not left.is_symlink():
            if match[3] and not (out / week / brief).exists():
                left.rename(out / week / brief)
            else:
                shutil.rmtree(left, ignore_errors=True)


def staging(out: Path, week: str, brief: str) -> Path:
    """Return a new empty folder in which to build the report of (week, brief)."""
    make_folder(_real(out / STAGING))
    return new_folder(out / STAGING, f"{week}.{brief}.")


def publish(built: Path, target: Path) -> None:
    """Put a built folder in the place of `target`; the one that was there stays in staging until `clear`."""
    make_folder(target.parent)
    if not target.exists():
        built.rename(target)
    elif not exchanged(built, target):  # then in two renames; `clear` repairs the moment between them
        target.rename(built.with_name(f"{built.name}.{OLD}"))
        built.rename(target)
    sync(target.parent)


def withdraw(out: Path, week: str, brief: str, folder: Path) -> None:
    """Take a folder of (week, brief) away, if it is there, so that nobody sees half of it; never a link."""
    if folder.is_dir() and not folder.is_symlink():
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
def lock(out: Path, key: str, *, wait: float = 0) -> Iterator[bool]:
    """Hold a lock file, which goes away with the lock; one left behind tells of a run that was killed.

    Yields if it is held; not if another run holds it and still does after `wait` [s].
    """
    _real(out.resolve())
    make_folder(_real(out / LOCKS))
    path = out / LOCKS / f"{key}.lock"
    until = time.monotonic() + wait
    while True:
        with open(opened_lock(path), "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(STEP)
                    continue
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


def check(out: Path, week: str, brief: str, *, force: bool = False) -> None:
    """Raise InputError where a run would replace what is not ours; with force only for what is a link.

    A folder is ours if a run made it (`archive.is_ours`) or nothing is in it, a page if its head says so.
    """
    pages = (out / "index.html", out / f"{week[:4]}.html", out / week / "index.html")
    report, banner = out / week / brief, archive.banner_path(out, week, brief)
    for path in (out / week, out / STAGING, out / LOCKS, report, banner):
        _real(path)
    for path in (*pages, archive.state_path(out, week, brief)):
        _real(path, "file")
    foreign = [page for page in pages if page.exists() and not archive.is_our_page(page)]
    foreign += [
        folder
        for folder in (report, banner)
        if folder.exists() and any(folder.iterdir()) and not archive.is_ours(folder)
    ]
    for path in foreign:
        if not force:
            raise InputError(f"'{path}' {STRANGE} (or --force)")
        if path.is_file():
            path.unlink()


def foreign_entries(out: Path) -> list[Path]:
    """Return what stands where something of ours would, and is none: it is left alone, and to be told."""
    expected = [out / STAGING, out / LOCKS]
    folders = [folder for folder in expected if folder.exists() or folder.is_symlink()]
    odd = [folder for folder in folders if folder.is_symlink() or not folder.is_dir()]
    for folder in set(folders) - set(odd):
        pattern, fits = (LOCKED, Path.is_file) if folder.name == LOCKS else (STAGED, Path.is_dir)
        matching = [path for path in folder.iterdir() if pattern.fullmatch(path.name)]
        odd += [path for path in matching if path.is_symlink() or not fits(path)]
    for week in archive.weeks(out):
        banners = [archive.banner_path(out, week, brief) for brief in archive.briefs(out, week)]
        present = [path for path in banners if path.exists() or path.is_symlink()]
        odd += [path for path in present if not archive.is_ours(path)]
    return sorted(odd)


def _real(path: Path, kind: str = "folder") -> Path:
    """Return a path at which nothing stands, or what we made; InputError for a link or another kind."""
    try:
        mode = path.lstat().st_mode  # asked once: another run may make it while we look
    except (FileNotFoundError, NotADirectoryError):
        return path
    fits = stat.S_ISDIR(mode) if kind == "folder" else stat.S_ISREG(mode)
    if not fits:
        is_a = "is a link" if stat.S_ISLNK(mode) else f"is no {kind}"
        raise InputError(f"'{path}' {is_a}, so it {STRANGE}")
    return path
