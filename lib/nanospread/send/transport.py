"""A message -> a server that takes it: a mail by SMTP over TLS, JSON by https; or what happened instead.

A mail whose end never came was not sent (RFC 5321, 4.1.1.4), nor is a body without its last byte a request.
JSON goes below httpx's client, so that nothing follows a redirect, asks the environment for a proxy or logs
an address. No text of a server's own is repeated.
"""

import asyncio
import contextlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import partial
from typing import NamedTuple

import httpx

from nanospread.core.errors import InputError
from nanospread.core.paths import VERSION
from nanospread.core.secrets import Secret, is_loopback
from nanospread.send.settings import HOST, LOCAL, PORTS, Smtp

EHLO_NAME = "[127.0.0.1]"  # as we introduce ourselves: no name of this machine
TIMEOUTS_PER_ATTEMPT = 5  # timeouts that a whole attempt may take
ENHANCED_CODE = re.compile(r"\d\.\d{1,3}\.\d{1,3}")  # of an answer to a mail
RETRY_STATUSES = (408, 425, 429, 500, 502, 503, 504)


class DeliveryFailure(Exception):  # noqa: N818 - it says what happened
    """A channel that did not say that it took a message; the text says why, for the user, without secrets."""


class TemporaryFailure(DeliveryFailure):
    """It may take the message when it is asked again. wait: how long it asked to be left alone [s]."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


class PermanentFailure(DeliveryFailure):
    """It will not take the message until somebody changes something."""


class NoAnswer(TemporaryFailure):
    """It has the whole message and did not answer: it may have taken it."""


class DeliveryHooks(NamedTuple):
    """What is called as a message is handed over: before its last byte, right after it, once it was taken."""

    before_last_byte: Callable[[], None]
    after_last_byte: Callable[[], None]
    accepted: Callable[[], None]


def send_mail(
    message: EmailMessage,
    channel: Smtp,
    password: Secret | None,
    context: ssl.SSLContext,
    *,
    steps: DeliveryHooks,
    timeout: float,
    allow_partial: bool,
) -> int:
    """Send a mail, and return how many of its recipients the server refused.

    timeout: of one step [s]. allow_partial: go on where some recipients are put off to later, which otherwise
    puts off all.

    Raises: a DeliveryFailure, and what the steps raise.
    """
    connection_class = (
        partial(smtplib.SMTP_SSL, context=context) if channel.security == "tls" else smtplib.SMTP
    )
    server = connection_class(local_hostname=EHLO_NAME, timeout=timeout)
    server._host = channel.host  # type: ignore[attr-defined]  # whose certificate TLS then asks for
    last_byte_sent = False

    def send_end() -> None:
        nonlocal last_byte_sent
        steps.before_last_byte()
        last_byte_sent = True
        server.putcmd(".")
        steps.after_last_byte()

    try:
        with _deadline(server, TIMEOUTS_PER_ATTEMPT * timeout):
            _connect(server, channel, password, context)
            refused = _send_envelope(server, channel, allow_partial)
            _send_data(server, message, send_end)
            steps.accepted()
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
            return refused
    except ssl.SSLCertVerificationError as error:
        raise PermanentFailure(f"the certificate is not to be trusted: {error.verify_message}") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:  # the last: an answer that is no base64
        if last_byte_sent:
            raise NoAnswer("the server did not answer once it had the mail") from None
        reason = getattr(error, "strerror", None) or "the connection was lost"
        raise TemporaryFailure(f"{channel.host_port} cannot be reached: {reason}") from None


@contextlib.contextmanager
def _deadline(server: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection where an attempt takes longer: a server that drips would hold us for ever."""

    def cut() -> None:
        with contextlib.suppress(OSError, AttributeError):
            server.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        server.close()


def _connect(server: smtplib.SMTP, channel: Smtp, password: Secret | None, context: ssl.SSLContext) -> None:
    """Connect, hide what follows, and sign in."""
    _expect(server.connect(channel.host, channel.port or PORTS[channel.security]), 220, "the connection")
    server.ehlo_or_helo_if_needed()
    if channel.security == "starttls":
        if not server.has_extn("starttls"):
            raise PermanentFailure("the server offers no STARTTLS: nothing is sent in the clear")
        _expect(server.starttls(context=context), 220, "STARTTLS")
        server.ehlo_or_helo_if_needed()
    if password:
        try:
            server.login(channel.user or "", password.reveal())
        except smtplib.SMTPAuthenticationError as error:
            _expect((error.smtp_code, error.smtp_error), 235, "user and password")
        except smtplib.SMTPNotSupportedError:
            raise PermanentFailure("the server takes no user and password") from None


def _send_envelope(server: smtplib.SMTP, channel: Smtp, allow_partial: bool) -> int:
    """Name sender and recipients, and return how many of these are refused."""
    _expect(server.mail(channel.sender[1]), 250, "the sender")
    answers = [server.rcpt(address) for address in channel.to]
    accepted = [code in (250, 251) for code, _ in answers]
    deferred = [answer for answer in answers if answer[0] // 100 == 4]
    if deferred and not (allow_partial and any(accepted)):
        _expect(deferred[0], 250, "a recipient")
    if not any(accepted):
        _expect(answers[0], 250, "every recipient")
    return len(answers) - sum(accepted)


def _send_data(server: smtplib.SMTP, message: EmailMessage, send_end: Callable[[], None]) -> None:
    """Send the mail, its end apart from the rest, and see that it is taken."""
    _expect(server.docmd("DATA"), 354, "the mail")
    content = message.as_bytes()
    server.send(re.sub(rb"(?m)^\.", b"..", content if content.endswith(b"\r\n") else content + b"\r\n"))
    send_end()
    _expect(server.getreply(), 250, "the mail")


def _expect(answer: tuple[int, bytes | str], expected: int, step: str) -> None:
    """Raise a DeliveryFailure where an answer is not the expected one; of its text only a code is kept."""
    code, text = answer
    if code == expected:
        return
    detail = " ".join([str(code), *ENHANCED_CODE.findall(str(text)[:20])[:1]])
    if code // 100 == 5:
        raise PermanentFailure(f"the server refuses {step} ({detail})")
    raise TemporaryFailure(f"the server puts off {step} ({detail})")


def address(secret: Secret, field: str) -> httpx.URL:
    """Return where a secret address leads. Raises: InputError, which does not show it."""
    try:
        url = httpx.URL(secret.reveal())
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.host, LOCAL)):
        raise InputError(f"{field}: what {secret.source} holds is no https address")
    if not re.fullmatch(HOST, url.host) or url.userinfo:
        raise InputError(f"{field}: the address in {secret.source} needs a host, and no user before it")
    return url


def post(
    body: bytes,
    url: httpx.URL,
    identity: str,
    context: ssl.SSLContext,
    *,
    steps: DeliveryHooks,
    timeout: float,
) -> None:
    """Post JSON. identity: by which a receiver can tell a second one. Else as `send_mail`.

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
        status, wait = asyncio.run(_answer(request, context, TIMEOUTS_PER_ATTEMPT * timeout))
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


async def _answer(
    request: httpx.Request, context: ssl.SSLContext, seconds: float
) -> tuple[int, float | None]:
    """Return the status of the answer, and how long it asks to wait [s]."""
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncHTTPTransport(verify=context, trust_env=False) as transport,
    ):
        answer = await transport.handle_async_request(request)
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
