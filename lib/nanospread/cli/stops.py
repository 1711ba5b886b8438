"""Signals -> a command that puts away what it began, says so in one line, and ends with their status."""

import os
import signal
import sys
from typing import Any

from typer.core import TyperGroup

from nanospread.cli.output import complain

SIGNALLED = 128
STOPS = {signal.SIGHUP: "hung up", signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
STAYS = dict.fromkeys(("report", "week"), "; the last good report is as it was")


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
