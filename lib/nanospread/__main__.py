"""The start of the command: its process takes nothing over from where its user stands, then the command runs.

Nothing but what Python itself has loaded is imported before. (`python -m nanospread` looks into the current
folder even before that; `nanospread`, or `python -P -m nanospread`, does not.)
"""

import os
import sys

FILES = 1024  # open at once
SETTINGS = {".numba_config.yaml": "numba", "matplotlibrc": "matplotlib"}  # of the current folder -> who reads


def main() -> None:
    """Shape the process: where it imports from, its environment, its encodings; then run the command."""
    try:
        here = os.path.realpath(os.getcwd())
    except OSError:
        print("nanospread: the current folder is gone; change to another one", file=sys.stderr)
        sys.exit(4)  # as for every file that cannot be read
    if sys.getfilesystemencoding() != "utf-8":  # file names and terminals of old; Python must start anew
        encoding = {"PYTHONIOENCODING": f"{sys.stdout.encoding}:replace"} if sys.stdout else {}
        os.execve(sys.executable, sys.orig_argv, {**encoding, **os.environ, "PYTHONUTF8": "1"})
    given = dict(os.environ)  # of which fetch and send read the tokens that their settings name, and no more
    sys.path[:] = [place for place in sys.path if os.path.isabs(place) and not _foreign(place, here)]
    _open_streams()
    _allow_files()
    if sys.argv[1:2] != ["lab"]:  # JupyterLab is its user's own
        _forget_surroundings()
    from nanospread import cli

    cli.main(given)


def _foreign(place: str, here: str) -> bool:
    """Return if a folder to import from is the current one, and neither this package's nor of Python."""
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    python = (os.path.dirname(os.path.realpath(os.__file__)), os.path.realpath(sys.prefix) + "/lib/")
    return os.path.realpath(place) == here != package and not here.startswith(python)


def _open_streams() -> None:
    """Let what a terminal cannot show become `?`, and a stream that is closed take what is written."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as we live
        getattr(sys, name).reconfigure(errors="replace")


def _allow_files() -> None:
    """Let the process open as many files as kernels take, as far as the system allows it."""
    import resource

    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and limit < FILES:
        new = FILES if most == resource.RLIM_INFINITY else max(limit, min(FILES, most))
        resource.setrlimit(resource.RLIMIT_NOFILE, (new, most))


def _forget_surroundings() -> None:
    """Leave out what is not on the list of the environment, and settings that libraries would find here."""
    import contextlib
    import importlib
    import logging
    import warnings

    from nanospread.core import cache, processes

    ours = {**processes.environment(os.environ, *processes.TERMINAL), **processes.SAFE}
    os.environ.clear()
    if not os.path.isabs(os.path.expanduser("~")):  # nor does the system know one
        os.environ["HOME"] = os.devnull
    os.environ.update(ours, MPLCONFIGDIR=str(cache.folder("matplotlib") or os.devnull))
    sys.warnoptions.clear()  # which processes of multiprocessing would get
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    logging.lastResort = logging.NullHandler()
    for file, library in SETTINGS.items():
        if os.path.exists(file):
            with contextlib.chdir(os.path.dirname(os.path.realpath(__file__))):
                importlib.import_module(library)


if __name__ == "__main__":
    main()
