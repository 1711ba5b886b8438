"""Helpers of the send tests: reports made by hand; a mail server and a webhook on loopback, with faults."""

import asyncio
import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from nanospread.report import archive
from nanospread.report.archive import upkeep
from nanospread.send.delivery import Runtime

WEEK, BRIEF, MARK = "2026-W47", "autumn", "0123456789ab"
NOW = datetime(2026, 11, 23, 5, 15, tzinfo=UTC)
PASSWORD = "correct-horse-battery-staple"
USER = "reports"
VERDICT = "Choose nano. It earns EUR 4,600 on average and the macro earns EUR 2,500."


def reported(
    out: Path,
    week: str = WEEK,
    brief: str = BRIEF,
    mark: str = MARK,
    verdict: str = VERDICT,
    p_loss: float = 0.27,
    title: str = "Autumn launch",
    notes: Sequence[str] = ("Synthetic data: nobody in it exists.",),
) -> Path:
    """Write a report as a run would leave it, with what sending looks at, and return its folder."""
    folder = out / week / brief
    folder.mkdir(parents=True, exist_ok=True)
    number = {"label": "gifted nano: loses money", "value": p_loss, "low": None, "high": None, "se": 0.005}
    number |= {"n": 10_000, "unit": "share", "basis": "estimated", "formula": "", "method": 1}
    luck = number | {"label": "gifted nano: loses money by luck alone", "value": 0.4}
    record = {
        "schema": 2,
        "brief": brief,
        "week": week,
        "seed": 1,
        "n_worlds": 10_000,
        "data": {"sha256": "0" * 64, "first": "2026-01-01", "newest": "2026-11-15"},
        "parameters": {},
        "campaign": {},
        "metrics": {
            "p_loss_nano_gift": number | {"notebook": "00_weekly_summary"},
            "p_loss_luck_only_nano_gift": luck | {"notebook": "00_weekly_summary"},
            "p_loss_mix_25": number | {"notebook": "04_one_macro_or_many_nano"},
        },
    }
    files = {
        "index.html": '<meta name="generator" content="nanospread 0">',
        "summary.json": json.dumps(
            {"title": title, "verdict": verdict, "subject": f"Choose nano · {title}"} | {"notes": notes}
        ),
        "provenance.json": json.dumps({"Run mark": mark}),
        "metrics.json": json.dumps(record),
        "mail.html": f"<html><body><p>{verdict} café</p>All of it: {week}/{brief}/index.html.</body></html>",
        "mail.txt": f"{verdict} café\n.\n..hidden\n",
        "tables.xlsx": "PK",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    state = archive.State(brief, week, title, archive.PUBLISHED, mark, "2026-11-23 05:00 UTC")
    archive.write_state(out, state)
    return folder


def failed(
    out: Path, week: str = WEEK, brief: str = BRIEF, mark: str = "f" * 12, reason: str = "disk"
) -> None:
    """Leave a failed run, with its banner."""
    (out / week).mkdir(parents=True, exist_ok=True)
    state = archive.State(brief, week, "Autumn launch", archive.RUNNING, "f" * 12, "2026-11-23 05:00 UTC")
    archive.write_state(out, state)
    upkeep.settle(out, week, brief, reason)


class Around(Runtime):
    """A clock that stands, waits that are only noted, and an environment with the secrets."""

    def __init__(self, **environment: str) -> None:
        waits: list[float] = []
        super().__init__(lambda: NOW, waits.append, {"PASSWORD": PASSWORD} | environment)
        object.__setattr__(self, "waits", waits)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Certificates:
    """An authority of its own, and a certificate of it for a host."""

    def __init__(self, folder: Path, host: str = "localhost") -> None:
        authority = trustme.CA()
        self.file = folder / f"ca-{host}.pem"
        authority.cert_pem.write_to_path(self.file)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(self.context)


class _Server(SMTP):
    """A server that may cut the connection as soon as a mail begins."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - as aiosmtpd calls it
        if self.event_handler.fault("drop before the end"):
            await self.push("354 go on")
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Mailbox(Controller):
    """A mail server: what it took, and the faults it has ready, each of which happens once.

    Faults: `CODE command` answers so (rcpt ADDRESS, mail, data, auth); drop before the end; drop untaken and
    drop taken, both after the end of a mail.
    """

    def __init__(self, faults: Sequence[str] = (), patience: float = 0, **more: Any) -> None:
        self.patience = patience  # [s] from taking a mail to the answer
        self.faults, self.taken = list(faults), list[Message]()
        self.sessions = 0
        more = {"ready_timeout": 30} | more
        super().__init__(self, hostname="127.0.0.1", port=free_port(), **more)

    def factory(self) -> SMTP:
        self.sessions += 1
        return _Server(self.handler, **self.SMTP_kwargs)

    def fault(self, name: str) -> bool:
        if name in self.faults:
            self.faults.remove(name)
            return True
        return False

    def answer(self, command: str) -> str:
        """Return the answer that a fault has ready for a command; "" for the usual one."""
        found = next((each for each in self.faults if each[4:] == command), "")
        if found:
            self.faults.remove(found)
        return f"{found[:3]} 5.7.1 no, {PASSWORD}" if found else ""

    def authenticator(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        if refusal := self.answer("auth"):
            return AuthResult(success=False, handled=False, message=refusal)
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        return self.answer("mail") or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if refusal := self.answer(f"rcpt {address}"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if refusal := self.answer("data"):
            return refusal
        if self.fault("drop untaken"):
            server.transport.abort()
            return "250 OK"
        mail = message_from_bytes(envelope.content)
        mail["X-To"] = ",".join(envelope.rcpt_tos)
        self.taken.append(mail)
        await asyncio.sleep(self.patience)
        if self.fault("drop taken"):
            server.transport.abort()
        return "250 OK"

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.taken]

    def channel(self, **more: Any) -> dict[str, Any]:
        """Return the channel of send.yaml that leads here, in the clear."""
        named = {"from": "reports@example.org", "to": ["director@example.org"]}
        return {"kind": "smtp", "host": "127.0.0.1", "port": self.port, "security": "none", **named, **more}


@contextmanager
def mailbox(*faults: str, **more: Any) -> Iterator[Mailbox]:
    """Have a mail server for as long as it is needed."""
    box = Mailbox(faults, **more)
    box.start()
    try:
        yield box
    finally:
        box.stop(no_assert=True)


class Hook(ThreadingHTTPServer):
    """A webhook: what it took, and the answers it has ready, each for one request; then 200.

    Answers: a status; (status, headers); silent (took it, says nothing and hangs up); hang (says nothing for
    a while); drip (a byte of its answer now and then).
    """

    daemon_threads = True

    def __init__(self, *answers: Any, context: ssl.SSLContext | None = None, patience: float = 0) -> None:
        self.patience = patience  # [s] from taking a message to the answer
        self.answers, self.taken, self.requests = list(answers), list[dict[str, Any]](), list[Message]()
        self.paths: list[str] = []
        super().__init__(("127.0.0.1", 0), _Request)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://localhost:{self.server_port}/services/T0/{PASSWORD}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that are killed or refuse a certificate are what the tests are about."""

    @property
    def ids(self) -> list[str]:
        return [str(headers["Idempotency-Key"]) for headers in self.requests]

    def channel(self, kind: str = "json", **more: Any) -> dict[str, Any]:
        """Return the channel of send.yaml that leads here."""
        return {"kind": kind, "url": "env:HOOK", **more}


class _Request(BaseHTTPRequestHandler):
    server: Hook
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # cut off: no request
        self.server.paths.append(self.path)
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer in ("silent", "hang", 200, 202):
            self.server.taken.append(json.loads(body))
            self.server.requests.append(self.headers)
            time.sleep(self.server.patience)
        if answer == "silent":
            self.close_connection = True
        elif answer == "hang":
            time.sleep(3)
        elif answer == "drip":
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100:
                self.wfile.write(bytes([byte]))
                time.sleep(0.05)
        else:
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response_only(status, f"no, {PASSWORD}")
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def hook(*answers: Any, **more: Any) -> Iterator[Hook]:
    """Have a webhook for as long as it is needed."""
    with Hook(*answers, **more) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()


def written(folder: Path, channels: Mapping[str, Mapping[str, Any]], **more: Any) -> Path:
    """Write a send.yaml, and return it: JSON is YAML."""
    file = folder / "send.yaml"
    file.write_text(json.dumps({"channels": channels, **more}))
    return file


def kept(entry: Any) -> dict[str, str]:
    """Return what a ledger keeps of a message, but when and on which boot."""
    return {name: value for name, value in asdict(entry).items() if name not in ("at", "boot")}


@contextmanager
def talking(lines: Iterable[bytes]) -> Iterator[int]:
    """Have a server that says lines, now and then, whatever it is told, and return its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                for line in lines:
                    connection.sendall(line)
                    time.sleep(0.05)

        threading.Thread(target=talk, daemon=True).start()
        yield server.getsockname()[1]
