"""Settings -> a fetch: its plan, begun or gone on with where one stopped, and the account of it."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from nanospread.core.secrets import Secret
from nanospread.fetch import accounts, journal, outcomes, tokens
from nanospread.fetch.accounts import AccountResult, Context
from nanospread.fetch.calls import SECONDS, Client
from nanospread.fetch.journal import Journal
from nanospread.fetch.media import PAGE, Tuning
from nanospread.fetch.outcomes import Outcome
from nanospread.fetch.session import NOT_REACHED, Clock, LoggedOutError, PausedError, Session
from nanospread.fetch.settings import Settings, asked_before

PER_HOUR = 200  # calls that a Platform allows for each of its users, of whom there may be one only


@dataclass(frozen=True)
class Plan:
    """What a fetch comes to. calls: of creators, which count on the limit of the hour; own: the others."""

    creators: tuple[str, ...]  # in the order in which they are asked for
    calls_each: int
    own: int
    per_hour: int

    @property
    def calls(self) -> int:
        """Return the calls for creators."""
        return len(self.creators) * self.calls_each

    @property
    def hours(self) -> float:
        """Return how long the limit makes them take at most."""
        return self.calls / self.per_hour

    @property
    def first_hour(self) -> tuple[str, ...]:
        """Return the creators who fit into one hour's calls."""
        return self.creators[: self.per_hour // self.calls_each]


def plan(settings: Settings, creators: Sequence[str], before: Mapping[tuple[str, str], Outcome]) -> Plan:
    """Return the plan of a fetch. before: the account of the last one."""
    pages = math.ceil(settings.media / PAGE)
    own = 0 if settings.own == "none" else 1 + pages + (settings.media if settings.insights else 0)
    own += settings.stories and settings.own != "none"
    queue = ordered(creators, before)
    return Plan(queue, pages, own, settings.calls_per_hour or PER_HOUR)


def ordered(creators: Iterable[str], before: Mapping[tuple[str, str], Outcome]) -> tuple[str, ...]:
    """Return creators in the order in which they are asked for.

    Those never asked for come first, then those asked for longest ago, then as they stand in the list.
    """
    last_asked = {name: one.asked for (kind, name), one in before.items() if kind == "account"}
    return tuple(sorted(dict.fromkeys(creators), key=lambda name: last_asked.get(name, "")))


FRESH = timedelta(days=7)  # an unfinished fetch that is older is left, and a new one begins


@dataclass(frozen=True)
class FetchResult:
    """What became of a fetch.

    outcomes: one for each account, medium and insight that was asked for. done: False where it paused, for
    the reason `why`, not to go on before `until` if that is known. calls: made this time.
    """

    start: datetime
    path: Path  # of its journal
    outcomes: tuple[Outcome, ...]
    done: bool
    calls: int
    why: str = ""
    until: datetime | None = None

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return asked = read + unchanged + refused, by kind."""
        return outcomes.counts(self.outcomes)

    @property
    def reasons(self) -> Counter[tuple[str, str]]:
        """Return how often something was refused, by kind and reason."""
        return Counter((one.kind, one.reason) for one in self.outcomes if one.reason)


def run(
    settings: Settings,
    token: Secret,
    *,
    folder: Path,
    clock: Clock,
    creators: Sequence[str],
    secret: Secret | None = None,
    wait_limit: float = 0.0,
    report: Callable[[str], None] = print,
    finish: bool = False,
    renewed_in: Path | None = None,
    seconds_per_call: float = SECONDS,
) -> FetchResult:
    """Fetch what the settings ask for, and return the account of it.

    folder: of all fetches. secret: the app's. wait_limit: the longest wait for a limit [s]; where more is
    needed the fetch pauses. renewed_in: where the path of the token's file starts; None to leave it as it is.
    finish: end a fetch that cannot go on, with what it has.

    Raises: BusyError where another fetch is at work; InputError where somebody must log in again.
    """
    with (
        journal.locked(folder),
        closing(Client(settings.address, settings.version, token, secret, seconds_per_call)) as client,
    ):
        current = _resumed_or_new(folder, settings, creators, clock.now(), report)
        session = Session(
            current,
            client,
            clock,
            secrets=[each for each in (token, secret) if each],
            wait_limit=wait_limit,
            calls_per_hour=settings.calls_per_hour,
            report=report,
        )
        paused = _ask_all(session, settings, secret, renewed_in, finish=finish)
        if paused is None or finish:
            session.record_given_up()
        results = outcomes_of(current, settings, clock)
        if paused is None or finish:
            journal.write_private(journal.outcomes_file(current.path), outcomes.text(results))
            current.write({"done": clock.now().isoformat()})
        reason, until = (paused.reason, paused.until) if paused else ("", None)
        return FetchResult(current.start, current.path, results, current.done, client.calls, reason, until)


def _ask_all(
    session: Session, settings: Settings, secret: Secret | None, renewed_in: Path | None, *, finish: bool
) -> PausedError | None:
    """Ask all that there is to ask; return why it cannot go on, if so.

    Raises: InputError where somebody must log in; not where the token ends in a fetch that is to finish.
    """
    try:
        if session.client and renewed_in:
            session.client.token = tokens.renewed_if_due(
                session, session.client, settings, secret, renewed_in
            )
            session.secrets = (*session.secrets, session.client.token)
        for _ in read(session, settings):
            pass
    except PausedError as paused:
        return paused
    except LoggedOutError as ended:
        if not finish:
            raise
        session.report(str(ended))
        return PausedError(str(ended))
    return None


def _resumed_or_new(
    folder: Path, settings: Settings, creators: Sequence[str], now: datetime, report: Callable[[str], None]
) -> Journal:
    """Return the journal of the fetch that stopped, where it asks the same; else that of a new one."""
    last = journal.last(folder)
    if last is not None and not last.done:
        started = f"{last.start:%Y-%m-%d %H:%M} UTC"
        if last.head["settings"] == settings.asked and abs(now - last.start) < FRESH:
            report(f"Going on with the fetch of {started}.")
            remaining = [name for name in last.creators if name in set(creators)]
            if (order := tuple(dict.fromkeys([*remaining, *creators]))) != last.creators:
                last.write({"creators": order})
            return last
        report(f"The fetch of {started} asked for something else, or is too old: its answers are left alone.")
    order = ordered(creators, before(folder))
    limits: dict[str, object] = {}
    if last is not None and last.until:
        limits["until"] = last.until.isoformat()
    if last is not None and settings.calls_per_hour:
        limits["calls"] = [at.isoformat() for at in last.call_times[-settings.calls_per_hour :]]
    return journal.create(folder, now, {"settings": settings.asked, "creators": list(order), **limits})


def unstored(folder: Path, settings: Settings, now: datetime) -> Journal | None:
    """Return the last fetch, where it asks the same and ended, but something came before it was stored.

    Raises: BusyError where another fetch is at work.
    """
    with journal.locked(folder):
        last = journal.last(folder)
    if last is None or not last.done or last.stored or abs(now - last.start) >= FRESH:
        return None
    return last if last.head["settings"] == settings.asked else None


def finished(current: Journal, clock: Clock) -> FetchResult:
    """Return a fetch that ended, from its journal."""
    settings = asked_before(current.head["settings"])
    return FetchResult(current.start, current.path, outcomes_of(current, settings, clock), current.done, 0)


def before(folder: Path, path: Path | None = None) -> dict[tuple[str, str], Outcome]:
    """Return the account of the last fetch that ended, before that of a journal where one is given."""
    earlier = [each for each in journal.journals(folder) if path is None or each.stem < path.stem]
    ended = [path for path in map(journal.outcomes_file, earlier) if path.is_file()]
    return outcomes.read(ended[-1]) if ended else {}


def read(session: Session, settings: Settings) -> Iterator[AccountResult]:
    """Yield each account of a fetch, one's own first, as its answers tell it."""
    context, tuning = Context(settings, session.journal.start), Tuning()
    me = accounts.own_id(session, settings)
    own_names = set()
    for result in accounts.own(session, tuning, context, me) if settings.own != "none" else ():
        own_names |= {outcome.name for outcome in result.outcomes if outcome.kind == "account"}
        yield result
    for name in session.journal.creators:
        if name not in own_names:
            yield accounts.creator(session, tuning, context, me, name)


def outcomes_of(current: Journal, settings: Settings, clock: Clock) -> tuple[Outcome, ...]:
    """Return what became of all that a fetch asked for, from its journal alone."""
    earlier, day = before(current.path.parent, current.path), f"{current.start:%Y-%m-%d}"
    results = []
    for result in read(Session(current, None, clock), settings):
        for outcome in result.outcomes:
            previous = earlier.get((outcome.kind, outcome.name))
            day_asked = day if outcome.reason != NOT_REACHED else previous.asked if previous else ""
            results.append(outcomes.compared(replace(outcome, asked=day_asked, own=result.is_own), earlier))
    return tuple(results)
