"""Pages of media -> all media of one account, each once, and why there are no more.

Addresses of next pages are never followed: they hold the token, and may lead anywhere. A page is asked for by
its cursor. An empty page is no end where another is said to follow; a cursor that comes again is one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nanospread.fetch.asking import Asking
from nanospread.fetch.calls import Question
from nanospread.fetch.faults import Verdict

PAGE = 50  # media; larger pages of other accounts are refused
AROUND = "gave up: the platform shows the same page again"
EMPTY, MOST_EMPTY = "gave up: empty pages without end", 10
CURSOR = re.compile(r"[!-'*-z|~]{1,4000}")  # as it goes into a question: no brackets, which would end it
UNFIT = "gave up: the next page cannot be asked for"
ID = re.compile("[A-Za-z0-9_-]{1,64}")  # as it goes into an address
NO_ID = "a medium without an id"
NO_LIST = "gave up: no list of media came"


@dataclass
class Learned:
    """What answers of a fetch have taught, for the rest of it.

    size: media a page; sparse: whether only needed fields are asked for; unfit: metrics by media product
    type;
    without: how many media of a type had no figure at all.
    """

    size: int = PAGE
    sparse: bool = False
    unfit: set[tuple[str, str]] = field(default_factory=set)
    without: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """One page: its media, the cursor after it, and whether a page follows."""

    media: list[Any]
    after: str
    more: bool


@dataclass(frozen=True)
class Listing:
    """The media of an account. first: the answer with its first page; reason: why the list is cut, or "".

    stray: what stood in the list and is no medium.
    """

    first: Mapping[str, Any] | None
    media: Mapping[str, Mapping[str, Any]]
    reason: str = ""
    pages: int = 0
    stray: int = 0


def page(edge: object, *, by_cursor: bool) -> Page | str:
    """Return a page of an edge such as `media`; why there is none where it holds no list.

    by_cursor: no address of a next page is given as a rule, so a page follows wherever there is a cursor.
    """
    held = edge if isinstance(edge, Mapping) else {}
    media, paging = held.get("data"), held.get("paging")
    if not isinstance(media, list):
        return NO_LIST
    turns = paging if isinstance(paging, Mapping) else {}
    cursors = turns.get("cursors")
    given = str(cursors.get("after") or "") if isinstance(cursors, Mapping) else ""
    after = given if CURSOR.fullmatch(given) else ""
    return Page(media, after, bool(given and (by_cursor or turns.get("next"))))


def identified(medium: object) -> Mapping[str, Any] | None:
    """Return a medium with its id as text, which a number is too; None where it has none."""
    id_ = medium.get("id") if isinstance(medium, Mapping) else None
    id_ = str(id_) if type(id_) is int else id_
    return {**medium, "id": id_} if isinstance(id_, str) and ID.fullmatch(id_) else None  # type: ignore[dict-item]


def listing(
    asking: Asking,
    learned: Learned,
    question: Callable[[str, Learned], Question],
    read: Callable[[Mapping[str, Any]], Page | str],
    enough: Callable[[Mapping[str, Any], Mapping[str, Mapping[str, Any]], Page], bool],
    doubtful: Callable[[Mapping[str, Any]], bool] | None = None,
) -> Listing:
    """Return the media of an account.

    question: cursor ("" for the first page) -> what to ask. read: an answer -> its page, or why it has none.
    enough: the first answer, the media so far and their last page -> whether no more are wanted.
    """
    first: Mapping[str, Any] | None = None
    media: dict[str, Mapping[str, Any]] = {}
    after, seen, pages, stray, empty = "", {""}, 0, 0, 0
    while True:
        found = _asked(asking, learned, question, after, doubtful)
        came = read(found.body) if found.body is not None else found.reason
        if isinstance(came, str):
            return Listing(first, media, came, pages, stray)
        first, pages = first or found.body, pages + 1
        known = [each for each in map(identified, came.media) if each]
        stray += len(came.media) - len(known)
        for each in known:
            media.setdefault(each["id"], each)
        empty = 0 if came.media else empty + 1
        assert first is not None
        if not came.more or enough(first, media, came):
            return Listing(first, media, "", pages, stray)
        if came.after in seen or empty > MOST_EMPTY:
            reason = UNFIT if not came.after else AROUND if came.after in seen else EMPTY
            return Listing(first, media, reason, pages, stray)
        seen.add(came.after)
        after = came.after


def _asked(
    asking: Asking,
    learned: Learned,
    question: Callable[[str, Learned], Question],
    after: str,
    doubtful: Callable[[Mapping[str, Any]], bool] | None,
) -> Verdict:
    """Return the answer to a question; smaller pages, or fewer fields, are asked for where it must be."""
    while True:
        found = asking.answer(question(after, learned), doubtful)
        if found.do == "halve" and learned.size > 1:
            learned.size //= 2
        elif found.do == "split" and not learned.sparse:
            learned.sparse = True
        else:
            return found
