"""The history and prune commands: the folder of reports -> what each brief is at, and room on the disk."""

from pathlib import Path

from nanospread.core.errors import InputError
from nanospread.pages import show
from nanospread.report import listed, old, prune


def history(out: Path) -> bool:
    """Make the lists again, print what each brief is at, and return if none needs a look."""
    rows = listed(_there(out))
    for row in rows:
        print(show.printable(f"{row.status:<10} {row.brief}: {' '.join((row.verdict, *row.notes)).strip()}"))
    print(_there(out) / "index.html")
    return all(row.fine for row in rows)


def pruned(out: Path, keep: int, weeks: int, sure: bool) -> None:
    """Print what is old, with its size; delete it only if sure."""
    going = old(_there(out), keep=keep, weeks=weeks)
    gone = prune(out, going) if sure else going
    verb = "deleted" if sure else "would delete"
    for one in gone:
        print(f"{verb} {one.path.relative_to(out)}  {one.size:,} bytes ({one.what})")
    for one in (one for one in going if one not in gone):
        print(f"kept {one.path.relative_to(out)}: a run is writing there")
    total = sum(one.size for one in gone)
    print(f"{verb} {len(gone)} of {out}: {total:,} bytes" + ("" if sure or not gone else "; --yes does it"))


def _there(out: Path) -> Path:
    if not out.is_dir():
        raise InputError(f"'{out}' is no folder of reports; name one with --out")
    return out
