"""The user's cache: folders of this user alone, each named after all that its content was made of.

What lies there is run (compiled code) or believed (a list of fonts, what results taught), so a folder that is
a link or another user's is not used, and one that was open to others is made anew (as numba makes it where
the cache goes while it runs). Where there is no place to write, callers do without.
"""

import contextlib
import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import platformdirs

from nanospread.core import files, paths

OLD = 30 * 24 * 3600  # [s] since a folder was used last, after which it goes
SEAL = 32  # bytes before a file's content, true of this content under this name alone
ROOM = 50_000_000  # bytes free, under which what is made is kept nowhere


def folder(kind: str, *made_of: str, root: Path | None = None) -> Path | None:
    """Return the private folder of what is made of these, made where missing; None where there can be none.

    A new one takes the place of those of its kind that nobody used for long. root: the user's cache of
    nanospread if None.
    """
    try:
        root = root or Path(platformdirs.user_cache_dir("nanospread"))
    except RuntimeError:  # no HOME, and nobody of this number
        return None
    name = f"{kind}-{hashlib.blake2b('|'.join(made_of).encode(), digest_size=10).hexdigest()}"
    try:
        if not (root.is_absolute() and _ours(root)):
            return None
        path = root / name
        if _was_open(path):
            shutil.rmtree(path)
        new = not path.exists()
        if not _ours(path):
            return None
        disk = os.statvfs(path)
        if disk.f_bavail * disk.f_frsize < ROOM or (disk.f_files and not disk.f_favail):
            return None
        os.utime(path)
        if new:
            _clear(root.glob(f"{kind}-*"), path.stat().st_mtime - OLD)
    except OSError:
        return None
    return path


def read(file: Path) -> bytes | None:
    """Return what `write` left in a private folder; None where it is missing, damaged or foreign."""
    try:
        sealed = file.read_bytes()
        if sealed[:SEAL] != _seal(file, sealed[SEAL:]):
            return None
        os.utime(file)
    except OSError:
        return None
    return sealed[SEAL:]


def write(file: Path, content: bytes, *, most: int) -> None:
    """Write a file, whole or not at all; of its folder's files of this ending so many stay, used last."""
    with contextlib.suppress(OSError):
        files.write_atomically(file, _seal(file, content) + content)
        siblings = sorted(file.parent.glob(f"*{file.suffix}"), key=lambda each: each.stat().st_mtime)
        for old in siblings[:-most]:
            old.unlink(missing_ok=True)


def _seal(file: Path, content: bytes) -> bytes:
    return hashlib.blake2b(content, key=file.stem.encode()[:64], digest_size=SEAL).digest()


def sources(wings: Iterable[str]) -> str:
    """Return a fingerprint of the sources of some wings: it changes with every byte of them."""
    return _fingerprint(file for wing in wings for file in _modules(paths.PACKAGE / wing))


def everything() -> str:
    """Return a fingerprint of what the package carries: sources, templates, tables, briefs and the sample."""
    template, briefs = paths.PACKAGE / "report" / "template", paths.DATA / "briefs"
    folders = (
        template.glob("*"),
        paths.DATA.glob("*.csv"),
        briefs.glob("*.yaml"),
        paths.SAMPLE.glob("*.csv"),
    )
    carried = [str(file) for files in folders for file in files if file.is_file()]
    return _fingerprint([*_modules(paths.PACKAGE), *carried])


def _fingerprint(file_names: Iterable[str]) -> str:
    digest = hashlib.blake2b(digest_size=10)
    for name, file in sorted((_name(file), file) for file in file_names):
        content = Path(file).read_bytes()
        digest.update(f"{name}|{len(content)}|".encode(errors="surrogateescape"))
        digest.update(content)
    return digest.hexdigest()


def _name(file: str) -> str:
    """Return a file's name in the package, wherever that is: installed, its tables are in it."""
    return file.removeprefix(str(paths.DATA)).removeprefix(str(paths.PACKAGE))


def _modules(wing: Path) -> Iterator[str]:
    for folder, _, names in os.walk(wing):  # pathlib takes twice as long
        yield from (os.path.join(folder, name) for name in names if name.endswith(".py"))


def _ours(path: Path) -> bool:
    """Make a folder that is this user's, close one that is open to others, and return if it can be used."""
    if not path.exists():
        nearest = next(parent for parent in path.parents if parent.exists())
        if os.geteuid() == 0 and nearest.stat().st_uid != 0:
            return False  # sudo with the home of a user, who could not use what root leaves there
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)  # whatever the umask
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
        return False
    if state.st_mode & 0o077:
        path.chmod(0o700)
    return os.access(path, os.R_OK | os.W_OK | os.X_OK)


def _was_open(path: Path) -> bool:
    """Return if a folder of this user's is open to others."""
    if not os.path.lexists(path):
        return False
    state = path.lstat()
    return stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid() and bool(state.st_mode & 0o077)


def _clear(folders: Iterable[Path], before: float) -> None:
    for path in folders:
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < before:
                shutil.rmtree(path, ignore_errors=True)
