"""Proves for any schedule of faults and kills, on a receiver in memory, what becomes of a message.

An attempt ends at one of eleven points. In any order, none is lost that the user was not told of; a second
one goes only to who can tell it, or where the process died in the microseconds between the last byte and its
mark.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.send import delivery, events, ledger, messages, settings
from nanospread.send.delivery import BEFORE, FAILED, SENT, UNSURE
from nanospread.send.transport import NoAnswer, PermanentFailure, TemporaryFailure
from receivers import WEEK, Around, reported, written

POINTS = ("taken", "later", "refused at the end", "never", "lost answer", "lost message")
KILLS = ("killed before", "killed at the note", "killed at the mark", "killed while taken", "killed after")
TAKEN = ("taken", "lost answer", "killed at the mark", "killed while taken", "killed after")


class Killed(BaseException):
    """The process ends here."""


class Receiver:
    """Takes messages, and ends each attempt as planned; after the plan it takes all."""

    def __init__(self, plan: Sequence[str]) -> None:
        self.plan, self.taken, self.ended = list(plan), 0, []

    def job(self, steps, last):
        point = self.plan.pop(0) if self.plan else "taken"
        self.ended.append(point)
        before = {
            "later": TemporaryFailure("busy"),
            "never": PermanentFailure("no"),
            "killed before": Killed(),
        }
        if point in before:
            raise before[point]
        steps.before_last_byte()
        if point == "killed at the note":
            raise Killed
        self.taken += point in TAKEN
        if point == "killed at the mark":
            raise Killed
        steps.after_last_byte()
        after = {"lost answer": NoAnswer("silence"), "lost message": NoAnswer("silence")}
        after |= {"refused at the end": TemporaryFailure("busy"), "killed while taken": Killed()}
        if point in after:
            raise after[point]
        steps.accepted()
        if point == "killed after":
            raise Killed
        return 0


@pytest.mark.slow
@given(st.lists(st.sampled_from([*POINTS, *KILLS]), max_size=6), st.sampled_from(["json", "slack"]))
def test_a_message_is_taken_once_or_the_user_was_told(plan, kind):
    receiver, states = Receiver(plan), []
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "reports"
        reported(out)
        found = settings.read(written(Path(name), {"team": {"kind": kind, "url": "env:HOOK"}}))
        (event,) = events.newest(out)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delivery, "_prepared", lambda *_: receiver.job)
            while BEFORE not in states:
                try:
                    states += [each.state for each in delivery.notify(out, found, [event], Around())]
                except Killed:
                    states.append("killed")
        entry = ledger.read(out, WEEK)[messages.identity(event, "team")]
    told = UNSURE in states
    silent = {"lost answer", "lost message"} & {*receiver.ended}
    assert entry.state == (ledger.UNSURE if told else ledger.SENT)
    again = receiver.ended.count("lost answer") * (kind == "json") + receiver.ended.count(
        "killed at the mark"
    )
    assert told == bool("killed while taken" in receiver.ended or (kind == "slack" and silent))
    assert receiver.taken <= 1 + again
    assert receiver.taken >= 1 or (told and "lost message" in receiver.ended)
    assert states[-1] == BEFORE
    assert {*states} <= {SENT, FAILED, UNSURE, BEFORE, "killed"}
