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
from nanospread.send.faults import NoAnswer, PermanentFailure, TemporaryFailure
from nanospread.send.ledger import DeliveryHooks
from nanospread.send.settings import PORTS, Smtp

EHLO_NAME = "[127.0.0.1]"  # as we introduce ourselves: no name of this machine
TIMEOUTS_PER_ATTEMPT = 5  # timeouts that a whole attempt may take
ENHANCED_CODE = re.compile(r"\d\.\d{1,3}\.\d{1,3}")


def deliver(
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
    kind = partial(smtplib.SMTP_SSL, context=context) if channel.security == "tls" else smtplib.SMTP
    server = kind(local_hostname=EHLO_NAME, timeout=timeout)
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
    taken = [code in (250, 251) for code, _ in answers]
    later = [answer for answer in answers if answer[0] // 100 == 4]
    if later and not (allow_partial and any(taken)):
        _expect(later[0], 250, "a recipient")
    if not any(taken):
        _expect(answers[0], 250, "every recipient")
    return len(answers) - sum(taken)


def _send_data(server: smtplib.SMTP, message: EmailMessage, send_end: Callable[[], None]) -> None:
    """Send the mail, its end apart from the rest, and see that it is taken."""
    _expect(server.docmd("DATA"), 354, "the mail")
    content = message.as_bytes()
    server.send(re.sub(rb"(?m)^\.", b"..", content if content.endswith(b"\r\n") else content + b"\r\n"))
    send_end()
    _expect(server.getreply(), 250, "the mail")


def _expect(answer: tuple[int, bytes | str], good: int, what: str) -> None:
    """Raise a DeliveryFailure where an answer is not the good one; of its text only a code is kept."""
    code, text = answer
    if code == good:
        return
    detail = " ".join([str(code), *ENHANCED_CODE.findall(str(text)[:20])[:1]])
    if code // 100 == 5:
        raise PermanentFailure(f"the server refuses {what} ({detail})")
    raise TemporaryFailure(f"the server puts off {what} ({detail})")
