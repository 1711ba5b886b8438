"""A request -> its answer: from the journal where it is known, else by calls that wait and try again.

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
from nanospread.fetch import api_rules
from nanospread.fetch.api_rules import Decision
from nanospread.fetch.calls import Client, GraphRequest
from nanospread.fetch.journal import Journal

ATTEMPTS = {"retry": 5, "again": 2}  # times that a request is asked, by what its answer says to do
MAX_BACKOFF = 60.0  # between two tries [s]; the first wait is a second, each further one twice as long
HOUR = timedelta(hours=1)
LONGEST = timedelta(minutes=api_rules.LONGEST)
MAX_LIMIT_HITS = 3  # by a limit, of one request: then the fetch ends for now
OUTAGE = 5  # requests in a row that are given up: from there on each is asked once
PING = GraphRequest("me", {"fields": "id"})  # which is answered unless nobody is there
LOG_IN = "the token is refused: someone must log in again and put a new one where {} says; fetch then goes on"


class Clock(Protocol):
    """The time, as the caller has it."""

    def now(self) -> datetime:
        """Return the moment, with its zone."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


class PausedError(Exception):
    """The fetch cannot go on now; the next one goes on where it stopped. until: not before, if known."""

    def __init__(self, reason: str, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason, self.until = reason, until


class LoggedOutError(InputError):
    """Somebody must log in again before more can be asked."""


class Session:
    """Requests of one fetch, one after the other.

    client: None to read what is kept and ask nothing. wait_limit: the longest wait [s]. calls_per_hour: None
    for the platform's own pace.
    """

    def __init__(
        self,
        journal: Journal,
        client: Client | None,
        clock: Clock,
        *,
        secrets: Collection[Secret] = (),
        wait_limit: float = 0.0,
        calls_per_hour: int | None = None,
        report: Callable[[str], None] = print,
    ) -> None:
        self.journal, self.client, self.clock, self.secrets = journal, client, clock, secrets
        self.wait_limit, self.calls_per_hour, self.report = wait_limit, calls_per_hour, report
        self._call_times = deque(journal.call_times[-(calls_per_hour or 0) :] if calls_per_hour else ())
        self._given_up: list[tuple[str, str]] = []  # in a row, not yet in the journal

    def answer(
        self, request: GraphRequest, is_doubtful: Callable[[Mapping[str, Any]], bool] | None = None
    ) -> Decision:
        """Return what to do with the answer to a request: read, halve, split, or refuse with the reason.

        is_doubtful: answers that are asked for once more before they are believed.

        Raises: PausedError where it cannot be asked now; LoggedOutError where somebody must log in.
        """
        entry = self.journal.entries.get(request.key)
        if entry and entry.gave_up:
            return Decision("refuse", entry.gave_up)
        text = self.journal.text(request.key) if entry else None
        if entry and text is not None:
            return _final(api_rules.decide(entry.status, text))
        if self.client is None:
            return Decision("refuse", NOT_REACHED)
        return self._answer_with_retries(request, is_doubtful)

    def _answer_with_retries(
        self, request: GraphRequest, is_doubtful: Callable[[Mapping[str, Any]], bool] | None
    ) -> Decision:
        calls: list[str] = []

        def once() -> tuple[Decision, int, str | None]:
            decision, status, text = self._call(request, calls)
            if (
                decision.action == "read"
                and is_doubtful
                and decision.body is not None
                and is_doubtful(decision.body)
            ):
                decision = Decision("again", decision.reason, decision.body)
            return decision, status, text

        retrying = tenacity.Retrying(
            sleep=self.clock.sleep,
            wait=tenacity.wait_exponential(multiplier=1, max=MAX_BACKOFF),
            retry=tenacity.retry_if_result(lambda result: result[0].action in ATTEMPTS),
            stop=self._attempts_used,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        decision, status, text = retrying(once)
        if decision.action == "login":
            raise LoggedOutError(LOG_IN.format(self.client.token.source if self.client else ""))
        if text is None or decision.action == "retry":
            self._give_up(request.key, decision.reason)
            return Decision("refuse", decision.reason)
        self.record_given_up()
        self.journal.record_answer(request.key, status, text, self.secrets, calls)
        return _final(decision)

    def _give_up(self, key: str, reason: str) -> None:
        """Record that a request was given up, once another was answered: in an outage none is.

        Raises: PausedError where not even the simplest request is answered.
        """
        self._given_up.append((key, reason))
        if len(self._given_up) % OUTAGE == 0 and self.uncached(PING).action == "retry":
            raise PausedError("the platform does not answer")

    def _attempts_used(self, state: tenacity.RetryCallState) -> bool:
        decision = state.outcome.result()[0] if state.outcome else None
        tries = ATTEMPTS if len(self._given_up) < OUTAGE else {}
        return decision is not None and state.attempt_number >= tries.get(decision.action, 1)

    def uncached(self, request: GraphRequest) -> Decision:
        """Return the answer to a request of which nothing is kept, asked once. Raises: PausedError."""
        return self._call(request, [])[0]

    def discard(self, request: GraphRequest) -> None:
        """Let a request be asked again by the run that goes on, whatever was answered."""
        self.journal.write({"ask": request.key})

    def record_given_up(self) -> None:
        """Record what was given up in a row."""
        for key, reason in self._given_up:
            self.journal.write({"ask": key, "gave_up": reason})
        self._given_up.clear()

    def _call(self, request: GraphRequest, calls: list[str]) -> tuple[Decision, int, str | None]:
        """Return what one call brings; where it meets a limit, after the wait that it asks for."""
        assert self.client is not None
        for _ in range(MAX_LIMIT_HITS):
            self._wait_for_quota()
            now = self.clock.now()
            calls.append(now.isoformat())
            self._call_times.append(now)
            response = self.client.call(request)
            decision = api_rules.decide(response.status, response.text)
            until = api_rules.blocked_until(
                response.headers, self.clock.now(), refused=decision.action == "limit"
            )
            if until:
                self.journal.write({"until": until.isoformat()})
            if decision.action != "limit":
                return decision, response.status, response.text
        raise PausedError("the platform lets no call through, however long one waits")

    def _wait_for_quota(self) -> None:
        """Wait until a call may go. Raises: PausedError where that takes longer than one may wait."""
        now, until = self.clock.now(), self.journal.until
        if until and until > now + LONGEST:
            until = None  # the clock was wrong then
        if self.calls_per_hour:
            while self._call_times and not now - HOUR < self._call_times[0] <= now:
                self._call_times.popleft()
            if len(self._call_times) >= self.calls_per_hour:
                until = max(until or now, self._call_times[0] + HOUR)
        if until is None or until <= now:
            return
        seconds = (until - now).total_seconds()
        if seconds > self.wait_limit:
            raise PausedError("a limit of calls is reached", until)
        self.report(f"A limit of calls is reached: going on at {until:%H:%M:%S} UTC.")
        self.clock.sleep(seconds)


NOT_REACHED = "not reached"


def _final(decision: Decision) -> Decision:
    """Return a kept answer as what it ends as: one that was doubtful twice is believed, or refused."""
    if decision.action in ATTEMPTS:
        return Decision("read" if decision.body is not None else "refuse", decision.reason, decision.body)
    return decision
