"""A token -> when it ends, and one that lasts longer before it does; or the line that somebody must log in.

A new token is written back only to the file of mode 0600 that held the old one. From the environment or a
keyring a token is only read, so the line comes early enough for somebody to act.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nanospread.core.errors import InputError
from nanospread.core.secrets import Secret
from nanospread.fetch import faults
from nanospread.fetch.asking import LOG_IN
from nanospread.fetch.calls import Caller, Question, calling
from nanospread.fetch.settings import Settings

SOON = timedelta(days=14)  # before its end a token is renewed, or its end is told
AGE = timedelta(days=7)  # of a file after which a token of Instagram login is renewed; it must be a day old
OLDEST = datetime(2010, 1, 1, tzinfo=UTC)  # an end before this is none


@dataclass(frozen=True)
class Life:
    """What the platform says of a token. ends: None where it has no fixed end, or that is not told."""

    valid: bool
    ends: datetime | None


def lasting(
    settings: Settings,
    token: Secret,
    secret: Secret | None,
    folder: Path,
    now: datetime,
    report: Callable[[str], None],
) -> Secret:
    """Return the token to use: the same, or a new one that was written where the old one was kept.

    folder: where the path of a token's file starts.

    Raises: InputError where it has ended, so that somebody must log in.
    """
    file = (
        folder / Path(token.kept.removeprefix("file:")).expanduser()
        if token.kept.startswith("file:")
        else None
    )
    with calling(settings.address, settings.version, token, secret) as caller:
        if settings.login == "instagram":
            due = file is not None and now - _written(file) > AGE
            question = Question("refresh_access_token", {"grant_type": "ig_refresh_token"})
        else:
            life = _life(caller, token)
            if not life.valid or (life.ends and life.ends <= now):
                raise InputError(LOG_IN.format(token.kept))
            due = life.ends is not None and life.ends - now < SOON
            question = _exchange(settings, token, secret)
            if due and (file is None or not (settings.app_id and secret)):
                report(
                    f"The token ends on {life.ends:%Y-%m-%d}: log in before, put a new one in {token.kept}."
                )
        if not due or file is None or (settings.login == "facebook" and not (settings.app_id and secret)):
            return token
        return _renewed(caller, question, token, file, report)


def _life(caller: Caller, token: Secret) -> Life:
    """Return what the platform says of a token; where it says nothing, that it may go on."""
    found = _answer(caller, Question("debug_token", hidden={"input_token": token.reveal()}))
    held = found.get("data")
    if not isinstance(held, Mapping):
        return Life(True, None)
    ends = [_moment(held.get(name)) for name in ("expires_at", "data_access_expires_at")]
    return Life(held.get("is_valid") is not False, min((end for end in ends if end), default=None))


def _moment(value: object) -> datetime | None:
    """Return a moment of epoch seconds; None for 0, which is no end."""
    if not isinstance(value, int) or not OLDEST.timestamp() < value < 2**33:
        return None
    return datetime.fromtimestamp(value, UTC)


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _exchange(settings: Settings, token: Secret, secret: Secret | None) -> Question:
    hidden = {"fb_exchange_token": token.reveal(), "client_secret": secret.reveal() if secret else ""}
    about = {"grant_type": "fb_exchange_token", "client_id": settings.app_id or ""}
    return Question("oauth/access_token", about, hidden)


def _renewed(
    caller: Caller, question: Question, token: Secret, file: Path, report: Callable[[str], None]
) -> Secret:
    """Return the new token, once it is written; where none is given the old one, which still is valid."""
    text = _answer(caller, question).get("access_token")
    if not isinstance(text, str) or not text:
        report(f"The token in {token.kept} was not renewed: log in again before it ends.")
        return token
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text + "\n")
    draft.replace(file)
    report(f"The token in {token.kept} was renewed.")
    return Secret(text, token.kept)


def _answer(caller: Caller, question: Question) -> Mapping[str, Any]:
    """Return what the platform says, nothing where it says nothing useful. Raises: InputError, to log in."""
    came = caller.call(question)
    found = faults.verdict(came.status, came.text)
    if found.do == "login":
        raise InputError(LOG_IN.format(caller.kept))
    return found.body or {}
