"""Proves that working copies are private, and gone after any end: at once, or with the next start."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from nanospread.core import scratch

WORKER = """
import signal, time
from nanospread.core import scratch
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup would have it ignored
with scratch.folder() as folder:
    (folder / "anna.csv").write_text("anna")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """Return the folder of all working copies, in a temporary folder of its own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"nanospread-{os.getuid()}"


def test_a_working_folder_is_private_and_goes_with_its_block(place):
    with scratch.folder() as one, scratch.folder() as two:
        assert one.parent == two.parent == place
        assert {stat.S_IMODE(path.stat().st_mode) for path in (place, one, two)} == {0o700}
        (one / "x").write_text("x")
    assert not place.exists()
    with pytest.raises(KeyError), scratch.folder() as one:
        raise KeyError
    assert not one.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_what_a_dead_process_left_goes_with_the_next_start_and_a_living_one_keeps_its_own(place, number):
    command = [sys.executable, "-c", WORKER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as dead:
        assert dead.stdout is not None
        left = Path(dead.stdout.readline().strip())
        scratch.clear()
        assert (left / "anna.csv").exists()
        dead.send_signal(number)
        dead.wait()
    assert left.exists()
    with scratch.folder() as living:
        assert not left.exists()
        scratch.clear()
        assert living.exists()


def test_many_at_a_time_take_nothing_from_one_another(place):
    wrong: list[str] = []

    def work(number: int) -> None:
        for _ in range(20):
            with scratch.folder() as folder:
                (folder / "x").write_text(f"{number}")
                if (folder / "x").read_text() != f"{number}":
                    wrong.append("another's")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not place.exists()


@pytest.mark.parametrize("kind", ["link", "open to all", "file"])
def test_a_strangers_folder_of_that_name_is_left_alone(place, tmp_path, kind):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").mkdir()
    if kind == "link":
        place.symlink_to(tmp_path / "elsewhere")
    elif kind == "file":
        place.write_text("mine")
    else:
        (tmp_path / "elsewhere").rename(place)
        place.chmod(0o777)
    scratch.clear()
    with scratch.folder() as folder:
        assert folder.parent == tmp_path
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()
    assert kind == "file" or (place / "mine").is_dir()
