"""The files that notebooks read -> the same files for a worker that does not see them, or sees others.

A worker uses what lies at the same paths where all of it is the same to the byte. Else it is given bundles,
which it keeps packed in memory for the next notebook, and unpacks for each into a folder of its own that goes
with the notebook. Names of briefs and folders stay, since pages show them.
"""

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from nanospread.campaign import brief as briefs
from nanospread.core import scratch, weeks
from nanospread.core.errors import InputError
from nanospread.ingest import files, mappings
from nanospread.report import execution, records
from nanospread.report.execution import Job, JobResult
from nanospread.report.parameters import Plain
from nanospread.store import content, opening
from nanospread.store.manifests import FILE, MARK

LARGEST = 200_000_000  # bytes of the files of one parameter
CACHE_SIZE = 250_000_000  # bytes of bundles that a worker keeps
STAMP = (1980, 1, 1, 0, 0, 0)  # of each file: the same content, the same bundle
FILES = ("data", "brief", "compare_with", "earlier")  # parameters that name files


@dataclass(frozen=True)
class ParameterFiles:
    """What one parameter names: its text here, and a SHA-256 of it all.

    brief, week: of the run, where earlier reports are meant. moved: the text's paths, as a bundle has them.
    """

    parameter: str
    text: str
    brief: str = ""
    week: str = ""
    moved: tuple[str, ...] = ()
    digest: str = ""


def parameter_files(values: Mapping[str, Plain], brief: str, week: str) -> tuple[ParameterFiles, ...]:
    """Return what a run of these parameters reads here."""
    looks_back = {"earlier": (brief, week)}
    parts = [
        ParameterFiles(name, str(values[name]), *looks_back.get(name, ()))
        for name in FILES
        if values.get(name)
    ]
    return tuple(replace(part, moved=_moved(part), digest=_digest(_files(part))) for part in parts)


def _moved(part: ParameterFiles) -> tuple[str, ...]:
    return tuple(f"{place}/{path.relative_to(root)}" for place, root, path in _places(part))


def _files(part: ParameterFiles) -> dict[str, Path]:
    """Return each file, and each folder of an earlier report, by its name in a bundle."""
    return {
        f"{place}/{file.relative_to(root)}": file
        for place, root, path in _places(part)
        for file in _contents(part, root, path)
    }


def _places(part: ParameterFiles) -> Iterator[tuple[str, Path, Path]]:
    """Yield for each path: the name in a bundle of the folder that is carried, that folder, the path."""
    for number, text in enumerate(_texts(part)):
        path = Path(text)
        if path.is_absolute():  # else it is bundled with the package
            root = _root(part, path)
            yield f"{part.parameter}/{number}/{root.name}", root, path


def _texts(part: ParameterFiles) -> list[str]:
    return part.text.split(", ") if part.parameter == "compare_with" else [part.text]


def _root(part: ParameterFiles, path: Path) -> Path:
    if part.parameter == "data":
        return opening.located(path)[0] or path
    return path.parent if part.parameter != "earlier" or _of_one_week(part, path) else path


def _of_one_week(part: ParameterFiles, path: Path) -> bool:
    """Return if a what-if looks at this week's own report, as `records.earlier` reads a folder."""
    return weeks.exists(path.name) and (path / part.brief / records.FILE).is_file()


def _contents(part: ParameterFiles, root: Path, path: Path) -> list[Path]:
    if part.parameter == "data":
        return _stored(root) if opening.located(root)[0] else _exported(root)
    if part.parameter == "earlier":
        return _earlier(part, root, path)
    table = Path(briefs.read(path).rate_table or path)
    return [path, table] if table != path and table.is_relative_to(root) else [path]


def _stored(store: Path) -> list[Path]:
    """Return the files of a store."""
    every = (file for file in store.rglob("*") if file.is_file())
    return [file for file in every if not any(part[0] == "." for part in file.relative_to(store).parts)]


def _exported(folder: Path) -> list[Path]:
    mapping = folder / mappings.MAPPING
    return [*(file.path for file in files.files_of([folder])), *([mapping] if mapping.is_file() else [])]


def _earlier(part: ParameterFiles, out: Path, path: Path) -> list[Path]:
    """Return the folders of the reports that are looked at, and of each the file that is read."""
    if path != out:
        names = [path.name]
    else:
        past = records.earlier(part.text, brief=part.brief, week=part.week)
        oldest = min([weeks.before(part.week, records.WEEKS), *(week for week, _ in past.files)])
        names = [each.name for each in out.iterdir() if weeks.exists(each.name)]
        names = [name for name in names if oldest <= name < part.week]
    folders = [folder for name in names if (folder := out / name / part.brief).is_dir()]
    return [*folders, *(file for folder in folders if (file := folder / records.FILE).is_file())]


def _digest(paths_by_name: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(paths_by_name.items()):
        digest.update(f"{name}\0{_identity(path)}\0".encode())
    return digest.hexdigest()


def _identity(path: Path) -> str:
    """Return what says that a file is the same: a store's, which may be large, has its hash in its name."""
    if path.is_dir():
        return ""
    if FILE.fullmatch(path.name):
        return str(path.stat().st_size)
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _content(path: Path) -> bytes:
    """Return the bytes of a file; of contact data, which no page reads, what a store looks at: their size."""
    if path.name.startswith(f"{content.CONTACTS}-") and path.suffix == ".parquet":
        return MARK.ljust(path.stat().st_size - len(MARK), b"\0") + MARK
    return path.read_bytes()


def is_here(part: ParameterFiles) -> bool:
    """Return if all of it lies at the same paths here, the same to the byte."""
    try:
        return _digest(_files(part)) == part.digest
    except (InputError, OSError):
        return False


@lru_cache(maxsize=8)
def bundle(part: ParameterFiles) -> bytes:
    """Return the files of a part in one ZIP archive.

    Raises InputError where they are too large to be sent.
    """
    paths_by_name = _files(part)
    size = sum(path.stat().st_size for path in paths_by_name.values() if path.is_file())
    if size > LARGEST:
        raise InputError(
            f"{part.parameter} '{part.text}' is {size:,} bytes, and a worker has not the same at that path: "
            f"up to {LARGEST:,} are sent; put more where every worker sees it"
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(paths_by_name.items()):
            entry = zipfile.ZipInfo(f"{name}/" if path.is_dir() else name, STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, b"" if path.is_dir() else _content(path))
    return packed.getvalue()


class _BundleCache:
    """The bundles that a worker was sent last, as many as there is room for; read by any thread."""

    def __init__(self) -> None:
        self._lock, self._of = threading.Lock(), dict[str, bytes]()

    def with_new(self, sent: Mapping[str, bytes]) -> dict[str, bytes]:
        """Keep what was sent, and return all there is."""
        with self._lock:
            self._of = {name: packed for name, packed in self._of.items() if name not in sent} | dict(sent)
            while len(self._of) > len(sent) and sum(map(len, self._of.values())) > CACHE_SIZE:
                del self._of[next(iter(self._of))]
            return dict(self._of)


_cache = _BundleCache()


def executed(
    job: Job, reads: Sequence[ParameterFiles], sent: Mapping[str, bytes]
) -> JobResult | frozenset[ParameterFiles]:
    """Execute a notebook on what it reads, wherever that is; or return of which parts a bundle must be sent.

    sent: bundles by the digest of their part.
    """
    required = [part for part in reads if part.parameter in job["parameters"]]
    away = [part for part in required if not is_here(part)]
    bundles = _cache.with_new(sent)
    if missing := frozenset(part for part in away if part.digest not in bundles):
        return missing
    if not away:
        return execution.executed(job)
    with scratch.folder() as folder:
        parameters, places = dict(job["parameters"]), dict[str, str]()
        for part in away:
            here = _unpacked(part, bundles[part.digest], folder)
            new = {text: place for place, text in here.items()}
            parameters[part.parameter] = ", ".join(new.get(text, text) for text in _texts(part))
            places |= here
        return _named_as_before(execution.executed({**job, "parameters": parameters}), places)


def _unpacked(part: ParameterFiles, packed: bytes, folder: Path) -> dict[str, str]:
    """Unpack a part, and return each of its paths by where it is now. Raises ValueError for a damaged one."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)
        names = [name.rstrip("/") for name in archive.namelist()]
    if _digest({name: folder / name for name in names}) != part.digest:
        raise ValueError(f"what was sent of {part.parameter} is not what it should be")
    carried = [text for text in _texts(part) if Path(text).is_absolute()]
    original_paths = {str(folder / moved): text for moved, text in zip(part.moved, carried, strict=True)}
    for place in original_paths:
        if not Path(place).exists():  # a folder without a file that is read
            Path(place).mkdir(parents=True)
    return original_paths


def _named_as_before(result: JobResult, places: Mapping[str, str]) -> JobResult:
    """Return what was executed as if its files had been where they are named. places: now -> named."""
    notebook, log, problem = result["notebook"], result["log"], result["problem"]
    for now, original in places.items():
        new, old = (json.dumps(text, ensure_ascii=False)[1:-1] for text in (now, original))
        notebook, log = notebook.replace(new, old), log.replace(now, original)
        problem = problem and problem.replace(now, original)
    return {**result, "notebook": notebook, "log": log, "problem": problem}
