"""send.yaml -> channels, checked; where their secrets are kept, never the secrets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from nanospread.campaign.brief.parts import Name
from nanospread.core import errors, files, typed
from nanospread.core.models import FrozenModel, Listed, Text, checked, spelt, within
from nanospread.core.secrets import Secret, Source, is_loopback, secret

FILE = "send.yaml"
LOCAL = ("localhost", "localhost.localdomain")
LABEL = "[A-Za-z0-9_-]{1,63}"
HOST = rf"{LABEL}(\.{LABEL})*|[0-9A-Fa-f:]+"  # a name, or an address of version 6
PORTS = {"starttls": 587, "tls": 465, "none": 25}

Notify = Annotated[
    tuple[Literal["success", "change", "failure", "late"], ...], Listed, pydantic.Field(min_length=1)
]
Host = Annotated[Text, pydantic.AfterValidator(spelt(HOST, "the name of a host, no URL"))]
ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9][A-Za-z0-9.-]*"
Address = Annotated[Text, pydantic.AfterValidator(spelt(ADDRESS, "one mail address, name@host"))]
SENDER = rf"(?:([\w .,&()'·-]{{1,100}}) <)?({ADDRESS})(?(1)>)"
Sender = Annotated[
    Text, pydantic.AfterValidator(spelt(SENDER, "one mail address, name@host or Our name <name@host>"))
]
Attached = Annotated[
    Text, pydantic.AfterValidator(spelt(r"(csv/)?[A-Za-z0-9_-]+\.[a-z0-9]+", "a file of the report"))
]
Link = Annotated[
    Text,
    pydantic.AfterValidator(
        spelt(r"https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9._~%/-]*)?", "a plain http or https address")
    ),
]


class Channel(FrozenModel):
    """What all channels have. notify: of what it is told. ca: a file of the only certificates to trust."""

    notify: Notify = ("success", "failure")
    ca: Text | None = None


class Smtp(Channel):
    """A mail server. password: where it is kept. attach: files of the report that go with its mail."""

    kind: Literal["smtp"]
    host: Host
    port: Annotated[int | None, within(1, 65_535)] = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Text | None = None
    password: Source | None = None
    from_: Annotated[Sender, pydantic.Field(alias="from")]
    to: Annotated[tuple[Address, ...], Listed, pydantic.Field(min_length=1, max_length=100)]
    attach: Annotated[tuple[Attached, ...], Listed] = ()

    @pydantic.model_validator(mode="after")
    def _safe(self) -> "Smtp":
        if self.security == "none" and not is_loopback(self.host, LOCAL):
            raise ValueError("security: none is for a server on this machine: write starttls or tls")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self

    @property
    def sender(self) -> tuple[str, str]:
        """Return the name that readers see, "" where none is given, and the address."""
        match = re.fullmatch(SENDER, self.from_)
        assert match
        return match[1] or "", match[2]

    @property
    def destination(self) -> str:
        """Return who gets the mail, and by which server."""
        return f"{', '.join(self.to)} by {self.host_port}"

    @property
    def host_port(self) -> str:
        """Return the server as host:port."""
        return f"{self.host}:{self.port or PORTS[self.security]}"


class Webhook(Channel):
    """An address that takes JSON. url: where it is kept, since whoever knows it can post there."""

    kind: Literal["slack", "teams", "json"]
    url: Source


KINDS: Mapping[str, type[Smtp] | type[Webhook]] = {
    "smtp": Smtp, "slack": Webhook, "teams": Webhook, "json": Webhook,
}  # fmt: skip


class Retries(FrozenModel):
    """How a channel that is down is tried again.

    attempts: in one `send`. longest: wait between two [s]; a channel that asks for more is left for the next
    `send`. timeout: of one step [s], and five times that of a whole attempt.
    """

    attempts: Annotated[int, within(1, 10)] = 4
    longest: Annotated[int, within(1, 600)] = 60
    timeout: Annotated[int, within(1, 300)] = 30


DEFAULT_RETRIES = Retries()


class _Content(FrozenModel):
    report_url: Link | None = None
    channels: Mapping[str, Any]
    briefs: Annotated[tuple[Name, ...], Listed] = ()
    retries: Retries = DEFAULT_RETRIES


@dataclass(frozen=True)
class Settings:
    """What send.yaml says. folder: it lies in, where relative paths start. briefs: () is every one.

    report_url: where readers find the folder of reports, "" where nowhere.
    """

    folder: Path
    channels: Mapping[str, Smtp | Webhook]
    report_url: str = ""
    briefs: tuple[str, ...] = ()
    retries: Retries = DEFAULT_RETRIES

    def secret_of(self, name: str, environment: Mapping[str, str]) -> Secret | None:
        """Return the password or address of a channel; None where it has none. environment: of variables.

        Raises: InputError, which never repeats the secret.
        """
        channel = self.channels[name]
        field = "password" if isinstance(channel, Smtp) else "url"
        source = channel.password if isinstance(channel, Smtp) else channel.url
        return secret(source, f"channels.{name}.{field}", self.folder, environment) if source else None


def read(file: Path) -> Settings:
    """Return what a send.yaml says.

    Raises: InputError, one line: no such file, one that others may write, or a field that is wrong.
    """
    text = files.settings_text(file, "send.example.yaml")
    try:
        content = typed.from_yaml(text)
        if not isinstance(content, dict):
            raise errors.InputError("must be a list of `field: value` lines")
        parsed = checked(_Content, content)
        if not parsed.channels:
            raise errors.InputError("channels is empty: name one at least")
        channels = {name: _channel(name, fields) for name, fields in parsed.channels.items()}
    except errors.InputError as error:
        raise errors.InputError(f"{file.name}: {error}") from error
    link = f"{parsed.report_url.rstrip('/')}/" if parsed.report_url else ""
    return Settings(file.parent, channels, link, parsed.briefs, parsed.retries)


def _channel(name: str, fields: object) -> Smtp | Webhook:
    location = f"channels.{name}"
    if not re.fullmatch("[a-z0-9][a-z0-9_-]{0,63}", name):
        raise errors.InputError(f"{location[:80]}: a channel's name has small letters, digits, - and _ only")
    if not isinstance(fields, dict):
        raise errors.InputError(f"{location} must be a list of `field: value` lines")
    kind = str(fields.get("kind", ""))
    if kind not in KINDS:
        raise errors.unknown(f"kind of {location}", kind, KINDS)
    return checked(KINDS[kind], fields, f"{location}: ")
