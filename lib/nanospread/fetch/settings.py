"""fetch.yaml -> what to fetch and as whom, strictly read; the creators that its list names."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import pandas as pd
import pydantic

from nanospread.core import errors, files, paths, typed
from nanospread.core.models import FrozenModel, Text, checked, spelt, within
from nanospread.core.secrets import Source, is_loopback
from nanospread.ingest.tables import READERS

FILE = "fetch.yaml"
HOSTS = {"facebook": "https://graph.facebook.com", "instagram": "https://graph.instagram.com"}
STORE = "store"  # creators: those that the store knows
LARGEST = 10_000_000  # bytes of a list of creators
HEADERS = ("creator", "username", "handle", "account", "instagram", "profile")  # of a column of names

Id = Annotated[
    str,
    pydantic.BeforeValidator(lambda value: str(value) if type(value) is int else value),
    pydantic.AfterValidator(spelt("[0-9]{1,30}", "an id: digits alone")),
]


def _loopback_only(host: str) -> str:
    """Return a host of tests: only this machine itself, so that no token goes elsewhere."""
    parts = urlsplit(host)
    is_local = is_loopback(parts.hostname or "")
    if parts.scheme not in ("http", "https") or not is_local or parts.path.strip("/"):
        raise ValueError("may only be this machine itself (http://127.0.0.1:PORT), for tests: leave it out")
    return host.rstrip("/")


class Settings(FrozenModel):
    """What fetch.yaml says.

    account: id of one's own professional account. token, app_secret: where they are kept. creators: a file
    with their names, or `store`; own: a brand's posts are no creator's, so that no table of creators has
    them. media: posts of each account. since_days: none older.
    """

    login: Literal["facebook", "instagram"] = "facebook"
    account: Id | None = None
    token: Source
    app_id: Id | None = None
    app_secret: Source | None = None
    version: Annotated[str, pydantic.AfterValidator(spelt(r"v[0-9]{1,3}\.0", "such as v26.0"))] = "v26.0"
    creators: Text | None = None
    own: Literal["brand", "creator", "none"] = "brand"
    media: Annotated[int, within(1, 10_000)] = 50
    since_days: Annotated[int, within(1, 3_650)] | None = None
    insights: bool = True
    stories: bool = True
    calls_per_hour: Annotated[int, within(1, 1_000_000)] | None = None
    host: Annotated[Text, pydantic.AfterValidator(_loopback_only)] | None = None

    @pydantic.model_validator(mode="after")
    def _can_be(self) -> "Settings":
        if self.login == "instagram" and self.creators:
            raise ValueError("creators need login: facebook; Instagram login tells nothing of other accounts")
        if self.own == "none" and not self.creators:
            raise ValueError("own: none without creators leaves nothing to fetch")
        return self

    @property
    def address(self) -> str:
        """Return the host that is asked, the only one."""
        return self.host or HOSTS[self.login]

    @property
    def asked(self) -> dict[str, object]:
        """Return what decides which requests are asked; neither where the token is kept nor the pace."""
        uncached = {"token", "app_id", "app_secret", "calls_per_hour", "host", "creators"}
        return self.model_dump(exclude=uncached)


def read(file: Path) -> Settings:
    """Return the settings of a file. Raises: InputError, one line that names it and each field at fault."""
    text = files.settings_text(file, "fetch.example.yaml")
    try:
        content = typed.from_yaml(text)
        if not isinstance(content, dict):
            raise errors.InputError("settings are a list of `field: value` lines")
        return checked(Settings, content)
    except errors.InputError as error:
        raise errors.InputError(f"{file.name}: {error}") from error


def asked_before(requested: Mapping[str, object]) -> Settings:
    """Return the settings of an earlier fetch, from what it asked: enough to read its answers again."""
    creators = STORE if requested["login"] == "facebook" else None  # which of them stands in the journal
    return checked(Settings, {**requested, "token": "env:NONE", "creators": creators})


def creators(settings: Settings, folder: Path) -> tuple[str, ...]:
    """Return the creators that the file of names lists, each once; none where no file is named.

    folder: where relative paths start. A file holds one name a line, or is a CSV with a column of names.
    """
    if settings.creators in (None, STORE):
        return ()
    path = folder / paths.expanded(str(settings.creators))
    if not path.is_file():
        file_names = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        guess = errors.nearest(path.name, file_names)
        hint = f"; did you mean {guess!r}?" if guess else f"; name a file, or write `creators: {STORE}`"
        raise errors.InputError(f"creators: file '{path}' does not exist{hint}")
    if path.stat().st_size > LARGEST:
        raise errors.InputError(f"creators: file '{path}' is larger than {LARGEST:,} bytes")
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    if "\0" in text:
        raise errors.InputError(f"creators: file '{path}' is no text: save it as CSV UTF-8")
    return spelt_names(_cells(text, path.name))


def _cells(text: str, name: str) -> list[str]:
    """Return the cells of the column of names; of a file without such a column, the first of each line."""
    try:
        rows = list(_rows(text))
    except csv.Error as error:
        raise errors.InputError(f"creators: {name} cannot be read as CSV ({error})") from error
    header = [cell.strip().lower().removeprefix("instagram_") for cell in rows[0]] if rows else []
    position = next((header.index(word) for word in HEADERS if word in header), None)
    if position is None and len(header) > 1:
        raise errors.InputError(f"creators: {name} has no column {' or '.join(HEADERS[:2])}")
    return [row[position or 0] for row in rows[position is not None :] if len(row) > (position or 0)]


def _rows(text: str) -> Iterator[list[str]]:
    """Yield rows without comments, which start where a row does: a `#` in a cell of several lines is none."""
    lines = io.StringIO(text, newline=None).readlines()
    delimiter = max(",;\t", key=lambda each: sum(each in line for line in filter(_begins_row, lines)))
    remaining = iter(lines)
    for line in filter(_begins_row, remaining):
        yield next(csv.reader(itertools.chain([line], remaining), delimiter=delimiter, strict=True))


def _begins_row(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def spelt_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names as the tables spell them, each once, in their order; what is none stays as it is."""
    stripped = pd.Series([name.strip() for name in names], dtype="str")
    accounts = READERS["creators"]["creator"](stripped).values.fillna("")
    return tuple(
        dict.fromkeys(name or raw for name, raw in zip(accounts, stripped, strict=True) if name or raw)
    )
