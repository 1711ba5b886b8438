"""What a process that we start gets of its surroundings: an environment from a list, and Python that imports
nothing from the folder that it was started in.

What Python, or the system, runs before our own first line is beyond this: LD_PRELOAD, PYTHONHOME, a
sitecustomize in an absolute folder of PYTHONPATH.
"""

import os
import sys
from collections.abc import Mapping

PASSED = {"HOME", "LANG", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER", "XDG_CACHE_HOME"}
FAMILY = "LC_"
TERMINAL = {"COLORTERM", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TERM"}  # for who writes to one
SAFE = {"PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}  # for what a library starts, such as multiprocessing
SEARCHED = {"PATH", "LD_LIBRARY_PATH"}  # lists of folders, where a relative one is wherever one stands


def environment(variables: Mapping[str, str], *also: str) -> dict[str, str]:
    """Return what of an environment reaches a process of ours; relative folders to search in do not."""
    allowed = {*PASSED, *also}
    passed = {name: text for name, text in variables.items() if name in allowed or name.startswith(FAMILY)}
    if not os.path.isabs(passed.get("HOME", "/")):
        del passed["HOME"]
    for name in SEARCHED & passed.keys():
        passed[name] = os.pathsep.join(filter(os.path.isabs, passed[name].split(os.pathsep)))
    return {"PATH": os.defpath.lstrip(os.pathsep)} | {name: text for name, text in passed.items() if text}


def python(*arguments: str) -> list[str]:
    """Return the command that runs this Python, which imports nothing from the current folder."""
    return [sys.executable, "-P", *arguments]
