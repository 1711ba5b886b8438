"""Proves against a server on loopback that a mail goes over TLS alone, and what each refusal becomes."""

import itertools
import ssl

import pytest

from nanospread.core.secrets import Secret
from nanospread.send import events, messages, settings, transport
from nanospread.send.transport import DeliveryHooks, NoAnswer, PermanentFailure, TemporaryFailure
from receivers import NOW, PASSWORD, USER, Certificates, mailbox, reported, talking, written

LOGIN = {"user": USER, "password": "env:PASSWORD"}


def deliver(folder, box, *, ca=None, allow_partial=False, timeout=5.0, **more):
    """Hand the mail of a report over, and return what was noted, in order, and who was refused."""
    reported(folder)
    (event,) = events.newest(folder)
    file = written(folder, {"director": box.channel(**more)})
    channel = settings.read(file).channels["director"]
    noted = []
    note = lambda: noted.append(len(box.taken))  # noqa: E731
    refused = transport.send_mail(
        messages.mail(event, "director", channel, "", NOW),
        channel,
        Secret(PASSWORD, "env:PASSWORD") if channel.password else None,
        ssl.create_default_context(cafile=ca),
        steps=DeliveryHooks(note, lambda: None, note),
        timeout=timeout,
        allow_partial=allow_partial,
    )
    return noted, refused


def test_the_end_of_a_mail_comes_after_it_was_noted_and_its_taking_right_after(tmp_path):
    with mailbox() as box:
        assert deliver(tmp_path, box) == ([0, 1], 0)
    (mail,) = box.taken
    parts = [part.get_payload(decode=True).decode() for part in mail.get_payload()]
    assert parts[0].splitlines()[1:] == [".", "..hidden"]  # lines that begin with a dot arrive as they are
    assert "café" in parts[1]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_over_tls_to_whom_the_certificate_names(tmp_path, security):
    ours = Certificates(tmp_path)
    how = "tls_context" if security == "starttls" else "ssl_context"
    with mailbox(
        **{how: ours.context}, **({"require_starttls": True} if how == "tls_context" else {})
    ) as box:
        deliver(tmp_path, box, ca=ours.file, host="localhost", security=security)
        assert len(box.taken) == 1
        for ca, host in ((None, "localhost"), (ours.file, "127.0.0.1")):  # not trusted; of another host
            with pytest.raises(PermanentFailure, match="the certificate is not to be trusted"):
                deliver(tmp_path, box, ca=ca, host=host, security=security)
        assert len(box.taken) == 1


def test_nothing_goes_in_the_clear_where_a_server_offers_no_tls(tmp_path):
    with mailbox() as box:
        with pytest.raises(PermanentFailure, match="offers no STARTTLS: nothing is sent in the clear"):
            deliver(tmp_path, box, security="starttls")
        assert box.taken == []


def test_user_and_password_are_taken_or_refused_for_good(tmp_path):
    ours = Certificates(tmp_path)
    how = {"tls_context": ours.context, "auth_required": True}
    with mailbox("535 auth", "535 auth", **how) as box:
        box.SMTP_kwargs["authenticator"] = box.authenticator
        tls = {"ca": ours.file, "host": "localhost", "security": "starttls", **LOGIN}
        with pytest.raises(PermanentFailure, match=r"refuses user and password \(535") as told:
            deliver(tmp_path, box, **tls)
        assert PASSWORD not in str(told.value)  # which the server repeats
        deliver(tmp_path, box, **tls)
        assert len(box.taken) == 1


def test_a_server_that_takes_no_password_is_refused_for_good(tmp_path):
    with mailbox() as box, pytest.raises(PermanentFailure, match="takes no user and password"):
        deliver(tmp_path, box, **LOGIN)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("451 mail", TemporaryFailure, r"puts off the sender \(451 5\.7\.1\)"),
        ("550 mail", PermanentFailure, r"refuses the sender \(550 5\.7\.1\)"),
        ("450 rcpt director@example.org", TemporaryFailure, r"puts off a recipient \(450"),
        ("550 rcpt director@example.org", PermanentFailure, r"refuses every recipient \(550"),
        ("452 data", TemporaryFailure, r"puts off the mail \(452"),
        ("552 data", PermanentFailure, r"refuses the mail \(552"),
        (
            "drop before the end",
            TemporaryFailure,
            "cannot be reached: the connection was lost|did not answer",
        ),
        ("drop untaken", NoAnswer, "did not answer once it had the mail"),
        ("drop taken", NoAnswer, "did not answer once it had the mail"),
    ],
)
def test_a_refusal_is_put_off_or_final_as_the_server_says_and_never_repeated(tmp_path, fault, kind, words):
    with mailbox(fault) as box:
        with pytest.raises(kind, match=words) as told:
            deliver(tmp_path, box)
        assert PASSWORD not in str(told.value)
        assert len(box.taken) == (fault == "drop taken")
        if "taken" not in fault:
            assert deliver(tmp_path, box)[1] == 0  # and the next attempt is taken


def test_recipients_that_are_put_off_put_off_all_but_at_the_last_attempt(tmp_path):
    to = ["director@example.org", "team@example.org", "gone@example.org"]
    faults = ["450 rcpt team@example.org", "550 rcpt gone@example.org"]
    with mailbox(*faults, *faults) as box:
        with pytest.raises(TemporaryFailure, match="puts off a recipient"):
            deliver(tmp_path, box, to=to)
        assert box.taken == []
        assert deliver(tmp_path, box, to=to, allow_partial=True)[1] == 2
        assert [mail["X-To"] for mail in box.taken] == ["director@example.org"]


def test_nobody_there_is_told_in_one_line(tmp_path):
    with mailbox() as box:
        pass
    with pytest.raises(
        TemporaryFailure, match=rf"127\.0\.0\.1:{box.port} cannot be reached: Connection refused"
    ):
        deliver(tmp_path, box)


def test_a_server_that_drips_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(transport, "TIMEOUTS_PER_ATTEMPT", 1)
    lines = itertools.repeat(b"220-wait\r\n")
    with (
        mailbox() as box,
        talking(lines) as port,
        pytest.raises(TemporaryFailure, match="the connection was lost"),
    ):
        deliver(tmp_path, box, port=port, timeout=0.3)


@pytest.mark.parametrize(
    "lines",
    [
        [b"\x00\xff\r\n"],
        [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        [b"220 hi\r\n", b"\xff\r\n", b"\xff\r\n"],
        [b"220 " + b"x" * 100_000],
        [b"220 hi\r\n", b"250-hi\r\n250 AUTH CRAM-MD5\r\n", b"334 !\r\n", b"500 no\r\n"],
        [b"220 hi\r\n", b"250-hi\r\n250 AUTH CRAM-MD5\r\n", b"334 \xff\xfe=\r\n", b"500 no\r\n"],
    ],
)
def test_a_server_that_talks_nonsense_is_told_in_one_line(tmp_path, lines):
    with (
        mailbox() as box,
        talking(lines) as port,
        pytest.raises((TemporaryFailure, PermanentFailure)) as told,
    ):
        deliver(tmp_path, box, port=port, timeout=1.0, **LOGIN)
    assert PASSWORD not in str(told.value)
