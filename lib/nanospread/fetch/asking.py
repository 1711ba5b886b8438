"""A question -> its answer: from the journal where it is known, else by calls that wait and try again.

The journal makes a fetch the same whether it was killed or not: what follows depends on answers alone, and an
answer once kept is never asked for again. Only the pace is of the moment.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import tenacity

from nanospread.core.errors import InputError
from nanospread.core.secrets import Secret
from nanospread.fetch import faults, limits
from nanospread.fetch.calls import Caller, Question
from nanospread.fetch.faults import Verdict
from nanospread.fetch.journal import Journal

TRIES = {"retry": 5, "again": 2}  # times that a question is asked, by what its answer says to do
SLOWEST = 60.0  # between two tries [s]; the first wait is a second, each further one twice as long
HOUR = timedelta(hours=1)
LONGEST = timedelta(minutes=limits.LONGEST)
REFUSALS = 3  # by a limit, of one question: then the fetch ends for now
OUTAGE = 5  # questions in a row that are given up: from there on each is asked once
ALIVE = Question("me", {"fields": "id"})  # which is answered unless nobody is there
LOG_IN = "the token is refused: someone must log in again and put a new one where {} says; fetch then goes on"


class Clock(Protocol):
    """The time, as the caller has it."""

    def now(self) -> datetime:
        """Return the moment, with its zone."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


class PausedError(Exception):
    """The fetch cannot go on now; the next one goes on where it stopped. until: not before, if known."""

    def __init__(self, why: str, until: datetime | None = None) -> None:
        super().__init__(why)
        self.why, self.until = why, until


class LoggedOutError(InputError):
    """Somebody must log in again before more can be asked."""


class Asking:
    """Questions of one fetch, one after the other.

    caller: None to read what is kept and ask nothing. wait_limit: the longest wait [s]. most: calls an hour.
    """

    def __init__(
        self,
        journal: Journal,
        caller: Caller | None,
        clock: Clock,
        *,
        hide: Collection[Secret] = (),
        wait_limit: float = 0.0,
        most: int | None = None,
        report: Callable[[str], None] = print,
    ) -> None:
        self.journal, self.caller, self.clock, self.hide = journal, caller, clock, hide
        self.wait_limit, self.most, self.report = wait_limit, most, report
        self._went = deque(journal.asked_at[-(most or 0) :] if most else ())
        self._given_up: list[tuple[str, str]] = []  # in a row, not yet in the journal

    def answer(
        self, question: Question, doubtful: Callable[[Mapping[str, Any]], bool] | None = None
    ) -> Verdict:
        """Return what to do with the answer to a question: read, halve, split, or refuse with the reason.

        doubtful: answers that are asked for once more before they are believed.

        Raises: PausedError where it cannot be asked now; LoggedOutError where somebody must log in.
        """
        entry = self.journal.known.get(question.key)
        if entry and entry.gave_up:
            return Verdict("refuse", entry.gave_up)
        text = self.journal.text(question.key) if entry else None
        if entry and text is not None:
            return _final(faults.verdict(entry.status, text))
        if self.caller is None:
            return Verdict("refuse", NOT_REACHED)
        return self._asked(question, doubtful)

    def _asked(self, question: Question, doubtful: Callable[[Mapping[str, Any]], bool] | None) -> Verdict:
        calls: list[str] = []

        def once() -> tuple[Verdict, int, str | None]:
            found, status, text = self._once(question, calls)
            if found.do == "read" and doubtful and found.body is not None and doubtful(found.body):
                found = Verdict("again", found.reason, found.body)
            return found, status, text

        retrying = tenacity.Retrying(
            sleep=self.clock.sleep,
            wait=tenacity.wait_exponential(multiplier=1, max=SLOWEST),
            retry=tenacity.retry_if_result(lambda result: result[0].do in TRIES),
            stop=self._tried_enough,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        found, status, text = retrying(once)
        if found.do == "login":
            raise LoggedOutError(LOG_IN.format(self.caller.token.kept if self.caller else ""))
        if text is None or found.do == "retry":
            self._give_up(question.key, found.reason)
            return Verdict("refuse", found.reason)
        self.settle()
        self.journal.keep(question.key, status, text, self.hide, calls)
        return _final(found)

    def _give_up(self, key: str, reason: str) -> None:
        """Record that a question was given up, once another was answered: in an outage none is.

        Raises: PausedError where not even the simplest question is answered.
        """
        self._given_up.append((key, reason))
        if len(self._given_up) % OUTAGE == 0 and self.aside(ALIVE).do == "retry":
            raise PausedError("the platform does not answer")

    def _tried_enough(self, state: tenacity.RetryCallState) -> bool:
        found = state.outcome.result()[0] if state.outcome else None
        tries = TRIES if len(self._given_up) < OUTAGE else {}
        return found is not None and state.attempt_number >= tries.get(found.do, 1)

    def aside(self, question: Question) -> Verdict:
        """Return the answer to a question of which nothing is kept, asked once. Raises: PausedError."""
        return self._once(question, [])[0]

    def forget(self, question: Question) -> None:
        """Let a question be asked again by the run that goes on, whatever was answered."""
        self.journal.write({"ask": question.key})

    def settle(self) -> None:
        """Record what was given up in a row."""
        for key, reason in self._given_up:
            self.journal.write({"ask": key, "gave_up": reason})
        self._given_up.clear()

    def _once(self, question: Question, calls: list[str]) -> tuple[Verdict, int, str | None]:
        """Return what one call brings; where it meets a limit, after the wait that it asks for."""
        assert self.caller is not None
        for _ in range(REFUSALS):
            self._wait_for_room()
            now = self.clock.now()
            calls.append(now.isoformat())
            self._went.append(now)
            came = self.caller.call(question)
            found = faults.verdict(came.status, came.text)
            until = limits.until(came.headers, self.clock.now(), refused=found.do == "limit")
            if until:
                self.journal.write({"until": until.isoformat()})
            if found.do != "limit":
                return found, came.status, came.text
        raise PausedError("the platform lets no call through, however long one waits")

    def _wait_for_room(self) -> None:
        """Wait until a call may go. Raises: PausedError where that takes longer than one may wait."""
        now, until = self.clock.now(), self.journal.until
        if until and until > now + LONGEST:
            until = None  # the clock was wrong then
        if self.most:
            while self._went and not now - HOUR < self._went[0] <= now:
                self._went.popleft()
            if len(self._went) >= self.most:
                until = max(until or now, self._went[0] + HOUR)
        if until is None or until <= now:
            return
        seconds = (until - now).total_seconds()
        if seconds > self.wait_limit:
            raise PausedError("a limit of calls is reached", until)
        self.report(f"A limit of calls is reached: going on at {until:%H:%M:%S} UTC.")
        self.clock.sleep(seconds)


NOT_REACHED = "not reached"


def _final(found: Verdict) -> Verdict:
    """Return a kept answer as what it ends as: one that was doubtful twice is believed, or refused."""
    if found.do in TRIES:
        return Verdict("read" if found.body is not None else "refuse", found.reason, found.body)
    return found
