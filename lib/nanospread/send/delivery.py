"""Events + channels -> each sent once, with retries, and what became of it.

A message is noted as offered before its last byte goes out, and as sent once the channel took it. Killed
before that byte is gone, nothing was sent, and the next run sends it. Killed between the two, it counts as
sent, since it is on its way, and the next run says so.
"""

import contextlib
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import tenacity

from nanospread.core import paths
from nanospread.core.errors import BusyError, InputError
from nanospread.core.formatting import counted
from nanospread.core.secrets import Secret
from nanospread.report.archive import publish
from nanospread.send import ledger, messages, transport
from nanospread.send.events import Event
from nanospread.send.ledger import LedgerNotWritten
from nanospread.send.settings import Settings, Smtp
from nanospread.send.transport import DeliveryFailure, DeliveryHooks, NoAnswer, TemporaryFailure

LOCK = "send"
SENT, BEFORE, UNSURE, FAILED, WOULD = "sent", "sent before", "unsure", "not sent", "would send"
DEDUPLICATES = ("smtp", "json")  # kinds whose receivers can tell a second message of one identity
RESEND_HINT = "--again sends it once more"
BACKOFF = 2.0  # [s] to wait after the first attempt, twice as long after each


@dataclass(frozen=True)
class Result:
    """What became of an event on a channel: one of the states, and a detail for the user."""

    event: Event
    channel: str
    state: str
    detail: str = ""

    @property
    def fine(self) -> bool:
        """Return if nobody needs to look."""
        return self.state in (BEFORE, WOULD) or (self.state == SENT and not self.detail)

    @property
    def line(self) -> str:
        """Return it as one line, without the state."""
        label = f"{self.event.week}/{self.event.brief} ({self.event.kind}) to {self.channel}"
        return f"{label}: {self.detail}" if self.detail else f"{label}: {self.event.subject}"


@dataclass(frozen=True)
class Runtime:
    """What sending takes from outside: the clock, a way to wait [s], the environment for secrets."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    environment: Mapping[str, str]


def notify(
    out: Path,
    settings: Settings,
    events: Iterable[Event],
    runtime: Runtime,
    *,
    again: bool = False,
    dry: bool = False,
    wait: float = 0,
) -> Iterator[Result]:
    """Send each event to each channel that is told of its kind, unless it was sent before; yield what became.

    out: folder of reports, which keeps what was sent. again: also what was sent. dry: send and keep nothing.
    wait: for another send [s]. A channel that is down, or set up wrongly, stops no other.

    Raises: BusyError where another send is at work, InputError where it cannot be known what was sent,
    OSError where that cannot be kept.
    """
    deliveries = [
        (event, name)
        for event in events
        for name, channel in settings.channels.items()
        if event.wanted_by(channel.notify) and (not settings.briefs or event.brief in settings.briefs)
    ]
    if dry:
        yield from (_dry_run(out, settings, event, name, runtime, again) for event, name in deliveries)
        return
    failed: set[str] = set()
    with publish.lock(out, LOCK, wait=wait) as acquired:
        if not acquired:
            raise BusyError(f"another send of '{out}' is at work: wait for it")
        for event, name in deliveries:
            try:
                earlier = _earlier_result(out, event, name, again)
                result = earlier or _delivered(out, settings, event, name, runtime, name in failed)
            except LedgerNotWritten as error:
                raise error.cause from None
            failed |= {name} if result.state == FAILED else set()
            yield result


def unusable(settings: Settings, runtime: Runtime, names: Iterable[str]) -> Iterator[str]:
    """Yield why a channel can be sent nothing: its secret, address or certificates are wrong."""
    for name in sorted(names):
        channel = settings.channels[name]
        try:
            secret = settings.secret_of(name, runtime.environment)
            if secret and not isinstance(channel, Smtp):
                transport.address(secret, f"channels.{name}.url")
            _tls_context(settings, name)
        except (InputError, OSError) as error:
            yield str(error)


def _earlier_result(out: Path, event: Event, name: str, again: bool) -> Result | None:
    """Return what an earlier send made of an event; None where it did not get to its end."""
    entry = None if again else _ledger_entry(out, event, name)
    if entry is None:
        return None
    if entry.state == ledger.OFFERED:
        _record(out, event, name, replace(entry, state=ledger.UNSURE))
        detail = f"cut off at {entry.at} while it was taken, so it counts as sent; {RESEND_HINT}"
        return Result(event, name, UNSURE, detail)
    return Result(event, name, BEFORE)


def _ledger_entry(out: Path, event: Event, name: str) -> ledger.Entry | None:
    """Return what the ledger has of an event; None where its message surely did not go out."""
    identity = messages.identity(event, name)
    entry = ledger.read(out, event.week).get(identity)
    cut_off = entry and entry.state == ledger.OFFERED and not ledger.may_have_arrived(out, identity, entry)
    return None if cut_off else entry


def _record(out: Path, event: Event, name: str, entry: ledger.Entry | None) -> None:
    ledger.note(out, event.week, messages.identity(event, name), entry)


def _dry_run(out: Path, settings: Settings, event: Event, name: str, runtime: Runtime, again: bool) -> Result:
    """Return what a send would do, and to whom, with the message made and the secret read."""
    if not again and _ledger_entry(out, event, name):
        return Result(event, name, BEFORE)
    try:
        _prepared(settings, event, name, runtime)
    except (InputError, OSError) as error:
        return Result(event, name, FAILED, str(error))
    channel = settings.channels[name]
    to = channel.destination if isinstance(channel, Smtp) else f"as {channel.url} says"
    return Result(event, name, WOULD, f"{to}: {event.subject}")


def _delivered(
    out: Path, settings: Settings, event: Event, name: str, runtime: Runtime, has_failed: bool
) -> Result:
    """Return what became of an event that is to be sent. has_failed: the channel did before in this send."""

    def note(state: str) -> None:
        at = f"{runtime.now():%Y-%m-%d %H:%M:%S UTC}"
        entry = ledger.Entry(event.brief, name, state, at, ledger.boot())
        _record(out, event, name, entry)

    def offer() -> None:
        note(ledger.OFFERED)
        mark.prepare()

    mark = ledger.LastByteMark(out, messages.identity(event, name))
    steps = DeliveryHooks(
        before_last_byte=offer,
        after_last_byte=mark.set,
        accepted=lambda: note(ledger.SENT),
    )
    limits = settings.retries
    attempts = 1 if has_failed else limits.attempts
    kind, n_attempts = settings.channels[name].kind, 0
    try:
        job = _prepared(settings, event, name, runtime)
        for attempt in tenacity.Retrying(
            stop=lambda state: state.attempt_number >= attempts or _retry_after(state) > limits.longest,
            wait=lambda state: min(_retry_after(state) or BACKOFF**state.attempt_number, limits.longest),
            retry=tenacity.retry_if_exception(lambda error: _should_retry(error, kind)),
            sleep=runtime.sleep,
            reraise=True,
        ):
            with attempt, _offer_withdrawn(out, event, name, kind), contextlib.closing(mark):
                n_attempts = attempt.retry_state.attempt_number
                n_refused = job(steps, n_attempts == attempts)
    except NoAnswer as fault:
        if kind in DEDUPLICATES:
            return Result(event, name, FAILED, f"{fault}; the next send tries again, as the same message")
        note(ledger.UNSURE)
        return Result(event, name, UNSURE, f"{fault}, so it counts as sent; {RESEND_HINT}")
    except DeliveryFailure as fault:
        tried = f", {counted(n_attempts, 'attempt')}" if isinstance(fault, TemporaryFailure) else ""
        return Result(event, name, FAILED, f"{fault}{tried}")
    except InputError as error:
        return Result(event, name, FAILED, str(error))
    detail = f"sent, but {counted(n_refused, 'recipient')} refused" if n_refused else ""
    return Result(event, name, SENT, detail)


@contextlib.contextmanager
def _offer_withdrawn(out: Path, event: Event, name: str, kind: str) -> Iterator[None]:
    """Forget at once that a message was offered which a channel did not take, or may be given again."""
    try:
        yield
    except DeliveryFailure as fault:
        if kind in DEDUPLICATES or not isinstance(fault, NoAnswer):
            _record(out, event, name, None)
        raise


def _retry_after(state: tenacity.RetryCallState) -> float:
    """Return how long a channel asked to be left alone [s]; 0 where it did not say."""
    fault = state.outcome.exception() if state.outcome else None
    return (fault.wait or 0) if isinstance(fault, TemporaryFailure) else 0


def _should_retry(error: BaseException, kind: str) -> bool:
    return isinstance(error, TemporaryFailure) and (kind in DEDUPLICATES or not isinstance(error, NoAnswer))


Job = Callable[[DeliveryHooks, bool], int]


def _prepared(settings: Settings, event: Event, name: str, runtime: Runtime) -> Job:
    """Return the message of an event as what hands it over: steps, last attempt or not -> how many refused.

    Raises: InputError where the message cannot be made or the channel is set up wrongly.
    """
    channel, secret = settings.channels[name], settings.secret_of(name, runtime.environment)
    link = messages.link(event, settings.report_url)
    context, timeout = _tls_context(settings, name), float(settings.retries.timeout)
    if isinstance(channel, Smtp):
        mail = messages.mail(event, name, channel, link, runtime.now())
        return lambda steps, is_last: transport.send_mail(
            mail, channel, secret, context, steps=steps, timeout=timeout, allow_partial=is_last
        )
    assert isinstance(secret, Secret)
    url = transport.address(secret, f"channels.{name}.url")
    body, identity = messages.body(event, channel.kind, link), messages.identity(event, name)

    def posted(steps: DeliveryHooks, is_last: bool) -> int:
        transport.post(body, url, identity, context, steps=steps, timeout=timeout)
        return 0

    return posted


def _tls_context(settings: Settings, name: str) -> ssl.SSLContext:
    """Return whose certificates a channel trusts: the system's, or those of its own file alone."""
    ca_file = settings.channels[name].ca
    try:
        return ssl.create_default_context(
            cafile=settings.folder / paths.expanded(ca_file) if ca_file else None
        )
    except (OSError, ValueError) as error:  # the latter of a zero byte
        raise InputError(f"channels.{name}.ca: '{ca_file}' cannot be read as certificates") from error
