"""A socket in, kernels out: the program of the process that `warm` starts, which forks one for each client.

It is run as a file, imports nothing of this package until everything else stands, and ends with the process
that started it, at once, also in the middle of an import. A client sends one line of JSON and its two output
files; it is told how its kernel ended, and the kernel's process group is killed when the client's socket
closes.
"""

import contextlib
import ctypes
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from typing import Any, NoReturn

DOOR = "NANOSPREAD_DOOR"  # names the socket
STARTER = "NANOSPREAD_STARTER"  # and the process that started this one
INLINE = "module://matplotlib_inline.backend_inline"  # what a kernel sets before matplotlib is imported
IMPORTED = (  # what every notebook needs, some of it inside functions
    "ipykernel.kernelapp",
    "numpy",
    "pandas",
    "seaborn",
    "pandera.pandas",
    "numba",
    "nanospread.pages.panel",
    "nanospread.report.week",
)


PR_SET_PDEATHSIG = 1


def main() -> None:
    """Import what notebooks need, then serve until standard input ends."""
    _end_with(int(os.environ.pop(STARTER)))
    os.environ.setdefault("MPLBACKEND", INLINE)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(os.environ.pop(DOOR))
        door.listen()  # a client may come before everything is imported; it waits
        for name in IMPORTED:
            importlib.import_module(name)
        _serve(door)


def _end_with(parent: int) -> None:
    """Have Linux kill this process as soon as its parent is gone; it may be so already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _serve(door: socket.socket) -> None:
    kernels: dict[int, int] = {}  # client's socket -> its kernel
    with selectors.DefaultSelector() as ready:
        ready.register(door, selectors.EVENT_READ)
        ready.register(sys.stdin.fileno(), selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is door:
                    _admit(door, ready, kernels)
                elif key.fd == sys.stdin.fileno():
                    return
                elif isinstance(key.fileobj, socket.socket):  # the client said more, or is gone
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(kernels[key.fd], signal.SIGKILL)
                    ready.unregister(key.fileobj)
                else:
                    _tell(key.data, kernels, ready, key.fd)


def _admit(door: socket.socket, ready: selectors.BaseSelector, kernels: dict[int, int]) -> None:
    """Fork a kernel for the client that knocked."""
    client, _ = door.accept()
    said, files, _, _ = socket.recv_fds(client, 1 << 20, 2)
    while not said.endswith(b"\n"):
        more = client.recv(1 << 20)
        if not more:
            client.close()
            return
        said += more
    server, pid = os.getpid(), os.fork()
    if pid == 0:
        _end_with(server)
        _become_kernel(json.loads(said), files)
    for file in files:
        os.close(file)
    kernels[client.fileno()] = pid
    ready.register(client, selectors.EVENT_READ)
    ready.register(os.pidfd_open(pid), selectors.EVENT_READ, client)


def _tell(client: socket.socket, kernels: dict[int, int], ready: selectors.BaseSelector, ended: int) -> None:
    """Tell a client how its kernel ended."""
    _, status = os.waitpid(kernels.pop(client.fileno()), 0)
    with contextlib.suppress(OSError):  # it may be gone
        client.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    with contextlib.suppress(KeyError):
        ready.unregister(client)
    ready.unregister(ended)
    os.close(ended)
    client.close()


def _become_kernel(asked: dict[str, Any], files: list[int]) -> NoReturn:
    """Be the kernel that was asked for; what only the server may hold is closed."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for file, place in ((nothing, 0), (files[0], 1), (files[1], 2)):
        os.dup2(file, place)
    os.closerange(3, 1 + max(map(int, os.listdir("/proc/self/fd"))))
    os.environ.clear()
    os.environ.update(
        asked["env"], MPLBACKEND=os.environ.get("MPLBACKEND", INLINE), JPY_PARENT_PID=str(os.getppid())
    )
    os.chdir(asked["cwd"])
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"  # its default was read when it was imported
    sys.argv = ["ipykernel_launcher.py", *asked["argv"], parent]
    status = 1
    try:
        from ipykernel import kernelapp

        kernelapp.launch_new_instance()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
