"""JSON -> an address that takes it, over https. A body whose last byte never came is no request.

Below httpx's client, so that nothing follows a redirect, asks the environment for a proxy or logs an address.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime

import httpx

from nanospread.core.errors import InputError
from nanospread.core.paths import VERSION
from nanospread.core.secrets import Secret
from nanospread.send.faults import NoAnswer, PermanentFailure, TemporaryFailure
from nanospread.send.ledger import DeliveryHooks
from nanospread.send.settings import HOST, is_loopback

TIMEOUTS_PER_ATTEMPT = 5  # timeouts that a whole attempt may take
RETRY_STATUSES = (408, 425, 429, 500, 502, 503, 504)


def address(kept: Secret, field: str) -> httpx.URL:
    """Return where a secret address leads. Raises: InputError, which does not show it."""
    try:
        url = httpx.URL(kept.reveal())
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.host)):
        raise InputError(f"{field}: what {kept.kept} holds is no https address")
    if not re.fullmatch(HOST, url.host) or url.userinfo:
        raise InputError(f"{field}: the address in {kept.kept} needs a host, and no user before it")
    return url


def deliver(
    body: bytes,
    url: httpx.URL,
    identity: str,
    context: ssl.SSLContext,
    *,
    steps: DeliveryHooks,
    timeout: float,
) -> None:
    """Post JSON. identity: by which a receiver can tell a second one. Else as `smtp.deliver`.

    Raises: a DeliveryFailure, which does not name the address.
    """
    last_byte_sent = False

    async def halves() -> AsyncIterator[bytes]:
        nonlocal last_byte_sent
        yield body[:-1]
        steps.before_last_byte()
        last_byte_sent = True
        yield body[-1:]
        steps.after_last_byte()

    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Idempotency-Key": identity,
        "User-Agent": f"nanospread/{VERSION}",
    }
    limits = httpx.Timeout(timeout).as_dict()
    request = httpx.Request("POST", url, headers=headers, content=halves(), extensions={"timeout": limits})
    try:
        status, wait = asyncio.run(_post(request, context, TIMEOUTS_PER_ATTEMPT * timeout))
    except (httpx.TransportError, TimeoutError, OSError) as error:
        if last_byte_sent:
            raise NoAnswer("it did not answer once it had the message") from None
        if "certificate verify failed" in str(error).lower():
            raise PermanentFailure("the certificate is not to be trusted") from None
        raise TemporaryFailure(f"it cannot be reached ({type(error).__name__})") from None
    if 200 <= status < 300:
        steps.accepted()
    elif status in RETRY_STATUSES:
        raise TemporaryFailure(f"it puts the message off ({status})", wait)
    elif 300 <= status < 400:
        raise PermanentFailure(
            f"it leads elsewhere ({status}), and redirects are not followed: keep the new address"
        )
    else:
        raise PermanentFailure(f"it refuses the message ({status})")


async def _post(request: httpx.Request, context: ssl.SSLContext, seconds: float) -> tuple[int, float | None]:
    """Return the status of the answer, and how long it asks to wait [s]."""
    async with asyncio.timeout(seconds), httpx.AsyncHTTPTransport(verify=context, trust_env=False) as ways:
        answer = await ways.handle_async_request(request)
        await answer.aclose()
    return answer.status_code, _retry_after(answer.headers)


def _retry_after(headers: httpx.Headers) -> float | None:
    """Return how long an answer asks to wait [s]: a number, or a date, counted from its own."""
    wait = headers.get("retry-after", "")
    if wait.isdecimal():
        return float(wait) if len(wait) < 7 else None
    try:
        then, now = (parsedate_to_datetime(headers.get(name, "")) for name in ("retry-after", "date"))
        return max((then - now).total_seconds(), 0.0)
    except (ValueError, TypeError):  # no date, or one of them without a zone
        return None
