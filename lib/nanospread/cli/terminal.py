"""A command and its terminal: no empty value, output that outlives its reader, one line of complaint, a bar
of what is done; and signals, at which it puts away what it began and ends with their status.
"""

import contextlib
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from typer.core import TyperGroup

from nanospread.core.errors import BusyError, InputError
from nanospread.core.files import make_folder

if TYPE_CHECKING:
    from rich.progress import Progress

STARTED_WITH: ContextVar[Mapping[str, str] | None] = ContextVar("STARTED_WITH", default=None)  # set by `main`
FAILED, UNUSABLE, BUSY, UNWRITABLE, REPAIRED, PAUSED = 1, 2, 3, 4, 5, 6
SIGNALLED = 128
STOPS = {signal.SIGHUP: "hung up", signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
STAYS = dict.fromkeys(("report", "week"), "; the last good report is as it was")


def check_given(arguments: Sequence[str]) -> None:
    """Raise InputError for an option or argument with an empty value, as an unset variable leaves it."""
    if "lab" in arguments[:1]:
        return  # its options are JupyterLab's
    for option, value in zip(["", *arguments], arguments, strict=False):
        if not value or re.fullmatch("--[a-z-]+=", value):
            name = value.rstrip("=") or (option if option.startswith("-") else "an argument")
            raise InputError(f"{name} is given an empty value; leave it out, or set the variable it is from")


def environment() -> Mapping[str, str]:
    """Return the environment that the command was started with; that of the process is what children get."""
    given = STARTED_WITH.get()
    return os.environ if given is None else given


def status(error: Exception) -> int:
    """Return the exit status of what went wrong; a cluster that went away is no file."""
    if isinstance(error, InputError):
        return BUSY if isinstance(error, BusyError) else UNUSABLE
    if not isinstance(error, OSError):
        return FAILED
    from nanospread.core.cluster import ClusterLost

    return FAILED if isinstance(error, ClusterLost) else UNWRITABLE


def reason(error: Exception) -> str:
    """Return what went wrong, in words."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'a file'}: {error.strerror}"
    return str(error) if isinstance(error, InputError | OSError) else f"{type(error).__name__}: {error}"


def complain(message: object, status: int) -> int:
    """Write one line to stderr, with nothing in it that steers a terminal, and return the status."""
    text = " ".join(str(message).split())
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    with contextlib.suppress(BrokenPipeError):  # stderr may go to the same closed pipe
        print(f"nanospread: {line}", file=sys.stderr)
    return status


class Output:
    """Standard output; where its reader has gone (`| head`), all but the last line is dropped."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.cut = False
        self.last = ""  # line that was written, read or not

    def write(self, text: str) -> int:
        """Write text, or drop it."""
        if text.strip():
            self.last = text.strip().splitlines()[-1]
        with self._outliving():
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, or drop it."""
        with self._outliving():
            self.stream.flush()

    def __getattr__(self, name: str) -> object:
        """Return whatever else the stream has: its encoding, whether it is a terminal."""
        return getattr(self.stream, name)

    @contextlib.contextmanager
    def _outliving(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self.cut = True
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())  # also for what the stream still holds
            os.close(nowhere)


class Tee:
    """A stream of which a log keeps a copy; no terminal, so that nothing moves a cursor in either."""

    def __init__(self, stream: TextIO, log: TextIO) -> None:
        self.stream, self.log = stream, log

    def write(self, text: str) -> int:
        """Write text to both."""
        self.log.write(text)
        return self.stream.write(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Return False."""
        return False

    def __getattr__(self, name: str) -> object:
        """Return whatever else the stream has."""
        return getattr(self.stream, name)


@contextlib.contextmanager
def logged_to(path: Path) -> Iterator[None]:
    """Add what is printed, and every line of complaint, to a log that this user alone can read."""
    make_folder(path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with (
        os.fdopen(handle, "a", 1, "utf-8", "replace") as log,
        contextlib.redirect_stdout(Tee(sys.stdout, log)),
        contextlib.redirect_stderr(Tee(sys.stderr, log)),
    ):
        yield


@contextlib.contextmanager
def outliving_its_reader() -> Iterator[Output]:
    """Let the command go on where the reader of its output has gone; it is handed on at the end."""
    output = Output(sys.stdout)
    with contextlib.redirect_stdout(output):  # has all of a stream, by __getattr__
        try:
            yield output
        finally:
            output.flush()


def progress() -> "Progress":
    """Return a bar of what is done and how long the rest takes, on stderr where that is a terminal."""
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True)
    words = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
    times = (bars.TimeElapsedColumn(), bars.TextColumn("left"), bars.TimeRemainingColumn())
    return bars.Progress(*words, *times, console=console, transient=True, disable=not sys.stderr.isatty())


class SignalInterrupt(KeyboardInterrupt):
    """A signal came: whatever its number, the command ends as after Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Commands(TyperGroup):
    """All commands, each of which a signal ends."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; on a signal, end with 128 and its number, once everything is put away."""
        _listen()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            number = signal.Signals(stop.number if isinstance(stop, SignalInterrupt) else signal.SIGINT)
            complain(STOPS[number] + STAYS.get(ctx.invoked_subcommand or "", ""), 0)
            sys.stdout.flush()
            os._exit(SIGNALLED + number)  # no wait for any thread


def _listen() -> None:
    """Let signals stop the command; what was ignored when it began, as by nohup, stays so."""
    for number in STOPS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _stop)


def _stop(number: int, frame: object) -> None:
    """Stop the command, once: a terminal that closes hangs up twice, and nothing cuts short what ends it."""
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    raise SignalInterrupt(number)
