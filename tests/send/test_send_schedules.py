"""Proves for any schedule of faults and kills, on a receiver in memory, what becomes of a message.

An attempt ends at one of ten points. In any order, who cannot tell a second message takes one at most; and
one is lost only where the process died between the note and the last byte, or where nothing was answered
to who cannot tell, and then the user was told.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.send import delivery, events, ledger, messages, settings
from nanospread.send.delivery import BEFORE, FAILED, SENT, UNSURE
from nanospread.send.faults import Later, Never, Unanswered
from receivers import WEEK, Around, reported, written

POINTS = ("taken", "later", "refused at the end", "never", "lost answer", "lost message")
KILLS = ("killed before", "killed at the note", "killed while taken", "killed after")
TOLD = ("killed at the note", "killed while taken")


class Killed(BaseException):
    """The process ends here."""


class Receiver:
    """Takes messages, and ends each attempt as planned; after the plan it takes all."""

    def __init__(self, plan: Sequence[str]) -> None:
        self.plan, self.taken, self.ended = list(plan), 0, []

    def job(self, offered, taken, last):
        point = self.plan.pop(0) if self.plan else "taken"
        self.ended.append(point)
        before = {"later": Later("busy"), "never": Never("no"), "killed before": Killed()}
        if point in before:
            raise before[point]
        offered()
        if point == "killed at the note":
            raise Killed
        self.taken += point in ("taken", "lost answer", "killed while taken", "killed after")
        after = {"lost answer": Unanswered("silence"), "lost message": Unanswered("silence")}
        after |= {"refused at the end": Later("busy"), "killed while taken": Killed()}
        if point in after:
            raise after[point]
        taken()
        if point == "killed after":
            raise Killed
        return 0


@given(st.lists(st.sampled_from([*POINTS, *KILLS]), max_size=6), st.sampled_from(["json", "slack"]))
def test_a_message_is_taken_once_or_the_user_was_told(plan, kind):
    receiver, states = Receiver(plan), []
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "reports"
        reported(out)
        found = settings.read(written(Path(name), {"team": {"kind": kind, "url": "env:HOOK"}}))
        (event,) = events.newest(out)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delivery, "_job", lambda *_: receiver.job)
            while BEFORE not in states:
                try:
                    states += [each.state for each in delivery.notify(out, found, [event], Around())]
                except Killed:
                    states.append("killed")
        entry = ledger.read(out, WEEK)[messages.identity(event, "team")]
    told = UNSURE in states
    silent = {"lost answer", "lost message"} & {*receiver.ended}
    assert entry.state == (ledger.UNSURE if told else ledger.SENT)
    assert told == bool({*TOLD} & {*receiver.ended} or (kind == "slack" and silent))
    assert receiver.taken <= 1 + receiver.ended.count("lost answer") * (kind == "json")
    assert receiver.taken >= 1 or told
    if "killed at the note" not in receiver.ended and "lost message" not in receiver.ended:
        assert receiver.taken >= 1
    assert states[-1] == BEFORE
    assert {*states} <= {SENT, FAILED, UNSURE, BEFORE, "killed"}
