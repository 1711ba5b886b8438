"""Tokens and passwords: where one is kept -> the secret, which no text that is written shows.

A setting names where a secret is kept, never the secret: `env:NAME`, `file:PATH` (of this user alone, mode
0600), `keyring:SERVICE/NAME` (the system's, where the extra of that name is installed).
"""

import ipaddress
import os
import re
import stat
from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, quote_plus

import pydantic

from nanospread.core import files, models, paths
from nanospread.core.errors import InputError

WAYS = "env:NAME, file:PATH or keyring:SERVICE/NAME"
HIDDEN = "[hidden]"
NO_SOURCE = f"must say where the secret is kept, not what it is: write {WAYS}"
SOURCE = re.compile(r"(env|file|keyring):[ -~]{1,200}")
NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
SPOKEN = re.compile("[A-Z0-9_]{1,40}")  # a variable's name that can hardly be the secret itself
LONGEST = 10_000  # bytes of a file
BUS = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")  # by which the system's keyring is found
SHORTEST = 8  # characters; what is shorter would hide words


class Secret:
    """A token or password. Only `reveal` returns it; printed it says where it is kept. It is not pickled."""

    __slots__ = ("_text", "source")

    def __init__(self, text: str, source: str) -> None:
        self._text, self.source = text, source

    def __repr__(self) -> str:
        return f"Secret({self.source!r})"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")

    def reveal(self) -> str:
        """Return the secret itself, for the one call that needs it."""
        return self._text

    def hidden_in(self, text: str) -> str:
        """Return a text with the secret, as it is or as a URL would hold it, replaced."""
        plain = self._text
        spellings = {plain, plain.replace("/", r"\/"), quote(plain, safe=""), quote(plain), quote_plus(plain)}
        for spelling in sorted(spellings, key=len, reverse=True):
            text = text.replace(spelling, HIDDEN)
        return text


def _source(value: object) -> str:
    """Return a source as it is written. What is none may be the secret: no error repeats it."""
    if not isinstance(value, str) or not SOURCE.fullmatch(value.strip()):
        raise models.SecretValueError(NO_SOURCE)
    return value.strip()


Source = Annotated[str, pydantic.BeforeValidator(_source)]


def secret(source: str, field: str, folder: Path, environment: Mapping[str, str]) -> Secret:
    """Return the secret that a setting says is kept somewhere.

    Parameters: source: one of `WAYS`. field: the setting's name, for errors. folder: where relative paths
    start. environment: variables by name.

    Raises: InputError naming the field and what to do; what was written for a source is never repeated, since
    it may be the secret itself.
    """
    scheme, _, location = source.partition(":")
    if scheme not in ("env", "file", "keyring") or not location:
        raise InputError(f"{field} {NO_SOURCE}")
    text = {"env": _from_environment, "file": _from_file, "keyring": _from_keyring}[scheme](
        location, field, folder, environment
    ).strip()
    if len(text) < SHORTEST or not re.fullmatch("[!-~]+", text):
        raise InputError(
            f"{field}: what {source} holds is no secret: {SHORTEST} or more characters of ASCII, no blanks, "
            "one line"
        )
    return Secret(text, source)


def _from_environment(name: str, field: str, _: Path, environment: Mapping[str, str]) -> str:
    if not NAME.fullmatch(name):
        raise InputError(f"{field}: after env: stands the name of a variable: letters, digits and _")
    if not environment.get(name):
        label = f"variable {name}" if SPOKEN.fullmatch(name) else "variable that it names"
        raise InputError(f"{field}: the environment {label} is not set")
    return environment[name]


def _from_file(path: str, field: str, folder: Path, _: Mapping[str, str]) -> str:
    file = folder / paths.expanded(path)
    try:
        status, content = files.regular(file, LONGEST)
    except InputError as error:
        raise InputError(f"{field}: {error}") from error
    if status.st_uid != os.geteuid():
        raise InputError(f"{field}: file '{file}' is another user's")
    if open_bits := stat.S_IMODE(status.st_mode) & 0o077:
        raise InputError(
            f"{field}: file '{file}' is open to others (mode {open_bits:03o}): run chmod 600 on it"
        )
    return content.decode(errors="replace")


def _from_keyring(entry: str, field: str, _: Path, environment: Mapping[str, str]) -> str:
    service, slash, name = entry.rpartition("/")
    if not (service and slash and name):
        raise InputError(f"{field}: after keyring: stands SERVICE/NAME")
    try:
        keyring = import_module("keyring")
    except ImportError as error:
        raise InputError(f"{field}: keyring is not installed: pip install 'nanospread[keyring]'") from error
    bus_variables = {
        variable: environment[variable]
        for variable in BUS
        if variable in environment and variable not in os.environ
    }
    os.environ.update(bus_variables)  # a command's own environment is a list without them
    try:
        text = keyring.get_password(service, name)
    except Exception as error:  # each system has its own; what they say may hold what they found
        raise InputError(f"{field}: the keyring cannot be read ({type(error).__name__})") from None
    finally:
        for variable in bus_variables:
            del os.environ[variable]
    if not text:
        raise InputError(f"{field}: the keyring holds nothing for service {service!r}, name {name!r}")
    return str(text)


def is_loopback(host: str, names: Collection[str] = ()) -> bool:
    """Return if a host is this machine, to which a secret may go unencrypted: an address, or such a name.

    By what is written alone: no name is looked up, as whoever answers for it could send a secret elsewhere.
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in names
