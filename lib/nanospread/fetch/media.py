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
    has_next: bool


@dataclass(frozen=True)
class Listing:
    """The media of an account. first_answer: with its first page; reason: why the list is cut, or "".

    invalid: what stood in the list and is no medium.
    """

    first_answer: Mapping[str, Any] | None
    media: Mapping[str, Mapping[str, Any]]
    reason: str = ""
    pages: int = 0
    invalid: int = 0


def page(edge: object, *, by_cursor: bool) -> Page | str:
    """Return a page of an edge such as `media`; why there is none where it holds no list.

    by_cursor: no address of a next page is given as a rule, so a page follows wherever there is a cursor.
    """
    content = edge if isinstance(edge, Mapping) else {}
    media, paging = content.get("data"), content.get("paging")
    if not isinstance(media, list):
        return NO_LIST
    navigation = paging if isinstance(paging, Mapping) else {}
    cursors = navigation.get("cursors")
    cursor = str(cursors.get("after") or "") if isinstance(cursors, Mapping) else ""
    after = cursor if CURSOR.fullmatch(cursor) else ""
    return Page(media, after, bool(cursor and (by_cursor or navigation.get("next"))))


def identified(medium: object) -> Mapping[str, Any] | None:
    """Return a medium with its id as text, which a number is too; None where it has none."""
    id_ = medium.get("id") if isinstance(medium, Mapping) else None
    id_ = str(id_) if type(id_) is int else id_
    return {**medium, "id": id_} if isinstance(id_, str) and ID.fullmatch(id_) else None  # type: ignore[dict-item]


def listing(
    session: Session,
    tuning: Tuning,
    request: Callable[[str, Tuning], GraphRequest],
    parse: Callable[[Mapping[str, Any]], Page | str],
    is_complete: Callable[[Mapping[str, Any], Mapping[str, Mapping[str, Any]], Page], bool],
    is_doubtful: Callable[[Mapping[str, Any]], bool] | None = None,
) -> Listing:
    """Return the media of an account.

    request: cursor ("" for the first page) -> what to ask. parse: an answer -> its page, or why it has none.
    is_complete: the first answer, the media so far and their last page -> whether no more are wanted.
    """
    first_answer: Mapping[str, Any] | None = None
    media: dict[str, Mapping[str, Any]] = {}
    after, cursors_seen, pages, invalid, n_empty = "", {""}, 0, 0, 0
    while True:
        answer = _page_answer(session, tuning, request, after, is_doubtful)
        current = parse(answer.body) if answer.body is not None else answer.reason
        if isinstance(current, str):
            return Listing(first_answer, media, current, pages, invalid)
        first_answer, pages = first_answer or answer.body, pages + 1
        with_id = [each for each in map(identified, current.media) if each]
        invalid += len(current.media) - len(with_id)
        for each in with_id:
            media.setdefault(each["id"], each)
        n_empty = 0 if current.media else n_empty + 1
        assert first_answer is not None
        if not current.has_next or is_complete(first_answer, media, current):
            return Listing(first_answer, media, "", pages, invalid)
        if current.after in cursors_seen or n_empty > MAX_EMPTY:
            reason = (
                BAD_CURSOR if not current.after else CURSOR_LOOP if current.after in cursors_seen else EMPTY
            )
            return Listing(first_answer, media, reason, pages, invalid)
        cursors_seen.add(current.after)
        after = current.after


def _page_answer(
    session: Session,
    tuning: Tuning,
    request: Callable[[str, Tuning], GraphRequest],
    after: str,
    is_doubtful: Callable[[Mapping[str, Any]], bool] | None,
) -> Decision:
    """Return the answer to a request; smaller pages, or fewer fields, are asked for where it must be."""
    while True:
        answer = session.answer(request(after, tuning), is_doubtful)
        if answer.action == "halve" and tuning.page_size > 1:
            tuning.page_size //= 2
        elif answer.action == "split" and not tuning.needed_only:
            tuning.needed_only = True
        else:
            return answer


NO_FIGURES = "no figures given"
UNKNOWN_TYPE = "a kind of medium without figures"
GIVE_UP_AFTER = 2  # media of a type without any figure: after these, no metric is looked for alone


def insights(
    session: Session, tuning: Tuning, medium: Mapping[str, Any], day: str, version: str
) -> tuple[list[Mapping[str, Any]], str]:
    """Return the metrics of a medium as the API gives them, and why there are none, "" where there are.

    Empty data are no figures, not zeros.
    """
    product_type = str(medium.get("media_product_type"))
    metrics = [
        name
        for name in api_rules.metrics(product_type, day, version)
        if (product_type, name) not in tuning.unsupported
    ]
    if not metrics:
        return [], UNKNOWN_TYPE
    unsupported: list[str] = []
    figures, reason = _figures(session, tuning, medium["id"], product_type, metrics, unsupported)
    if figures:
        tuning.unsupported |= {(product_type, name) for name in unsupported}
    elif unsupported:
        tuning.without_figures[product_type] = tuning.without_figures.get(product_type, 0) + 1
    return figures, "" if figures else reason or NO_FIGURES


def _figures(
    session: Session,
    tuning: Tuning,
    medium: str,
    product_type: str,
    metrics: Sequence[str],
    unsupported: list[str],
) -> tuple[list[Mapping[str, Any]], str]:
    """Return the figures of some metrics; where they are refused together, of each half."""
    answer = session.answer(GraphRequest(f"{medium}/insights", {"metric": ",".join(metrics)}))
    if (
        answer.action == "split"
        and len(metrics) > 1
        and tuning.without_figures.get(product_type, 0) < GIVE_UP_AFTER
    ):
        middle = len(metrics) // 2
        halves = [
            _figures(session, tuning, medium, product_type, part, unsupported)
            for part in (metrics[:middle], metrics[middle:])
        ]
        return [each for found, _ in halves for each in found], halves[0][1] or halves[1][1]
    if answer.action == "split":
        unsupported += metrics
    data = answer.body.get("data") if answer.body is not None else None
    figures = [each for each in data if isinstance(each, Mapping)] if isinstance(data, list) else []
    return figures, answer.reason
