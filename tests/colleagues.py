"""Helpers of the tests of shared folders: other users of one group, forked from root, killed at a step."""

import os
import signal
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

GROUP = 20_000
USERS = {20_001: 0o022, 20_002: 0o077}  # and the umask of each
root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may be other users")


def as_user(user: int, work: Callable[[], object], dies_at: int = 0) -> int:
    """Do something as a user of the group, who is killed at a step that touches files; return the status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([GROUP])
            os.setgid(user)
            os.setuid(user)
            os.umask(USERS[user])
            if dies_at:
                sys.addaudithook(_death(dies_at))
            status = 0 if work() is not False else 2
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _death(step: int) -> Callable[[str, tuple[object, ...]], None]:
    steps = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        steps += event.split(".")[0] in ("open", "os", "shutil", "fcntl")
        if steps == step:
            steps += 1  # the kill is a step too
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


@contextmanager
def shared_folder() -> Iterator[Path]:
    """Make a folder that the group shares, where other users can reach it."""
    with tempfile.TemporaryDirectory() as name:
        if not all(parent.stat().st_mode & stat.S_IXOTH for parent in Path(name).parents):
            pytest.skip("other users cannot reach the temporary folder")
        Path(name).chmod(0o711)
        out = Path(name) / "shared"
        out.mkdir()
        os.chown(out, 0, GROUP)
        out.chmod(0o2770)
        yield out
