"""What goes wrong between a client and the Graph API: each fault turns the answer that was due into another.

`api.plan(fault, endpoint=..., nth=...)` says when. Those not in capitals are made by a call.
"""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import graph_world
from graph_api import Answer, Fault, GraphApi, cursor, position, usage
from graph_world import GraphError


def error(
    code: int, message: str = "An error", subcode: int | None = None, status: int = 400, **more: Any
) -> Fault:
    """Return the fault that answers with an error, whatever the status says."""
    payload = GraphError(code, message, subcode, **more).payload()

    def fault(answer: Answer, _: GraphApi) -> Answer:
        usage_only = {name: text for name, text in answer.headers.items() if name.startswith("X-")}
        return replace(answer, status=status, payload=payload, headers=usage_only)

    return fault


def body(held: bytes, status: int = 200, **headers: str) -> Fault:
    """Return the fault that sends some bytes."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda answer, _: replace(answer, status=status, payload=held, headers={**answer.headers, **told})


HTML = body(
    b"<!DOCTYPE html><html><body>Sorry, something went wrong.</body></html>", Content_Type="text/html"
)
BAD_GZIP = body(b"\x1f\x8b\x08\x00 this is no gzip", Content_Encoding="gzip")


def cut_gzip(answer: Answer, _: GraphApi) -> Answer:
    packed = gzip.compress(answer.body())
    return replace(answer, payload=packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})


def sent(how: str, headers: Mapping[str, str] | None = None) -> Fault:
    """Return the fault of a connection: "reset", "truncated", "drip" or "drip head"."""
    return lambda answer, _: replace(answer, how=how, headers={**answer.headers, **(headers or {})})


def told(**headers: str) -> Fault:
    """Return the fault that adds headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda answer, _: replace(answer, headers={**answer.headers, **named})


def using(percent: int, minutes: int = 0, *, app: bool = False) -> Fault:
    """Return the fault that says how much of a limit is used, and in how many minutes there is more."""
    return told(**{name.replace("-", "_"): value for name, value in usage(percent, minutes, app=app).items()})


def changed(change: Callable[[Any, GraphApi], object]) -> Fault:
    """Return the fault that changes the object of an answer in place, where it is no error."""

    def fault(answer: Answer, api: GraphApi) -> Answer:
        if isinstance(answer.payload, bytes) or "error" in answer.payload:
            return answer
        held = json.loads(answer.body())
        change(held, api)
        return replace(answer, payload=held)

    return fault


def page(held: Any) -> dict[str, Any]:
    """Return the page of media in an answer, discovered or one's own; {} where it has none."""
    found = held.get("business_discovery", {}).get("media", {}) if "business_discovery" in held else held
    return found if "data" in found else {}


def _after(found: dict[str, Any], move: Callable[[int], int]) -> None:
    cursors = found.get("paging", {}).get("cursors", {})
    if "after" in cursors:
        cursors["after"] = cursor(move(position(cursors["after"])))


def _emptied(held: Any, api: GraphApi) -> None:
    """Take the items off a page, and let it go on where these would have been, by a cursor of its own."""
    found = page(held)
    cursors = found.get("paging", {}).get("cursors", {})
    if "after" in cursors:
        begin = max(position(cursors["after"]) - len(found["data"]), 0)
        cursors["after"] = cursor(begin, "0" * len(api.calls))
        found["data"] = []
        found["paging"].setdefault("next", f"{api.url}/v26.0/{graph_world.OWN_ID}/media?access_token=x")


EMPTY_PAGE = changed(_emptied)
OVERLAPPING = changed(lambda held, _: _after(page(held), lambda at: max(at - 1, 1)))  # an item twice
REPEATED_CURSOR = changed(lambda held, _: _after(page(held), lambda _: 1))


def _last_after(held: Any, _: GraphApi) -> None:
    """Give a page that is the last a cursor after it."""
    if found := page(held):
        cursors = found.setdefault("paging", {}).setdefault("cursors", {})
        cursors.setdefault("after", cursor(graph_world.MOST_MEDIA // 4))


LAST_WITH_AFTER = changed(_last_after)


def _elsewhere(held: Any, api: GraphApi) -> None:
    if "next" in page(held).get("paging", {}):
        link = urlsplit(page(held)["paging"]["next"])
        page(held)["paging"]["next"] = f"{api.other}{link.path}?{link.query}"


NEXT_ELSEWHERE = changed(_elsewhere)


def _unfollowed(held: Any, _: GraphApi) -> None:
    if "followers_count" in held.get("business_discovery", {}):
        held["business_discovery"]["followers_count"] = 0


NO_FOLLOWERS = changed(_unfollowed)


def first(act: Callable[[GraphApi], object]) -> Fault:
    """Return the fault that changes the world once an answer was made: deletes, renames, lets expire."""

    def fault(answer: Answer, api: GraphApi) -> Answer:
        act(api)
        return answer

    return fault


def parts(change: Callable[[list[Any]], object]) -> Fault:
    """Return the fault that changes the parts of a batch: null, an error within, a broken body."""
    return changed(lambda held, _: change(held) if isinstance(held, list) else None)
