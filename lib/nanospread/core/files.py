"""Files that are there whole or not at all, with the rights that their folder hands down; tables people edit.

A folder with the setgid bit is shared: what is made in it gets its group and its rights for that group,
whatever the umask of whoever writes, and is open to others only where folder and umask both are. Anywhere
else the umask alone decides.
"""

import contextlib
import csv
import glob
import io
import json
import os
import re
import stat
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nanospread.core import errors

FILE, FOLDER = stat.S_IRGRP | stat.S_IWGRP, stat.S_IRWXG  # what a shared folder may hand down to its group

HEAD = 2_000  # bytes of a file in which its mark stands
LARGEST = 100_000  # bytes of settings
LARGEST_RECORD = 20_000_000  # bytes of what a run says of itself
DESCRIPTOR = re.compile(r"/dev/(?:stdout|stderr|fd/\d+)|/proc/self/fd/\d+")


def write_atomically(
    path: Path, content: str | bytes, *, staging: Path | None = None, alone: bool = False
) -> None:
    """Write a file so that a reader sees the old content or the new one, never half of it.

    staging: a folder of the same file system to write in first (made where missing), for callers who clear
    what a killed process leaves there; None: beside the file. alone: nobody else may write it now, so drafts
    that killed writers left go. Text is written as UTF-8, and what UTF-8 has no way to say becomes `?`.
    """
    make_folder(path.parent)
    folder = staging or path.parent
    make_folder(folder)
    draft = folder / f".{path.name}.{_unique()}"
    if alone:
        for stale in folder.glob(f".{glob.escape(path.name)}.????????"):
            stale.unlink()
    try:
        with draft.open("xb") as file:
            file.write(content.encode(errors="replace") if isinstance(content, str) else content)
        share(draft)
        sync(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def share(path: Path) -> None:
    """Give what was just made the group and the rights that its folder hands down, where that is shared."""
    parent, state = path.parent.stat(), path.lstat()
    if not parent.st_mode & stat.S_ISGID:
        return
    folder = stat.S_ISDIR(state.st_mode)
    group = parent.st_mode & (FOLDER if folder else FILE)
    mode = state.st_mode & (stat.S_IRWXU | parent.st_mode & stat.S_IRWXO) | group
    with contextlib.suppress(PermissionError):  # of another group than ours, or on a disk without rights
        if state.st_gid != parent.st_gid:
            os.chown(path, -1, parent.st_gid)
        path.chmod(mode | (stat.S_ISGID if folder else 0))


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, as each one's parent hands down; nothing where it is there.

    In a shared folder nobody sees it before it has its rights, nor does a killed run leave it without them.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    if not path.parent.stat().st_mode & stat.S_ISGID:
        path.mkdir(exist_ok=True)
        return
    draft = new_folder(path.parent, f".{path.name}.")
    try:
        draft.rename(path)
    except OSError:
        draft.rmdir()
        if not path.is_dir():  # else another run was faster
            raise


def new_folder(parent: Path, prefix: str) -> Path:
    """Make a new folder with a name of its own, and return it."""
    folder = parent / f"{prefix}{_unique()}"
    folder.mkdir()
    share(folder)
    return folder


def _unique() -> str:
    return uuid.uuid4().hex[:8]


def opened_lock(path: Path) -> int:
    """Return a handle of a lock file, which is made where it is missing; the caller closes it.

    Raises InputError for a link, or anything else that is no file.
    """
    while True:
        try:
            handle = _opened(path)
        except FileNotFoundError:
            _make_lock(path)
            continue
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return handle
        os.close(handle)
        raise errors.InputError(f"'{path}' is no lock that nanospread made: look at it, and move it away")


def _opened(path: Path) -> int:
    flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, os.O_RDWR | flags)
    except (PermissionError, IsADirectoryError):
        return os.open(path, os.O_RDONLY | flags)  # a colleague's; reading is enough to lock it
    except OSError:
        if path.is_symlink():
            raise errors.InputError(f"'{path}' is a link, no lock of ours: move it away") from None
        raise


def _make_lock(path: Path) -> None:
    """Make a lock file that has its rights from the first moment on; nothing where another was faster."""
    shared = path.parent.stat().st_mode & stat.S_ISGID
    draft = path.with_name(f".{path.name}.{_unique()}") if shared else path
    with contextlib.suppress(FileExistsError, FileNotFoundError):  # somebody cleared the draft away
        draft.touch(exist_ok=False)
        share(draft)
        if shared:
            os.link(draft, path)
    if shared:
        draft.unlink(missing_ok=True)


def check_output(path: Path, option: str, marks: Sequence[bytes], *, force: bool) -> None:
    """Raise InputError where a file that a user named is a folder, or one that nanospread did not write.

    option: of the command line, which the error names. marks: one of them stands in the head of each file
    that we wrote. Devices and pipes may be written, and with force any file.
    """
    if path.is_dir():
        raise errors.InputError(f"{option} {path} is a folder; name a file")
    if force or not path.is_file() or DESCRIPTOR.fullmatch(str(path)):
        return
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head and not any(mark in head for mark in marks):
        raise errors.InputError(
            f"{option} {path} is there, and nanospread did not write it: name another file, or add --force"
        )


def write_output(path: Path, content: str) -> None:
    """Write a file that a user named and `check_output` let pass; a device or a pipe is written in place."""
    if DESCRIPTOR.fullmatch(str(path)):
        sys.stdout.flush()
        name = str(path).rsplit("/", 1)[-1]
        number = {"stdout": 1, "stderr": 2}.get(name) or int(name)
        with os.fdopen(os.dup(number), "w", encoding="utf-8") as file:
            file.write(content)
    elif path.exists() and not path.is_file():
        path.write_text(content, encoding="utf-8")
    else:
        write_atomically(path.resolve(), content)  # through a link to the file that it names


def regular(path: Path, limit: int) -> tuple[os.stat_result, bytes]:
    """Return the state of a file and its first bytes; what is no file, such as a pipe, is not waited for.

    Raises: InputError for anything but a file that can be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # the latter of a zero byte
        raise errors.InputError(
            f"file '{path}' cannot be read: {getattr(error, 'strerror', error)}"
        ) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise errors.InputError(f"'{path}' is no file")
        return status, os.read(handle, limit)
    finally:
        os.close(handle)


def record(path: Path) -> Any:
    """Return what a JSON file of a run holds. Raises: InputError where it is no file, or no whole JSON."""
    try:
        return json.loads(regular(path, LARGEST_RECORD)[1])
    except (ValueError, RecursionError) as error:
        raise errors.InputError(f"'{path}' cannot be read: {str(error)[:200]}") from error


def settings_text(path: Path, example: str) -> str:
    """Return what a file holds that says where secrets are kept, and where they go.

    Raises: InputError where there is none, which names the example to copy, or others may write it.
    """
    if not path.exists():
        raise errors.InputError(f"'{path}' does not exist: copy {example} to it and fill it in")
    status, content = regular(path, LARGEST + 1)
    if status.st_uid not in (os.geteuid(), 0) or status.st_mode & stat.S_IWOTH:
        raise errors.InputError(
            f"'{path}' says where secrets go, so it must be yours, and not everybody may write it"
        )
    if len(content) > LARGEST:
        raise errors.InputError(f"{path.name}: {status.st_size:,} bytes; settings have at most {LARGEST:,}")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise errors.InputError(f"{path.name}: not UTF-8 text") from None


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, outlast a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def reference_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line at which each row of a CSV table ends, and its cells, stripped; no blank lines.

    Raises: InputError naming the line: not UTF-8, other columns than these, more or fewer cells than columns.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as reason:
        raise errors.InputError(f"{path.name}: not UTF-8 text at byte {reason.start}") from reason
    reader = csv.reader(io.StringIO(text, newline=""))
    if tuple(next(reader, [])) != tuple(columns):
        raise errors.InputError(f"{path.name} line 1: the columns must be {', '.join(columns)}")
    for cells in reader:
        if len(cells) not in (0, len(columns)):
            raise errors.InputError(
                f"{path.name} line {reader.line_num}: {len(cells)} cells for {len(columns)} columns; "
                "a text that holds a comma needs quotation marks"
            )
        if cells:
            yield reader.line_num, dict(zip(columns, (cell.strip() for cell in cells), strict=True))
