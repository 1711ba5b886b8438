"""A token -> when it ends, and one that lasts longer before it does; or the line that somebody must log in.

A new token is written back only to the file of mode 0600 that held the old one. From the environment or a
keyring a token is only read, so the line comes early enough for somebody to act.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nanospread.core import files, paths
from nanospread.core.errors import InputError
from nanospread.core.secrets import Secret
from nanospread.fetch.calls import Client, GraphRequest
from nanospread.fetch.session import LOG_IN, Session
from nanospread.fetch.settings import Settings

RENEW_BEFORE = timedelta(days=14)  # before its end a token is renewed, or its end is told
# of a file after which a token of Instagram login is renewed; it must be a day old
RENEW_AFTER = timedelta(days=7)
EARLIEST_EXPIRY = datetime(2010, 1, 1, tzinfo=UTC)  # an end before this is none


def renewed_if_due(
    session: Session, client: Client, settings: Settings, secret: Secret | None, folder: Path
) -> Secret:
    """Return the token to use: the same, or a new one that was written where the old one was kept.

    folder: where the path of a token's file starts.

    Raises: InputError where it has ended, so that somebody must log in; PausedError as `Session.uncached`.
    """
    token, now = client.token, session.clock.now()
    path = token.source.removeprefix("file:")
    file = None if path == token.source else (folder / paths.expanded(path)).resolve()
    if settings.login == "instagram":
        if file is None or now - datetime.fromtimestamp(file.stat().st_mtime, UTC) < RENEW_AFTER:
            return token
        return _renewed(session, INSTAGRAM, {"access_token": token.reveal()}, token, file)
    ends, access = _expiries(session, token, now)
    soon = {end for end in (ends, access) if end and end - now < RENEW_BEFORE}
    if ends in soon and file and secret and settings.app_id:
        about = {"grant_type": "fb_exchange_token", "client_id": settings.app_id}
        post_fields = {"fb_exchange_token": token.reveal(), "client_secret": secret.reveal()}
        return _renewed(session, GraphRequest("oauth/access_token", about), post_fields, token, file)
    for end in sorted(soon):
        session.report(f"The token ends on {end:%Y-%m-%d}: log in before, put a new one in {token.source}.")
    return token


INSTAGRAM = GraphRequest("refresh_access_token", {"grant_type": "ig_refresh_token"})


def _expiries(session: Session, token: Secret, now: datetime) -> list[datetime | None]:
    """Return when a token ends and when its access to data does; None where that is never, or not told.

    Raises: InputError where one is over, so that somebody must log in.
    """
    decision = session.uncached(GraphRequest("debug_token", post_fields={"input_token": token.reveal()}))
    data = (decision.body or {}).get("data")
    fields = data if isinstance(data, Mapping) else {}
    ends = [_from_epoch(fields.get(name)) for name in ("expires_at", "data_access_expires_at")]
    if (
        decision.action == "login"
        or fields.get("is_valid") is False
        or any(end and end <= now for end in ends)
    ):
        raise InputError(LOG_IN.format(token.source))
    return ends


def _from_epoch(value: object) -> datetime | None:
    """Return a moment of epoch seconds; None for 0, which is no end."""
    if not isinstance(value, int) or not EARLIEST_EXPIRY.timestamp() < value < 2**33:
        return None
    return datetime.fromtimestamp(value, UTC)


def _renewed(
    session: Session, request: GraphRequest, post_fields: Mapping[str, str], token: Secret, file: Path
) -> Secret:
    """Return the new token, once it is written; where none is given the old one, which still is valid."""
    text = (session.uncached(replace(request, post_fields=post_fields)).body or {}).get("access_token")
    if not isinstance(text, str) or not text:
        session.report(f"The token in {token.source} was not renewed: log in again before it ends.")
        return token
    if files.regular(file, 2 * len(token.reveal()))[1].decode(errors="replace").strip() != token.reveal():
        session.report(f"The token in {token.source} was replaced meanwhile: the next fetch uses that.")
        return token
    try:
        _write(file, text)
    except OSError as error:
        session.report(
            f"The token could not be renewed: {token.source} cannot be written ({error.strerror})."
        )
        return token
    session.report(f"The token in {token.source} was renewed.")
    return Secret(text, token.source)


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
    draft.replace(file)
