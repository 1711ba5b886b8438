"""What the results taught is read back to the bit by the next process, and never where anything differs."""

import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import beliefs, brief
from nanospread.campaign.beliefs import evidence, posterior, stored
from nanospread.campaign.beliefs.importance import SamplerResult
from nanospread.core import paths

SAMPLE = brief.read("sample")
PRIOR = posterior.free_beliefs(SAMPLE)
NEXT = """
from test_beliefs_stored import digest, posterior, taught
posterior.learned = None  # whoever calls it fails
print(digest(taught()))
"""


def paid(revenue=(90.0, 80.0)):
    """Return results of creators whom no roster holds: they teach order values alone, which is quick."""
    rows = pd.DataFrame({"campaign": "one", "creator": ["a", "b"], "orders": [2.0, 2.0], "revenue": revenue})
    dates = {name: pd.Timestamp("2026-01-02", tz="UTC") for name in ("posted_at", "as_of")}
    return rows.assign(reach=np.nan, clicks=np.nan, cost=0.0, offer="gift", **dates)


def taught():
    return beliefs.learned(SAMPLE, paid(), pd.DataFrame({"creator": ["c"], "followers": [5_000.0]}))


def digest(believed):
    words = repr((believed.names, believed.basis, believed.learned_from, believed.notes))
    fits = repr([fit[1:] for fit in believed.fits])
    return hashlib.sha256(believed.draws.tobytes() + (words + fits).encode()).hexdigest()


def gathered(revenue=(90.0, 80.0), followers=5_000.0):
    roster = pd.DataFrame({"creator": ["a"], "followers": [followers]})
    return evidence.gathered(paid(revenue), pd.DataFrame(columns=beliefs.LIFT_TESTS), roster, SAMPLE.goods)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> Path:
    """Return where the cache of these tests is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def fits(monkeypatch) -> list[SamplerResult]:
    """Return the fits made so far: each takes no time, and differs from all others."""
    made = list[SamplerResult]()

    def learned(brief, prior, evidence, *, rough=False):
        made.append(SamplerResult(np.ones((4, 2)), "importance", 99.5, -np.inf))
        values = np.arange(12.0).reshape(4, 3)[:, :2] + len(made) / 3
        return posterior.PosteriorDraws(values, ("kappa", "margin"), (made[-1],), (("cvr_nano", "advocacy"),))

    monkeypatch.setattr(posterior, "learned", learned)
    return made


def files(place):
    return sorted(place.rglob("*.npz"))


@pytest.mark.slow
def test_the_next_process_reads_the_same_bits_and_fits_nothing(place):
    ours = taught()
    assert ours.basis["order_value"] == "learned"
    lib = os.pathsep.join([str(paths.PACKAGE.parent), str(Path(__file__).parent)])
    environment = os.environ | {"PYTHONPATH": lib}
    command = [sys.executable, "-c", NEXT]
    theirs = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert theirs.returncode == 0, theirs.stderr
    assert theirs.stdout.strip() == digest(ours)


def test_what_is_read_is_what_was_learned(fits, place):
    first, second = (stored.learned(SAMPLE, PRIOR, gathered()) for _ in range(2))
    assert len(fits) == 1
    assert second.values.tobytes() == first.values.tobytes()
    assert second.values.flags.writeable
    assert second.names == first.names
    assert second.unfitted == first.unfitted == (("cvr_nano", "advocacy"),)
    assert [fit[1:] for fit in second.fits] == [fit[1:] for fit in first.fits] == [fits[0][1:]]


def test_whatever_enters_changes_the_name(fits, place):
    dearer = replace(PRIOR, rows=(PRIOR.rows[0].model_copy(update={"central": 0.123}), *PRIOR.rows[1:]))
    fewer = replace(PRIOR, rows=PRIOR.rows[1:])
    cases = [
        (PRIOR, gathered()), (PRIOR, gathered(revenue=(90.0, 80.5))), (PRIOR, gathered(followers=5_001.0)),
        (dearer, gathered()), (fewer, gathered()), (PRIOR, replace(gathered(), rows=501)),
    ]  # fmt: skip
    for prior, of in cases:
        stored.learned(SAMPLE, prior, of)
    assert len(fits) == len(files(place)) == len(cases)


def test_an_upgrade_reads_nothing_of_before(fits, place, monkeypatch):
    stored.learned(SAMPLE, PRIOR, gathered())
    monkeypatch.setattr(stored, "MADE_OF", ("other sources", *stored.MADE_OF[1:]))
    stored.learned(SAMPLE, PRIOR, gathered())
    assert len(fits) == 2


@pytest.mark.parametrize("damage", ["bit", "half", "empty", "of another name", "folder"])
def test_what_is_damaged_or_foreign_is_learned_anew_and_written_over(fits, place, damage):
    stored.learned(SAMPLE, PRIOR, gathered())
    (file,) = files(place)
    content = bytearray(file.read_bytes())
    if damage == "bit":
        content[len(content) // 2] ^= 1
    elif damage == "of another name":
        stored.learned(SAMPLE, PRIOR, gathered(revenue=(1.0, 1.0)))
        content = next(other for other in files(place) if other != file).read_bytes()
    file.write_bytes({"half": content[: len(content) // 2], "empty": b""}.get(damage, content))
    if damage == "folder":
        file.unlink()
        file.mkdir()
    before = len(fits)
    again = stored.learned(SAMPLE, PRIOR, gathered())
    assert again.values[0, 0] == (before + 1) / 3
    stored.learned(SAMPLE, PRIOR, gathered())
    assert len(fits) == before + (2 if damage == "folder" else 1)


def test_where_nothing_can_be_written_each_process_learns(fits, place, monkeypatch):
    (place / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "file"))
    for _ in range(2):
        assert stored.learned(SAMPLE, PRIOR, gathered()).names == ("kappa", "margin")
    assert len(fits) == 2


def test_the_folder_is_private_and_holds_those_used_last(fits, place, monkeypatch):
    monkeypatch.setattr(stored, "MOST", 2)
    for cents in range(3):
        stored.learned(SAMPLE, PRIOR, gathered(revenue=(90.0, 80.0 + cents)))
    assert len(files(place)) == 2
    assert files(place)[0].parent.stat().st_mode & 0o077 == 0
    stored.learned(SAMPLE, PRIOR, gathered(revenue=(90.0, 82.0)))
    assert len(fits) == 3


def test_two_at_once_leave_one_file_that_is_whole(fits, place, monkeypatch):
    both, learn = threading.Barrier(2), posterior.learned

    def together(*of, **how):
        both.wait(10)
        return learn(*of, **how)

    monkeypatch.setattr(posterior, "learned", together)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: stored.learned(SAMPLE, PRIOR, gathered()), range(2)))
    (file,) = files(place)
    assert list(file.parent.iterdir()) == [file]
    assert stored.learned(SAMPLE, PRIOR, gathered()).names == ("kappa", "margin")
    assert len(fits) == 2
