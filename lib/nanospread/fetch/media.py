"""An account's media: all of them, page by page, each once, and why there are no more; and their figures.

Addresses of next pages are never followed: they hold the token, and may lead anywhere. A page is asked for by
its cursor. An empty page is no end where another is said to follow; a cursor that comes again is one. One
metric that does not fit fails a whole call for figures: it is found and left out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nanospread.fetch import api_rules
from nanospread.fetch.api_rules import Decision
from nanospread.fetch.calls import GraphRequest
from nanospread.fetch.session import Session

PAGE = 50  # media; larger pages of other accounts are refused
CURSOR_LOOP = "gave up: the platform shows the same page again"
EMPTY, MAX_EMPTY = "gave up: empty pages without end", 10
CURSOR = re.compile(r"[!-'*-z|~]{1,4000}")  # as it goes into a request: no brackets, which would end it
BAD_CURSOR = "gave up: the next page cannot be asked for"
ID = re.compile("[A-Za-z0-9_-]{1,64}")  # as it goes into an address
NO_ID = "a medium without an id"
NO_LIST = "gave up: no list of media came"


@dataclass
class Tuning:
    """What answers of a fetch have taught, for the rest of it.

    page_size: media a page; needed_only: whether optional fields are left out; unsupported:
    metrics by media product type;
    without_figures: how many media of a type had no figure at all.
    """

    page_size: int = PAGE
    needed_only: bool = False
    unsupported: set[tuple[str, str]] = field(default_factory=set)
    without_figures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """One page: its media, the cursor after it, and whether a page follows."""

    media: list[Any]
    after: str
    more: bool


@dataclass(frozen=True)
class Listing:
    """The media of an account. first: the answer with its first page; reason: why the list is cut, or "".

    invalid: what stood in the list and is no medium.
    """

    first: Mapping[str, Any] | None
    media: Mapping[str, Mapping[str, Any]]
    reason: str = ""
    pages: int = 0
    invalid: int = 0


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
    session: Session,
    tuning: Tuning,
    request: Callable[[str, Tuning], GraphRequest],
    read: Callable[[Mapping[str, Any]], Page | str],
    enough: Callable[[Mapping[str, Any], Mapping[str, Mapping[str, Any]], Page], bool],
    doubtful: Callable[[Mapping[str, Any]], bool] | None = None,
) -> Listing:
    """Return the media of an account.

    request: cursor ("" for the first page) -> what to ask. read: an answer -> its page, or why it has none.
    enough: the first answer, the media so far and their last page -> whether no more are wanted.
    """
    first: Mapping[str, Any] | None = None
    media: dict[str, Mapping[str, Any]] = {}
    after, seen, pages, invalid, empty = "", {""}, 0, 0, 0
    while True:
        found = _page_answer(session, tuning, request, after, doubtful)
        came = read(found.body) if found.body is not None else found.reason
        if isinstance(came, str):
            return Listing(first, media, came, pages, invalid)
        first, pages = first or found.body, pages + 1
        known = [each for each in map(identified, came.media) if each]
        invalid += len(came.media) - len(known)
        for each in known:
            media.setdefault(each["id"], each)
        empty = 0 if came.media else empty + 1
        assert first is not None
        if not came.more or enough(first, media, came):
            return Listing(first, media, "", pages, invalid)
        if came.after in seen or empty > MAX_EMPTY:
            reason = BAD_CURSOR if not came.after else CURSOR_LOOP if came.after in seen else EMPTY
            return Listing(first, media, reason, pages, invalid)
        seen.add(came.after)
        after = came.after


def _page_answer(
    session: Session,
    tuning: Tuning,
    request: Callable[[str, Tuning], GraphRequest],
    after: str,
    doubtful: Callable[[Mapping[str, Any]], bool] | None,
) -> Decision:
    """Return the answer to a request; smaller pages, or fewer fields, are asked for where it must be."""
    while True:
        found = session.answer(request(after, tuning), doubtful)
        if found.action == "halve" and tuning.page_size > 1:
            tuning.page_size //= 2
        elif found.action == "split" and not tuning.needed_only:
            tuning.needed_only = True
        else:
            return found


NO_FIGURES = "no figures given"
UNKNOWN_TYPE = "a kind of medium without figures"
GIVE_UP_AFTER = 2  # media of a type without any figure: after these, no metric is looked for alone


def insights(
    session: Session, tuning: Tuning, medium: Mapping[str, Any], day: str, version: str
) -> tuple[list[Mapping[str, Any]], str]:
    """Return the metrics of a medium as the API gives them, and why there are none, "" where there are.

    Empty data are no figures, not zeros.
    """
    kind = str(medium.get("media_product_type"))
    metrics = [
        name for name in api_rules.metrics(kind, day, version) if (kind, name) not in tuning.unsupported
    ]
    if not metrics:
        return [], UNKNOWN_TYPE
    unsupported: list[str] = []
    found, reason = _figures(session, tuning, medium["id"], kind, metrics, unsupported)
    if found:
        tuning.unsupported |= {(kind, name) for name in unsupported}
    elif unsupported:
        tuning.without_figures[kind] = tuning.without_figures.get(kind, 0) + 1
    return found, "" if found else reason or NO_FIGURES


def _figures(
    session: Session, tuning: Tuning, medium: str, kind: str, metrics: Sequence[str], unsupported: list[str]
) -> tuple[list[Mapping[str, Any]], str]:
    """Return the figures of some metrics; where they are refused together, of each half."""
    answer = session.answer(GraphRequest(f"{medium}/insights", {"metric": ",".join(metrics)}))
    if answer.action == "split" and len(metrics) > 1 and tuning.without_figures.get(kind, 0) < GIVE_UP_AFTER:
        middle = len(metrics) // 2
        halves = [
            _figures(session, tuning, medium, kind, part, unsupported)
            for part in (metrics[:middle], metrics[middle:])
        ]
        return [each for found, _ in halves for each in found], halves[0][1] or halves[1][1]
    if answer.action == "split":
        unsupported += metrics
    listed = answer.body.get("data") if answer.body is not None else None
    told = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return told, answer.reason
