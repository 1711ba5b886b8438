"""A mail -> a server that takes it, over TLS. A mail whose end never came was not sent: RFC 5321, 4.1.1.4."""

import contextlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from functools import partial

from nanospread.core.secrets import Secret
from nanospread.send.faults import Later, Never, Unanswered
from nanospread.send.ledger import Steps
from nanospread.send.settings import PORTS, Smtp

US = "[127.0.0.1]"  # as we introduce ourselves: no name of this machine
PATIENCE = 5  # timeouts that a whole attempt may take
CODE = re.compile(r"\d\.\d{1,3}\.\d{1,3}")


def hand_over(
    message: EmailMessage,
    channel: Smtp,
    password: Secret | None,
    context: ssl.SSLContext,
    *,
    steps: Steps,
    timeout: float,
    partly: bool,
) -> int:
    """Send a mail, and return how many of its recipients the server refused.

    timeout: of one step [s]. partly: go on where some recipients are put off to later, which otherwise puts
    off all.

    Raises: Later, Never or Unanswered, and what the steps raise.
    """
    kind = partial(smtplib.SMTP_SSL, context=context) if channel.security == "tls" else smtplib.SMTP
    server = kind(local_hostname=US, timeout=timeout)
    server._host = channel.host  # type: ignore[attr-defined]  # whose certificate TLS then asks for
    whole = False

    def ends() -> None:
        nonlocal whole
        steps.offered()
        whole = True
        server.putcmd(".")
        steps.gone()

    try:
        with _within(server, PATIENCE * timeout):
            _opened(server, channel, password, context)
            refused = _addressed(server, channel, partly)
            _written(server, message, ends)
            steps.taken()
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
            return refused
    except ssl.SSLCertVerificationError as error:
        raise Never(f"the certificate is not to be trusted: {error.verify_message}") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:  # the last: an answer that is no base64
        if whole:
            raise Unanswered("the server did not answer once it had the mail") from None
        reason = getattr(error, "strerror", None) or "the connection was lost"
        raise Later(f"{channel.where} cannot be reached: {reason}") from None


@contextlib.contextmanager
def _within(server: smtplib.SMTP, seconds: float) -> Iterator[None]:
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


def _opened(server: smtplib.SMTP, channel: Smtp, password: Secret | None, context: ssl.SSLContext) -> None:
    """Connect, hide what follows, and sign in."""
    _check(server.connect(channel.host, channel.port or PORTS[channel.security]), 220, "the connection")
    server.ehlo_or_helo_if_needed()
    if channel.security == "starttls":
        if not server.has_extn("starttls"):
            raise Never("the server offers no STARTTLS: nothing is sent in the clear")
        _check(server.starttls(context=context), 220, "STARTTLS")
        server.ehlo_or_helo_if_needed()
    if password:
        try:
            server.login(channel.user or "", password.reveal())
        except smtplib.SMTPAuthenticationError as error:
            _check((error.smtp_code, error.smtp_error), 235, "user and password")
        except smtplib.SMTPNotSupportedError:
            raise Never("the server takes no user and password") from None


def _addressed(server: smtplib.SMTP, channel: Smtp, partly: bool) -> int:
    """Name sender and recipients, and return how many of these are refused."""
    _check(server.mail(channel.sender[1]), 250, "the sender")
    answers = [server.rcpt(address) for address in channel.to]
    taken = [code in (250, 251) for code, _ in answers]
    later = [answer for answer in answers if answer[0] // 100 == 4]
    if later and not (partly and any(taken)):
        _check(later[0], 250, "a recipient")
    if not any(taken):
        _check(answers[0], 250, "every recipient")
    return len(answers) - sum(taken)


def _written(server: smtplib.SMTP, message: EmailMessage, ends: Callable[[], None]) -> None:
    """Send the mail, its end apart from the rest, and see that it is taken."""
    _check(server.docmd("DATA"), 354, "the mail")
    content = message.as_bytes()
    server.send(re.sub(rb"(?m)^\.", b"..", content if content.endswith(b"\r\n") else content + b"\r\n"))
    ends()
    _check(server.getreply(), 250, "the mail")


def _check(answer: tuple[int, bytes | str], good: int, what: str) -> None:
    """Raise Later or Never where an answer is not the good one; of its text only a code is kept."""
    code, text = answer
    if code == good:
        return
    detail = " ".join([str(code), *CODE.findall(str(text)[:20])[:1]])
    if code // 100 == 5:
        raise Never(f"the server refuses {what} ({detail})")
    raise Later(f"the server puts off {what} ({detail})")
