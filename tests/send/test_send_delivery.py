"""Proves that a run is one message a channel whatever a channel does, and that no text has a secret."""

import os
import threading

import pytest

from nanospread.core.errors import BusyError, InputError
from nanospread.send import delivery, events, ledger, messages, settings
from nanospread.send.delivery import BEFORE, FAILED, SENT, UNSURE, WOULD
from receivers import BRIEF, PASSWORD, WEEK, Around, failed, hook, kept, mailbox, reported, written


class Site:
    """A folder of reports with one report, and a workspace whose channels lead to the servers."""

    def __init__(self, folder, **channels):
        self.folder, self.out = folder, folder / "reports"
        self.runtime = Around()
        self.channels, self.more = channels, {}
        reported(self.out)

    def send(self, **how):
        """Send, and return state by channel."""
        self.results = list(self.notify(events.newest(self.out), **how))
        return {result.channel: result.state for result in self.results}

    def notify(self, told, **how):
        found = settings.read(written(self.folder, self.channels, **self.more))
        return delivery.notify(self.out, found, told, self.runtime, **how)

    @property
    def ledger(self):
        return [kept(entry) for entry in ledger.read(self.out, WEEK).values()]


def site(folder, *, box=None, server=None, kind="json", **more):
    made = Site(folder)
    if box:
        made.channels["director"] = box.channel(**more)
    if server:
        made.channels["team"] = server.channel(kind)
        made.runtime.environment["HOOK"] = server.url
    return made


def test_each_run_is_sent_once_to_each_channel_that_is_told_of_it(tmp_path):
    with mailbox() as box, hook() as server:
        place = site(tmp_path, box=box, server=server)
        place.channels["boss"] = box.channel(notify=["failure"])
        assert place.send() == {"director": SENT, "team": SENT}
        assert place.send() == {"director": BEFORE, "team": BEFORE}
        assert all(result.fine for result in place.results)
        assert place.ledger == [
            {"brief": BRIEF, "channel": channel, "state": "sent"} for channel in _by_identity(place)
        ]
        failed(place.out)
        assert place.send() == {"director": SENT, "team": SENT, "boss": SENT}
        reported(place.out, mark="c" * 12)  # made again: another run
        (tmp_path / "reports" / WEEK / f"{BRIEF}.failed" / "index.html").unlink()
        (tmp_path / "reports" / WEEK / f"{BRIEF}.failed" / "summary.json").unlink()
        assert place.send() == {"director": SENT, "team": SENT}
        assert len(box.ids) == len({*box.ids}) == 4
        assert len(server.ids) == len({*server.ids}) == 3
        assert place.send(again=True) == {"director": SENT, "team": SENT}
        assert box.ids[-1] == box.ids[-2]  # the same message once more


def _by_identity(place):
    (event,) = events.newest(place.out)
    return sorted(("director", "team"), key=lambda channel: messages.identity(event, channel))


def test_a_dry_run_says_what_would_go_to_whom_and_leaves_nothing(tmp_path):
    with mailbox() as box, hook() as server:
        place = site(tmp_path, box=box, server=server)
        place.channels["wrong"] = {"kind": "slack", "url": "env:MISSING"}
        assert place.send(dry=True) == {"director": WOULD, "team": WOULD, "wrong": FAILED}
        lines = [result.line for result in place.results]
        assert f"to director: director@example.org by 127.0.0.1:{box.port}: Choose nano" in lines[0]
        assert "to team: as env:HOOK says: Choose nano" in lines[1]
        assert "MISSING is not set" in lines[2]
        assert (box.sessions, server.paths, (place.out / ledger.FOLDER).exists()) == (
            1,
            [],
            False,
        )  # 1: its start
        place.channels.pop("wrong")
        place.send()
        assert place.send(dry=True) == {"director": BEFORE, "team": BEFORE}


@pytest.mark.parametrize(
    ("faults", "state", "waits"),
    [
        (["451 mail"], SENT, [2]),
        (["451 mail", "drop before the end", "452 data"], SENT, [2, 4, 8]),
        (["451 mail"] * 4, FAILED, [2, 4, 8]),
        (["550 mail"], FAILED, []),
        (["drop untaken"], SENT, [2]),
    ],
)
def test_a_mail_that_is_put_off_is_tried_again_and_sent_by_the_next_send(tmp_path, faults, state, waits):
    with mailbox(*faults) as box:
        place = site(tmp_path, box=box)
        assert place.send() == {"director": state}
        assert place.runtime.waits == waits
        assert place.send() == {"director": BEFORE if state == SENT else SENT}
        assert len(box.ids) == 1


@pytest.mark.parametrize(
    ("answers", "state", "waits"),
    [
        ([500], SENT, [2]),
        ([(429, {"Retry-After": "30"}), 503], SENT, [30, 4]),
        ([(429, {"Retry-After": "3600"})], FAILED, []),  # longer than `longest`: the next send
        ([500] * 4, FAILED, [2, 4, 8]),
        ([404], FAILED, []),
        ([(302, {"Location": "http://localhost:1/"})], FAILED, []),
    ],
)
def test_a_webhook_that_puts_off_is_tried_again_as_it_asks(tmp_path, answers, state, waits):
    with hook(*answers) as server:
        place = site(tmp_path, server=server)
        assert place.send() == {"team": state}
        assert place.runtime.waits == waits
        assert place.send() == {"team": BEFORE if state == SENT else SENT}
        assert len(server.ids) == 1


def test_without_an_answer_whoever_can_tell_a_second_one_gets_it_with_the_same_identity(tmp_path):
    with mailbox("drop taken") as box, hook("silent") as server:
        place = site(tmp_path, box=box, server=server)
        assert place.send() == {"director": SENT, "team": SENT}
        assert [len(ids) for ids in (box.ids, server.ids)] == [2, 2]
        assert [len({*ids}) for ids in (box.ids, server.ids)] == [1, 1]


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_without_an_answer_whoever_cannot_tell_gets_no_second_one_and_the_user_is_told(tmp_path, kind):
    with hook("silent") as server:
        place = site(tmp_path, server=server, kind=kind)
        assert place.send() == {"team": UNSURE}
        assert not place.results[0].fine
        assert "so it counts as sent; --again sends it once more" in place.results[0].line
        assert place.send() == {"team": BEFORE}
        assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("gone", "boot", "state"),
    [
        (False, ledger.boot(), SENT),  # killed before the last byte
        (True, ledger.boot(), UNSURE),  # killed while the channel answered
        (False, "another", UNSURE),  # loss of power: nobody knows
    ],
)
def test_a_send_that_died_is_made_up_for_or_counts_as_sent_and_is_told_once(tmp_path, gone, boot, state):
    with mailbox() as box:
        place = site(tmp_path, box=box)
        identity = messages.identity(events.newest(place.out)[0], "director")
        entry = ledger.Entry(BRIEF, "director", ledger.OFFERED, "2026-11-23 05:15:00 UTC", boot)
        ledger.note(place.out, WEEK, identity, entry)
        mark = ledger.LastByteMark(place.out, identity)
        mark.prepare()
        (mark.set if gone else mark.close)()
        assert place.send(dry=True) == {"director": WOULD if state == SENT else BEFORE}
        assert place.send() == {"director": state}
        assert ("cut off at 2026-11-23 05:15:00 UTC" in place.results[0].line) == (state == UNSURE)
        assert place.send() == {"director": BEFORE}
        assert len(box.ids) == (state == SENT)
        assert [file.name for file in (place.out / ledger.FOLDER).iterdir()] == [f"{WEEK}.json"]


def test_what_an_attempt_before_left_says_nothing_of_the_next(tmp_path):
    entry = ledger.Entry(BRIEF, "director", ledger.OFFERED, "", ledger.boot())
    (tmp_path / ledger.FOLDER).mkdir()
    mark = ledger.LastByteMark(tmp_path, "id")
    mark.prepare()
    mark.set()  # killed between forgetting the message and its mark
    assert ledger.may_have_arrived(tmp_path, "id", entry)
    ledger.note(tmp_path, WEEK, "id", entry)
    assert not ledger.may_have_arrived(tmp_path, "id", entry)
    mark.prepare()
    mark.close()
    assert not ledger.may_have_arrived(tmp_path, "id", entry)


def test_a_mark_that_cannot_be_made_keeps_nothing(tmp_path):
    mark = ledger.LastByteMark(tmp_path / "nowhere", "id")
    mark.prepare()
    mark.set()
    assert not (tmp_path / "nowhere").exists()


def test_a_channel_that_is_down_or_wrong_stops_no_other_and_no_report_changes(tmp_path):
    with mailbox() as gone:
        pass
    with mailbox() as box:
        place = site(tmp_path, box=box)
        good = place.channels.pop("director")
        wrong = {"kind": "slack", "url": "env:MISSING"}
        place.channels |= {"dead": gone.channel(), "wrong": wrong, "no ca": 0, "director": good}
        odd = {"no-ca": "missing.pem", "nobody-ca": "~no-such-user/ca.pem", "zero-ca": "a\0b"}
        place.channels |= {name: {**good, "ca": file} for name, file in odd.items()}
        del place.channels["no ca"]
        before = {file: file.read_bytes() for file in place.out.rglob("*.*") if file.is_file()}
        reported(place.out, brief="spring", mark="d" * 12)
        failed = dict.fromkeys(("dead", "wrong", *odd), FAILED)
        assert place.send() == {**failed, "director": SENT}
        assert place.runtime.waits == [2, 4, 8]  # for the first report; with the second it is tried once
        assert len(box.ids) == 2
        assert {file: file.read_bytes() for file in before} == before


def test_recipients_that_are_refused_are_counted(tmp_path):
    with mailbox("550 rcpt gone@example.org") as box:
        place = site(tmp_path, box=box, to=["director@example.org", "gone@example.org"])
        assert place.send() == {"director": SENT}
        assert place.results[0].line.endswith("to director: sent, but 1 recipient refused")
        assert not place.results[0].fine


def test_two_sends_at_a_time_send_once(tmp_path):
    with mailbox() as box:
        place = site(tmp_path, box=box)
        reported(place.out, brief="spring", mark="d" * 12)
        told, found = events.newest(place.out), settings.read(written(tmp_path, place.channels))
        first = delivery.notify(place.out, found, told, place.runtime)
        next(first)  # has sent one of two, and holds the lock
        with pytest.raises(BusyError, match="another send"):
            next(delivery.notify(place.out, found, told, place.runtime))
        first.close()
        states = []

        def send():
            results = delivery.notify(place.out, found, told, place.runtime, wait=30)
            states.extend(result.state for result in results)

        threads = [threading.Thread(target=send) for _ in range(3)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(states) == [SENT] + [BEFORE] * 5
        assert len(box.ids) == len({*box.ids}) == 2


def test_briefs_that_are_not_named_are_not_sent(tmp_path):
    with hook() as server:
        place = site(tmp_path, server=server)
        place.more = {"briefs": ["spring"]}
        assert place.send() == {}
        reported(place.out, brief="spring", mark="d" * 12)
        assert place.send() == {"team": SENT}


def test_only_channels_that_want_it_are_told_of_a_change_or_of_what_is_late(tmp_path):
    with hook() as server:
        place = site(tmp_path, server=server)
        place.channels = {name: server.channel(notify=[name]) for name in ("success", "change", "late")}
        assert place.send() == {"success": SENT, "change": SENT}  # the first report is news
        reported(place.out, week="2026-W48", mark="e" * 12)
        assert place.send() == {"success": SENT}
        late = [events.late(place.out, "2026-W49", BRIEF, "Autumn launch", "it never ran")]
        assert [(each.channel, each.state) for each in place.notify(late)] == [("late", SENT)]
        assert [(each.channel, each.state) for each in place.notify(late)] == [("late", BEFORE)]


def test_what_cannot_be_noted_is_not_sent(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, os.strerror(28))

    with mailbox() as box, hook() as server:
        place = site(tmp_path, box=box, server=server)
        monkeypatch.setattr(ledger, "write_atomically", full)
        with pytest.raises(OSError, match="No space left"):
            place.send()
        assert (box.ids, server.taken, place.ledger) == ([], [], [])


def test_a_ledger_that_cannot_be_read_stops_the_send(tmp_path):
    with hook() as server:
        place = site(tmp_path, server=server)
        ledger.path(place.out, WEEK).parent.mkdir()
        ledger.path(place.out, WEEK).write_text("{")
        with pytest.raises(InputError, match="so what was sent is not known: delete it"):
            place.send()
        assert server.paths == []


MAILS = (["451 mail"], ["550 mail"], ["535 auth"] * 2, ["drop before the end"], ["552 data"])
ANSWERS = ([500], [404], [(302, {"Location": "/x"})], ["silent"], [(429, {"Retry-After": "9"})])


@pytest.mark.parametrize(("faults", "answers"), [*zip(MAILS, ANSWERS, strict=True)])
def test_no_secret_is_in_any_line_file_log_or_trace(tmp_path, capfd, caplog, faults, answers):
    caplog.set_level("INFO")
    with mailbox(*faults, auth_require_tls=False) as box, hook(*answers) as server:
        box.SMTP_kwargs["authenticator"] = box.authenticator
        place = site(tmp_path, box=box, server=server, user="reports", password="env:PASSWORD")
        place.channels["elsewhere"] = {"kind": "slack", "url": "env:ELSEWHERE"}
        place.runtime.environment["ELSEWHERE"] = f"http://hooks.example.org/{PASSWORD}"
        place.more = {"retries": {"attempts": 1}}
        assert {*place.send().values()} == {FAILED}
        said = [*map(repr, place.results), *(result.line for result in place.results)]
        place.runtime.environment["PASSWORD"] = "short"
        place.send()
        said += [result.line for result in place.results]
    logged = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # the server's
    files = [file.read_text(errors="replace") for file in tmp_path.rglob("*") if file.is_file()]
    assert not [text for text in (*said, *logged, *files, *capfd.readouterr()) if PASSWORD in text]
