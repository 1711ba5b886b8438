"""Proves against a server on loopback that JSON goes to one host alone, and what each answer means."""

import json
import logging
import ssl

import pytest

from nanospread.core.errors import InputError
from nanospread.core.secrets import Secret
from nanospread.send import transport
from nanospread.send.transport import DeliveryHooks, NoAnswer, PermanentFailure, TemporaryFailure
from receivers import PASSWORD, Certificates, hook, talking

BODY = json.dumps({"headline": "Choose nano"}).encode()


def deliver(server, *, context=None, timeout=10.0, url=""):
    """Post a message, and return what the server had when it was noted."""
    noted = []
    where = transport.address(Secret(url or server.url, "env:HOOK"), "channels.team.url")
    context = context or ssl.create_default_context()
    note = lambda: noted.append(server and len(server.taken))  # noqa: E731
    transport.post(BODY, where, "id", context, steps=DeliveryHooks(note, lambda: None, note), timeout=timeout)
    return noted


def test_the_last_byte_goes_out_after_it_was_noted_and_its_taking_right_after():
    with hook() as server:
        assert deliver(server) == [0, 1]
        assert server.taken == [{"headline": "Choose nano"}]
        assert server.ids == ["id"]
        assert server.requests[0]["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "kind", "words", "wait"),
    [
        (500, TemporaryFailure, "puts the message off (500)", None),
        (503, TemporaryFailure, "puts the message off (503)", None),
        ((429, {"Retry-After": "30"}), TemporaryFailure, "puts the message off (429)", 30),
        (
            (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:27:30 GMT"}),
            TemporaryFailure,
            "(429)",
            30,
        ),
        (
            (429, {"Retry-After": "Wed, 21 Oct 2020 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:27:30 GMT"}),
            TemporaryFailure,
            "(429)",
            0,
        ),
        ((429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), TemporaryFailure, "(429)", None),
        ((429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00"}), TemporaryFailure, "(429)", None),
        ((429, {"Retry-After": "soon"}), TemporaryFailure, "(429)", None),
        ((429, {"Retry-After": "9" * 5_000}), TemporaryFailure, "(429)", None),
        ((302, {"Location": "http://127.0.0.1:1/"}), PermanentFailure, "leads elsewhere (302)", None),
        (404, PermanentFailure, "refuses the message (404)", None),
        (410, PermanentFailure, "refuses the message (410)", None),
        ("silent", NoAnswer, "did not answer once it had the message", None),
        ("hang", NoAnswer, "did not answer once it had the message", None),
    ],
)
def test_an_answer_puts_off_or_refuses_and_is_never_repeated(answer, kind, words, wait):
    with hook(answer) as server:
        with pytest.raises(kind) as told:
            deliver(server, timeout=1.0 if answer == "hang" else 10.0)
        assert words in str(told.value)
        assert PASSWORD not in str(told.value)
        assert getattr(told.value, "wait", None) == wait
        assert len(server.paths) == 1


@pytest.mark.slow
def test_an_answer_that_drips_is_cut_off(monkeypatch):
    monkeypatch.setattr(transport, "TIMEOUTS_PER_ATTEMPT", 1)
    with hook("drip") as server, pytest.raises(NoAnswer):
        deliver(server, timeout=2.0)


@pytest.mark.parametrize(
    "lines", [[b"\x00\xff\r\n\r\n"], [b"220 mail.example.org\r\n"], [b"HTTP/1.1 2000 OK\r\n\r\n"]]
)
def test_a_server_that_talks_nonsense_did_not_answer(lines):
    with talking(lines) as port, pytest.raises((NoAnswer, TemporaryFailure)) as told:
        deliver(None, timeout=1.0, url=f"http://127.0.0.1:{port}/services/{PASSWORD}")
    assert PASSWORD not in str(told.value)


def test_nobody_there_is_told_in_one_line_without_the_address():
    with hook() as server:
        pass
    with pytest.raises(TemporaryFailure, match=r"it cannot be reached \(ConnectError\)"):
        deliver(server)


def test_only_a_certificate_that_is_trusted_gets_the_message(tmp_path):
    ours = Certificates(tmp_path)
    with hook(context=ours.context) as server:
        with pytest.raises(PermanentFailure, match="the certificate is not to be trusted"):
            deliver(server)
        assert server.paths == []
        deliver(server, context=ssl.create_default_context(cafile=ours.file))
        assert len(server.taken) == 1


def test_no_proxy_of_the_environment_sees_the_message(monkeypatch):
    with hook() as server, hook() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        deliver(server)
        assert (len(server.taken), proxy.paths) == (1, [])


def test_no_log_has_the_address(caplog):
    caplog.set_level(logging.DEBUG)
    with hook(500, 200) as server:
        with pytest.raises(TemporaryFailure):
            deliver(server)
        deliver(server)
    assert "POST" in caplog.text
    assert "/services/" not in caplog.text


@pytest.mark.parametrize(
    "url",
    [f"http://hooks.example.org/{PASSWORD}", f"ftp://localhost/{PASSWORD}", f"https:///{PASSWORD}", PASSWORD,
     f"https://user:{PASSWORD}@hooks.example.org/", f"https://[::1/{PASSWORD}",
     f"https://{'a' * 70}.example.org/{PASSWORD}"],
)  # fmt: skip
def test_only_a_plain_https_address_is_taken_and_none_is_repeated(url):
    with pytest.raises(InputError, match=r"channels\.team\.url: ") as told:
        transport.address(Secret(url, "env:HOOK"), "channels.team.url")
    assert PASSWORD not in str(told.value)
