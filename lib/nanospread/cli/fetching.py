"""The fetch command: fetch.yaml -> answers of the Graph API, told and stored as an export of the day."""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from rich.console import Console

from nanospread import store
from nanospread.campaign import brief
from nanospread.cli import exports
from nanospread.cli.stored import own_media, table
from nanospread.cli.terminal import environment
from nanospread.core import scratch
from nanospread.core.errors import InputError
from nanospread.core.formatting import counted, listed
from nanospread.core.secrets import secret
from nanospread.fetch import exports as exported
from nanospread.fetch import journal, outcomes, run, settings
from nanospread.fetch.run import FetchResult
from nanospread.fetch.session import Clock
from nanospread.fetch.settings import Settings
from nanospread.pages import show

MINUTE = 60.0  # [s]
SHOWN = 8  # creators that a plan names
REASONS = 50  # that are shown: some repeat what a platform says


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Return the moment (UTC)."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


@dataclass(frozen=True)
class FetchRequest:
    """What `nanospread fetch` was asked for. file: of the settings; wait_limit: for a limit [s]."""

    file: Path
    store_folder: Path
    limits: brief.DataLimits
    wait_limit: float = 60 * MINUTE
    finish: bool = False

    @property
    def folder(self) -> Path:
        """Return the folder of all fetches."""
        return self.file.parent / journal.FOLDER


@dataclass(frozen=True)
class Outcome:
    """What became of it: whether it waits for a limit, whether nothing could be stored, what was refused."""

    paused: bool
    failed: bool
    refused: bool


def fetch(request: FetchRequest, clock: Clock) -> Outcome:
    """Fetch what the settings ask for, say what became of it, and store it as a snapshot of the day.

    Raises InputError: settings that cannot be used, or somebody must log in again; BusyError: another fetch.
    """
    fetch_settings, folder = settings.read(request.file), request.file.parent
    token = secret(fetch_settings.token, "token", folder, environment())
    app = (
        secret(fetch_settings.app_secret, "app_secret", folder, environment())
        if fetch_settings.app_secret
        else None
    )
    if left := run.unstored(request.folder, fetch_settings, clock.now()):
        _say(f"The fetch of {left.start:%Y-%m-%d %H:%M} UTC had ended and was not stored yet.")
        return stored(request, run.finished(left, clock), clock)
    fetched = run.run(
        fetch_settings,
        token,
        folder=request.folder,
        clock=clock,
        creators=creators(fetch_settings, request),
        secret=app,
        wait_limit=request.wait_limit,
        report=_say,
        finish=request.finish,
        renewed_in=folder,
    )
    _show(fetched)
    if not fetched.done:
        until = f" until {fetched.until:%Y-%m-%d %H:%M} UTC" if fetched.until else ""
        _say(f"Paused: {fetched.why}{until}. Run it again to go on; --finish stores what is there.")
        return Outcome(True, False, bool(fetched.reasons))
    return stored(request, fetched, clock)


def again(request: FetchRequest, clock: Clock) -> list[Outcome]:
    """Read the answers of every fetch that ended once more, as this version reads them, without a call.

    Raises: BusyError where another fetch is at work.
    """
    with journal.locked(request.folder):  # so that no answer is deleted meanwhile
        every = [journal.Journal(path) for path in journal.journals(request.folder)]
        return [stored(request, run.finished(kept, clock), clock) for kept in every if kept.done]


def stored(request: FetchRequest, fetched: FetchResult, clock: Clock) -> Outcome:
    """Store a fetch that ended, as `nanospread ingest` stores an export of its day."""
    exported.write_own(fetched.path, clock)
    for line in own_media(fetched.path):
        _say(line)
    became = _stored(request, fetched, clock)
    if not (kept := journal.Journal(fetched.path)).stored:
        kept.write({"stored": clock.now().isoformat()})
    return became


def _stored(request: FetchRequest, fetched: FetchResult, clock: Clock) -> Outcome:
    if not any(one.kind == "account" and not one.reason for one in fetched.outcomes):
        _say("No account was read, so nothing is stored.")
        return Outcome(False, True, True)
    with scratch.folder() as folder:
        files = exported.write(fetched.path, folder, clock)
        if not files:
            _say("Nothing was asked of creators, and a brand is none: the store stays as it is.")
            return Outcome(False, False, bool(fetched.reasons))
        broken, changed = exports.ingest(
            exports.IngestRequest(
                files=files,
                as_of=pd.Timestamp(fetched.start).tz_convert("UTC").normalize(),
                store_folder=request.store_folder,
                limits=request.limits,
                now=clock.now(),
                again=True,
                fetched=outcomes.summary(fetched.outcomes, fetched.start),
            )
        )
    return Outcome(False, broken, changed or bool(fetched.reasons))


def planned(request: FetchRequest) -> Iterator[str]:
    """Yield what a fetch comes to, in lines, without a call. Raises InputError as `fetch` does."""
    said = settings.read(request.file)
    plan = run.plan(said, creators(said, request), run.before(request.folder))
    own = f", and up to {counted(plan.own, 'call')} for your own account" if plan.own else ""
    yield (
        f"{counted(len(plan.creators), 'creator')}, {counted(plan.calls_each, 'call')} each: "
        f"{counted(plan.calls, 'call')}{own}."
    )
    took = f"{plan.hours:.1f} hours" if plan.hours > 1 else "an hour"
    yield f"At {plan.per_hour:,} calls an hour that takes up to {took}."
    fits = len(plan.first_hour)
    if fits < len(plan.creators):
        yield (
            f"In the first hour: {counted(fits, 'creator')}. Those never read come first, then those read "
            "longest ago, then as they are listed:"
        )
    yield show.printable(f"First: {listed(plan.creators, SHOWN)}" if plan.creators else "No creators.")


def creators(fetch_settings: Settings, request: FetchRequest) -> tuple[str, ...]:
    """Return the creators to ask for: those of the list or of the store, without those who are forgotten.

    Raises InputError where the list or the store cannot be read.
    """
    if fetch_settings.creators == settings.STORE:
        names = settings.spelt_names(sorted(store.opened(request.store_folder).creators["creator"].unique()))
    else:
        names = settings.creators(fetch_settings, request.file.parent)
    if fetch_settings.creators and not names:
        raise InputError(f"creators: {fetch_settings.creators} names nobody")
    gone = store.forgotten_among(request.store_folder, names)
    if gone:
        _say(f"Forgotten on request, so not asked for: {counted(len(gone), 'creator')}.")
    return tuple(name for name in names if name not in gone)


def _show(fetched: FetchResult) -> None:
    """Show asked = read + unchanged + refused by kind, the reasons with some names, and where each one is."""
    console = Console()
    rows = pd.DataFrame([{"kind": kind, **of} for kind, of in fetched.counts.items()])
    console.print(table(rows, f"Asked = read + unchanged + dropped, in {counted(fetched.calls, 'call')}"))
    names = defaultdict[tuple[str, str], list[str]](list)
    for one in fetched.outcomes:
        names[one.kind, one.reason].append(one.name)
    most = fetched.reasons.most_common(REASONS)
    reasons = [(kind, why, number, listed(names[kind, why])) for (kind, why), number in sorted(most)]
    if reasons:
        shown = pd.DataFrame(reasons, columns=["kind", "reason", "number", "names"])
        rest = len(fetched.reasons) - len(reasons)
        more = f"; and {counted(rest, 'rarer reason')}" if rest else ""
        console.print(table(shown, f"Dropped, and why{more}"))
    if fetched.done:
        _say(f"Each one: {journal.outcomes_file(fetched.path)}")


def _say(line: str) -> None:
    print(show.printable(line), flush=True)
