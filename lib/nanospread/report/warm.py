"""One process with everything imported -> kernels that are forked from it, instead of started nine times.

A kernel's program is then a thin client: it hands its files and its environment over a socket, waits, and
ends as the forked kernel ends. Whatever ends the client ends the kernel: the socket closes, and the server
kills the kernel's process group. The server is single-threaded, has run no notebook code and drawn no
random number when it forks, and ends with the process that started it. Only on Linux, where a fork of such
a process is safe; elsewhere kernels start as Jupyter starts them.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from nanospread.report import kernel, zygote

CLIENT = """
import json, os, signal, socket, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # which comes before a kernel is killed
with socket.socket(socket.AF_UNIX) as server:
    server.connect(sys.argv[1])
    asked = {"argv": sys.argv[2:], "cwd": os.getcwd(), "env": dict(os.environ)}
    socket.send_fds(server, [json.dumps(asked).encode() + b"\\n"], [1, 2])
    status = int(server.makefile().readline() or -9)
if status < 0:
    os.kill(os.getpid(), -status)
sys.exit(status)
"""
PATIENCE = 5.0  # [s] for the server to stand; else kernels start as usual


@contextlib.contextmanager
def kernels() -> Iterator[None]:
    """Have kernels that start meanwhile forked from one process that is warm, where that is safe."""
    if not sys.platform.startswith("linux"):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="nanospread-") as folder:
        door = Path(folder, "door")
        said = {zygote.DOOR: str(door), zygote.STARTER: str(os.getpid())}
        environment = {**os.environ, **kernel.ENVIRONMENT, **said}
        command = [sys.executable, "-P", zygote.__file__]
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as server:
            try:
                if _open(server, door):
                    kernel.forked_by([sys.executable, "-I", "-S", "-c", CLIENT, str(door)])
                yield
            finally:
                kernel.forked_by([])
                server.kill()


def _open(server: "subprocess.Popen[bytes]", door: Path) -> bool:
    """Return if the server can be knocked at; it may still be importing then."""
    until = time.monotonic() + PATIENCE
    while not door.is_socket():
        if server.poll() is not None or time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
