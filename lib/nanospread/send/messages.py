"""Event + channel -> a mail, or the JSON that Slack, Teams and others take.

Slack and Teams get plain text alone, so that no name in it mentions, links or formats anything.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from nanospread.core.errors import InputError
from nanospread.core.files import regular
from nanospread.core.formatting import shortened
from nanospread.report import archive
from nanospread.send.events import Event
from nanospread.send.settings import Smtp

LARGEST = 25_000_000  # bytes of a file that goes with a mail
LONGEST = 2_900  # characters of one text that Slack and Teams take
READ = "Read the report"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
SCHEMA_VERSION = 1  # of the plain JSON


def identity(event: Event, channel: str) -> str:
    """Return what makes a message one: the same run is the same message, however often it is handed over."""
    parts = "\n".join((event.week, event.brief, event.key, channel))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def link(event: Event, report_url: str) -> str:
    """Return where readers find the page of an event; "" where nobody said, or there is none."""
    return f"{report_url}{event.week}/{event.folder.name}/index.html" if report_url and event.folder else ""


def mail(event: Event, name: str, channel: Smtp, report_link: str, now: datetime) -> EmailMessage:
    """Return the mail of an event: of a success what was published, text and HTML, and what goes with it.

    report_link: `link`. Raises: InputError where the report was exchanged while it was read, or lacks a
    file.
    """
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    display_name, sender = channel.sender
    message["From"] = Address(display_name, addr_spec=sender) if display_name else sender
    message["To"], message["Subject"] = ", ".join(channel.to), event.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{identity(event, name)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    files = _files(event, channel) if event.kind == "success" else {}
    footer = f"\n{READ}: {report_link}\n" if report_link else ""
    message.set_content(
        files.pop("mail.txt", f"{event.headline}\n".encode()).decode(errors="replace") + footer
    )
    if page := files.pop("mail.html", b"").decode(errors="replace"):
        place = f"{event.week}/{event.brief}/index.html"
        linked = f'<a href="{report_link}" style="color:inherit">{place}</a>' if report_link else place
        message.add_alternative(page.replace(place, linked), subtype="html")
    for path, content in files.items():
        maintype, _, subtype = (guess_type(path)[0] or "application/octet-stream").partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=path.rpartition("/")[2])
    return message


def _files(event: Event, channel: Smtp) -> dict[str, bytes]:
    """Return the files of a report that its mail is made of, all of one run."""
    assert event.folder
    run_name = f"{event.week}/{event.brief}"
    files = {
        name: _content(event.folder, name, run_name) for name in ("mail.txt", "mail.html", *channel.attach)
    }
    if archive.run_mark(event.folder) != event.key:
        raise InputError(f"{run_name} was made again while it was read: send it once more")
    return files


def _content(folder: Path, name: str, run_name: str) -> bytes:
    """Return a file of a report: never what a link leads to, since that would be told to all recipients."""
    path = folder / name
    if not path.exists():
        raise InputError(f"{run_name} has no file '{path}'")
    if path.resolve() != folder.resolve() / name:
        raise InputError(f"{run_name}: '{path}' is a link, so it is no file of the report")
    content = regular(path, LARGEST + 1)[1]
    if len(content) > LARGEST:
        raise InputError(f"{run_name}: '{path}' is larger than the {LARGEST:,} bytes that a mail may take")
    return content


def plain(event: Event, report_link: str) -> dict[str, Any]:
    """Return an event in plain JSON, for whatever takes it."""
    return {
        "schema": SCHEMA_VERSION,
        "event": event.kind,
        "changed": event.changed,
        "week": event.week,
        "brief": event.brief,
        "title": event.title,
        "notes": [*event.notes],
        "headline": event.headline,
        "decision": event.decision,
        "odds": [{"label": label, "value": value} for label, value in event.odds],
        "link": report_link,
    }


def slack(event: Event, report_link: str) -> dict[str, Any]:
    """Return an event as Slack's incoming webhooks take it."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _slack_text(event.subject, 150)},
        *({"type": "section", "text": _slack_text(text)} for text in (*event.notes, event.headline)),
    ]
    if event.odds:
        fields = [_slack_text(f"{label}: {value}", 200) for label, value in event.odds[:10]]
        blocks.append({"type": "section", "fields": fields})
    if report_link:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": f"<{report_link}|{READ}>"}})
    fallback = event.subject.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": fallback, "blocks": blocks}


def _slack_text(text: str, longest: int = LONGEST) -> dict[str, Any]:
    return {"type": "plain_text", "text": shortened(text, longest), "emoji": False}


def teams(event: Event, report_link: str) -> dict[str, Any]:
    """Return an event as Teams takes it from a workflow's webhook: a message with an Adaptive Card."""
    odds = [f"{label}: {value}" for label, value in event.odds]
    runs = [
        _teams_text(event.subject, weight="Bolder"),
        *map(_teams_text, (*event.notes, event.headline, *odds)),
    ]
    card: dict[str, Any] = {"$schema": SCHEMA, "type": "AdaptiveCard", "version": "1.4", "body": runs}
    if report_link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": READ, "url": report_link}]
    content_type = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": content_type, "contentUrl": None, "content": card}],
    }


def _teams_text(text: str, **style: str) -> dict[str, Any]:
    run = {"type": "TextRun", "text": shortened(text, LONGEST), **style}
    return {"type": "RichTextBlock", "inlines": [run]}


SHAPES: Mapping[str, Callable[[Event, str], dict[str, Any]]] = {"json": plain, "slack": slack, "teams": teams}


def body(event: Event, kind: str, report_link: str) -> bytes:
    """Return what is posted to a webhook. kind: one of `SHAPES`."""
    return json.dumps(SHAPES[kind](event, report_link), ensure_ascii=True).encode()
