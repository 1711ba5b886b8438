"""Proves what a mail, Slack, Teams and plain JSON carry, and that no text in it is more than text."""

import json
import os
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from nanospread.core.errors import InputError
from nanospread.send import events, messages, settings
from receivers import BRIEF, NOW, VERDICT, WEEK, failed, reported, written

URL = "https://reports.example.org/"
HEADERS = {"from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type"}
HEADERS |= {"content-transfer-encoding"}
WHERE = f"{URL}{WEEK}/{BRIEF}/index.html"
MAIL = {
    "kind": "smtp",
    "host": "mail.example.org",
    "from": "a@example.org",
    "to": ["b@example.org", "c@d.org"],
}


def event_of(out):
    reported(out)
    (event,) = events.newest(out)
    return event


def mail_of(folder, event, where="", **more):
    channel = settings.read(written(folder, {"director": {**MAIL, **more}})).channels["director"]
    made = messages.mail(event, "director", channel, where, NOW)
    return message_from_bytes(made.as_bytes(), policy=policy.default)


def test_a_mail_has_what_was_published_as_text_and_html(tmp_path):
    folder = reported(tmp_path)
    mail = mail_of(tmp_path, events.newest(tmp_path)[0])
    text, page = mail.iter_parts()
    assert mail.get_content_type() == "multipart/alternative"
    assert text.get_content().replace("\r", "") == (folder / "mail.txt").read_text()
    assert page.get_content().strip() == (folder / "mail.html").read_text()
    assert (mail["Subject"], mail["To"]) == ("Choose nano · Autumn launch", "b@example.org, c@d.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.as_bytes().isascii()


def test_a_mail_leads_to_the_report_and_brings_what_is_attached(tmp_path):
    mail = mail_of(tmp_path, event_of(tmp_path), WHERE, attach=["tables.xlsx", "metrics.json"])
    assert (
        f'All of it: <a href="{WHERE}" style="color:inherit">{WEEK}/{BRIEF}/index.html</a>.'
        in mail.get_body(["html"]).get_content()
    )
    assert mail.get_body(["plain"]).get_content().endswith(f"Read the report: {WHERE}\r\n")
    assert [part.get_filename() for part in mail.iter_attachments()] == ["tables.xlsx", "metrics.json"]


def test_a_sender_with_a_name_is_shown_with_it_and_names_the_identity_by_its_host(tmp_path):
    mail = mail_of(tmp_path, event_of(tmp_path), **{"from": "Unser Team, München <a@example.org>"})
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Unser Team, München", "a@example.org")
    assert mail["Message-ID"].endswith("@example.org>")


@pytest.mark.parametrize(
    "title",
    [
        "Autumn\r\nBcc: spy@example.org",
        "Autumn\n\n<html>",
        "=?utf-8?q?Bcc:=0D=0Aspy?=",
        "\ud800 \0 \u2028Bcc: spy",
        "Ü" * 10_000,
        "x" * 10_000,
    ],
    ids=range(6),
)
def test_no_title_makes_a_header_of_its_own_or_breaks_a_mail(tmp_path, title):
    reported(tmp_path, title=title)
    summary = tmp_path / WEEK / BRIEF / "summary.json"
    told = json.loads(summary.read_text(encoding="utf-8"))
    summary.write_text(json.dumps({**told, "subject": f"Choose nano · {title}"}), encoding="utf-8")
    (event,) = events.newest(tmp_path)
    failed(tmp_path, brief="other", reason=title)
    for each in (event, *events.newest(tmp_path, ["other"])):
        mail = mail_of(tmp_path, each)
        assert {name.lower() for name in mail.keys()} <= HEADERS  # noqa: SIM118 - a message is no dict
        assert len(mail["Subject"]) < 1_000
        assert next(iter(mail["To"].addresses)).addr_spec == "b@example.org"
        assert json.loads(messages.body(each, "json", ""))["title"] == each.title


def test_the_same_run_is_the_same_message_on_each_channel_and_no_other_is(tmp_path):
    event = event_of(tmp_path)
    others = [replace(event, **{name: "x"}) for name in ("week", "brief", "key")]
    made = {messages.identity(each, "director") for each in (event, *others)} | {
        messages.identity(event, "b")
    }
    assert len(made) == 5
    assert (
        mail_of(tmp_path, event)["Message-ID"] == mail_of(tmp_path, replace(event, subject="x"))["Message-ID"]
    )


def test_a_report_that_is_exchanged_while_it_is_read_or_lacks_a_file_is_refused(tmp_path):
    event = event_of(tmp_path)
    with pytest.raises(InputError, match=r"has no file .*csv/plan\.csv"):
        mail_of(tmp_path, event, attach=["csv/plan.csv"])
    reported(tmp_path, mark="b" * 12)
    with pytest.raises(InputError, match="was made again while it was read"):
        mail_of(tmp_path, event)


@pytest.mark.parametrize("kind", ["link", "pipe", "large"])
@pytest.mark.parametrize("name", ["mail.txt", "mail.html", "tables.xlsx"])
def test_what_is_no_file_of_the_report_is_never_sent(tmp_path, monkeypatch, kind, name):
    event = event_of(tmp_path)
    file = tmp_path / WEEK / BRIEF / name
    monkeypatch.setattr(messages, "LARGEST", 10_000)
    file.unlink()
    if kind == "link":
        (tmp_path / "secret").write_text("of mine")
        file.symlink_to(tmp_path / "secret")
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.write_bytes(b"x" * 10_001)
    with pytest.raises(InputError, match=r"is a link|is no file|is larger than"):
        mail_of(tmp_path, event, attach=["tables.xlsx"])


def test_a_failure_is_a_mail_of_plain_text_that_leads_to_the_banner(tmp_path):
    failed(tmp_path)
    (event,) = events.newest(tmp_path)
    where = messages.link(event, URL)
    mail = mail_of(tmp_path, event, where)
    assert where == f"{URL}{WEEK}/{BRIEF}.failed/index.html"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().startswith("The run of 2026-W47 failed: disk. There is no good report yet.")
    assert where in mail.get_content()


def test_plain_json_says_it_all(tmp_path):
    found = json.loads(messages.body(event_of(tmp_path), "json", WHERE))
    assert found == {
        "schema": 1, "event": "success", "changed": True, "week": WEEK, "brief": BRIEF,
        "title": "Autumn launch", "notes": [NOTE], "headline": VERDICT, "decision": "Choose nano",
        "odds": [{"label": "gifted nano: loses money", "value": "27%"}], "link": WHERE,
    }  # fmt: skip


NOTE = "Synthetic data: nobody in it exists."
HOSTILE = "<!channel> *bold* [x](//evil.example) & <https://evil.example|here>"


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_no_text_formats_links_or_mentions_anything(tmp_path, kind):
    event = replace(event_of(tmp_path), headline=HOSTILE, subject=HOSTILE, odds=((HOSTILE, "1"),))
    content = json.loads(messages.body(event, kind, WHERE))
    formatted = [text for text in _texts(content) if "evil" in text["text"]]
    assert {text["type"] for text in formatted} == {"plain_text" if kind == "slack" else "TextRun"}
    if kind == "slack":
        assert content["text"].startswith("&lt;!channel&gt; ")
        assert "<" not in content["text"]


def _texts(content):
    if isinstance(content, dict):
        if "type" in content and isinstance(content.get("text"), str):
            yield content
        content = [*content.values()]
    if isinstance(content, list):
        for each in content:
            yield from _texts(each)


def test_slack_gets_headline_odds_and_link_in_its_blocks(tmp_path):
    found = json.loads(messages.body(event_of(tmp_path), "slack", WHERE))
    header, note, headline, odds, link = found["blocks"]
    assert (header["type"], header["text"]["text"]) == ("header", "Choose nano · Autumn launch")
    assert [note["text"]["text"], headline["text"]["text"]] == [NOTE, VERDICT]
    assert [field["text"] for field in odds["fields"]] == ["gifted nano: loses money: 27%"]
    assert link["text"] == {"type": "mrkdwn", "text": f"<{WHERE}|Read the report>"}


def test_teams_gets_an_adaptive_card_in_a_message(tmp_path):
    found = json.loads(messages.body(event_of(tmp_path), "teams", WHERE))
    (card,) = found["attachments"]
    assert (found["type"], card["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    texts = [text["text"] for text in _texts(card["content"]["body"])]
    odds = "gifted nano: loses money: 27%"
    assert texts == ["Choose nano · Autumn launch", NOTE, VERDICT, odds]
    assert card["content"]["type"] == "AdaptiveCard"
    assert card["content"]["actions"] == [
        {"type": "Action.OpenUrl", "title": "Read the report", "url": WHERE}
    ]


@pytest.mark.parametrize("kind", [*messages.SHAPES])
def test_the_longest_texts_stay_under_what_a_channel_takes(tmp_path, kind):
    long = "x" * 600  # as long as `mail.plain` lets any text be
    event = replace(event_of(tmp_path), headline=long * 5, subject=long, odds=((long, long),) * 12)
    content = messages.body(event, kind, WHERE)
    assert len(content) < 28_000  # Teams
    assert all(len(text["text"]) <= 3_000 for text in _texts(json.loads(content)))  # Slack
