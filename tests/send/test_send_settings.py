"""Proves that send.yaml is read strictly: each wrong field is one line, and a secret is never in it."""

import re

import pytest

from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.core.secrets import is_loopback
from nanospread.send import settings
from receivers import PASSWORD, written

MAIL = {"kind": "smtp", "host": "mail.example.org", "from": "a@example.org", "to": ["b@example.org"]}
HOOK = {"kind": "slack", "url": "env:HOOK"}


def read(folder, channels, **more):
    return settings.read(written(folder, channels, **more))


def test_a_file_with_every_field_is_read(tmp_path):
    login = {"user": "u", "password": "env:PASSWORD", "attach": ["tables.xlsx", "csv/plan.csv"]}
    more = {"report_url": "https://reports.example.org/x", "briefs": ["autumn"], "retries": {"attempts": 2}}
    told = {"notify": ["change", "failure", "late"], "ca": "ca.pem"}
    found = read(tmp_path, {"director": {**MAIL, **login, **told}, "team": HOOK}, **more)
    director, team = found.channels.values()
    assert (director.host_port, director.security, director.to) == (
        "mail.example.org:587",
        "starttls",
        ("b@example.org",),
    )
    assert (team.notify, team.url) == (("success", "failure"), "env:HOOK")
    assert (found.report_url, found.briefs) == ("https://reports.example.org/x/", ("autumn",))
    assert (found.retries.attempts, found.retries.longest) == (2, 60)
    assert found.secret_of("director", {"PASSWORD": PASSWORD}).reveal() == PASSWORD


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ({**MAIL, "form": "x@y"}, r"channels\.a: unknown field 'form'; did you mean 'from'\?"),
        ({**MAIL, "kind": "smpt"}, "unknown kind of channels.a 'smpt'; did you mean 'smtp'"),
        ({"url": "env:A"}, "unknown kind of channels.a ''"),
        ({**MAIL, "to": []}, "to must have at least 1 item|to .*at least 1"),
        ({**MAIL, "to": ["b@example.org\nBcc: c@example.org"]}, "to.0 must be one mail address"),
        ({**MAIL, "from": "no address"}, "from must be one mail address"),
        ({**MAIL, "security": "none"}, "security: none is for a server on this machine"),
        ({**MAIL, "security": "ssl"}, "security must be 'starttls', 'tls' or 'none'; got 'ssl'"),
        ({**MAIL, "user": "u"}, "user and password go together"),
        ({**MAIL, "host": f"{'a' * 64}.example.org"}, "host must be the name of a host"),
        ({**MAIL, "host": "https://mail.example.org"}, "host must be the name of a host, no URL"),
        ({**MAIL, "port": 0}, "port must be from 1 to 65,535; got 0"),
        ({**MAIL, "attach": ["../secrets.txt"]}, "attach.0 must be a file of the report"),
        ({**MAIL, "notify": ["sucess"]}, "notify.0 must be 'success', 'change', 'failure' or 'late'"),
        ({**HOOK, "to": ["b@example.org"]}, "unknown field 'to'"),
        ("env:A", "channels.a must be a list of `field: value` lines"),
    ],
)
def test_a_wrong_channel_is_one_line(tmp_path, channel, words):
    with pytest.raises(InputError, match=words) as told:
        read(tmp_path, {"a": channel})
    assert str(told.value).startswith("send.yaml: ")


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ("a@example.org", ("", "a@example.org")),
        ("Our team, München (weekly) <a@example.org>", ("Our team, München (weekly)", "a@example.org")),
        ("A <a@example.org", None),
        ("<a@example.org>", None),
        ("a@example.org>", None),
        ('A" <x@y> <a@example.org>', None),
        ("A\r\nBcc: b <a@example.org>", None),
    ],
)
def test_a_sender_may_have_a_name_and_nothing_that_would_be_another_header(tmp_path, given, sender):
    if sender is None:
        with pytest.raises(InputError, match="from must be one mail address"):
            read(tmp_path, {"a": {**MAIL, "from": given}})
    else:
        assert read(tmp_path, {"a": {**MAIL, "from": given}}).channels["a"].sender == sender


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"channels": {}}, "channels is empty"),
        ({"report_url": "javascript:x"}, "report_url must be a plain http or https address"),
        ({"report_url": "https://a.org/<x>|"}, "report_url must be"),
        ({"retries": {"attempts": 0}}, "retries.attempts must be from 1 to 10"),
        ({"chanels": 1}, "unknown field 'chanels'; did you mean 'channels'"),
    ],
)
def test_what_else_is_wrong_is_one_line(tmp_path, more, words):
    with pytest.raises(InputError, match=words):
        read(tmp_path, **{"channels": {"a": HOOK}, **more})


@pytest.mark.parametrize("channel", [{**HOOK, "url": f"https://hooks.example.org/{PASSWORD}"},
                                     {**HOOK, "url": f"https://hooks.example.org/{PASSWORD * 10}"},
                                     {**MAIL, "user": "u", "password": PASSWORD}])  # fmt: skip
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path, channel):
    with pytest.raises(InputError, match="must say where the secret is kept") as told:
        read(tmp_path, {"a": channel}).secret_of("a", {})
    assert PASSWORD not in str(told.value)


def test_a_password_that_mail_cannot_carry_is_refused_and_not_repeated(tmp_path):
    found = read(tmp_path, {"a": {**MAIL, "user": "u", "password": "env:PASSWORD"}})
    with pytest.raises(InputError, match="of ASCII") as told:
        found.secret_of("a", {"PASSWORD": f"ü{PASSWORD}"})
    assert PASSWORD not in str(told.value)


def test_a_file_that_anybody_may_write_is_refused(tmp_path):
    file = written(tmp_path, {"a": HOOK})
    file.chmod(0o666)
    with pytest.raises(InputError, match="not everybody may write it"):
        settings.read(file)


def test_a_file_that_is_not_there_names_the_one_to_copy(tmp_path):
    with pytest.raises(InputError, match=r"copy send\.example\.yaml"):
        settings.read(tmp_path / "send.yaml")


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("127.0.0.1.example.org", False),
     ("localhost.example.org", False), ("10.0.0.1", False), ("", False)],
)  # fmt: skip
def test_only_this_machine_is_loopback(host, here):
    assert is_loopback(host, settings.LOCAL) is here


def test_the_example_of_the_page_that_explains_it_is_read(tmp_path):
    page = (paths.ROOT / "docs" / "how_to" / "send.md").read_text(encoding="utf-8")
    file = tmp_path / "send.yaml"
    file.write_text(re.search("```yaml\n(.*?)```", page, re.DOTALL)[1])
    assert [*settings.read(file).channels] == ["director", "team"]


def test_the_example_in_a_workspace_is_sound_also_with_all_that_is_commented_out(tmp_path):
    text = (paths.PACKAGE / "resources" / "workspace" / "send.example.yaml").read_text(encoding="utf-8")
    file = tmp_path / "send.yaml"
    for given in (text, re.sub(r"^( *)# (?=\w+: )", r"\1", text, flags=re.MULTILINE)):
        file.write_text(given)
        assert [*settings.read(file).channels] == ["director", "team"]
    assert settings.read(file).briefs == ("autumn",)
