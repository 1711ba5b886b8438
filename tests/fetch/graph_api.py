"""A fake Graph API on loopback: answers as Meta documents it, counts every call, and fails as it is told to.

    with GraphApi(World(creators=500)) as api:
        api.plan(graph_faults.error(4), endpoint="discovery", nth=3)
        ...  # calls to api.url
    assert api.after_limit == 0 and not api.elsewhere

It listens on a port of its own, in a thread of the process that tests, and stops with the `with` block. A
second port stands for any other host: nobody should ever call there.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import graph_world
from graph_world import GraphError, World

LIMITED = {4, 17, 32, 613, 341, 80001, 80002, 80006}
TOKEN = "EAAG+fake/token=0123456789abcdefghijklmnopqrstuvwxyz"  # needs quoting in a URL
APP_ID, APP_SECRET = "1234567890123456", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
SCOPES = "instagram_basic instagram_manage_insights pages_read_engagement pages_show_list ads_read"
LONG_LIVED = timedelta(days=60)
DRIP = 0.02  # [s] between two bytes
STATUS = {1: 500, 2: 500, 4: 403, 10: 403, 190: 401}


@dataclass(frozen=True)
class Call:
    """One request as it came. A secret in the target is a defect of the client's, and `leaked` says so."""

    number: int
    method: str
    endpoint: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    leaked: bool
    at: datetime


@dataclass(frozen=True)
class Answer:
    """What is sent: an object, or bytes as they are; `how`: "", reset, truncated, drip or drip head."""

    status: int
    payload: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    how: str = ""

    def body(self) -> bytes:
        held = self.payload
        return held if isinstance(held, bytes) else json.dumps(held, separators=(",", ":")).encode()


Fault = Callable[[Answer, "GraphApi"], Answer]


@dataclass
class Planned:
    """A fault, from the nth to the nth + times - 1 of the calls to an endpoint ("": any)."""

    fault: Fault
    endpoint: str
    nth: int
    times: float
    seen: int = 0

    def due(self, call: Call) -> bool:
        if self.endpoint not in ("", call.endpoint):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


@dataclass
class Limits:
    """Calls an hour that are allowed (None: any number, without headers), and how the headers tell it."""

    calls: int | None = None
    regain: int = 7  # minutes, of a limit that was hit
    shape: str = "whole"  # missing, broken, repeated


class GraphApi:
    """The server; everything a test asks or changes is an attribute."""

    def __init__(
        self, world: World | None = None, *, token: str = TOKEN, limits: Limits | None = None
    ) -> None:
        self.world, self.limits = world or World(), limits or Limits()
        self.clock = self.world.clock
        self.expires: dict[str, datetime | None] = {token: None}  # token -> when it ends
        self.scopes = SCOPES.split()
        self.needs_proof = False
        self.empty_pages = False  # /me/accounts without a Page, as where a scope is missing
        self.most_discovered = 100  # media of one answer; above it "reduce the amount of data"
        self.calls: list[Call] = []
        self.counted: Counter[str] = Counter()  # what limits count: each of ids=, each part of a batch
        self.elsewhere: list[str] = []
        self.after_limit = 0
        self.limited_until: datetime | None = None
        self.times: dict[str, list[datetime]] = {"app": [], "account": []}
        self.planned: list[Planned] = []
        self.writers: set[asyncio.StreamWriter] = set()

    # -- what tests say

    def plan(self, fault: Fault, endpoint: str = "", nth: int = 1, times: float = 1) -> None:
        """Let the nth call to an endpoint (and those after it) meet a fault."""
        self.planned.append(Planned(fault, endpoint, nth, times))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # -- listening

    def __enter__(self) -> "GraphApi":
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._serve, args=(started,), name="graph_api", daemon=True)
        self.thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join()

    def _serve(self, started: threading.Event) -> None:
        try:
            self.loop.run_until_complete(self._listen(started))
        finally:
            self.loop.close()

    async def _listen(self, started: threading.Event) -> None:
        self.stopping = asyncio.Event()
        ours = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        other = await asyncio.start_server(self._connected_elsewhere, "127.0.0.1", 0)
        self.port = ours.sockets[0].getsockname()[1]
        self.other = f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}"
        started.set()
        await self.stopping.wait()
        for server in (ours, other):
            server.close()
        for writer in list(self.writers):
            writer.transport.abort()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while request := await _request(reader):
                if not await _sent(writer, self.answer(*request)):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _connected_elsewhere(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _request(reader)
        self.elsewhere.append(request[1] if request else "")
        writer.transport.abort()

    # -- answering

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return the answer to a request, with the faults that are due."""
        split = urlsplit(target)
        parameters = dict(parse_qsl(split.query, keep_blank_values=True) + parse_qsl(body.decode()))
        path = re.sub(r"^/v\d+\.\d+(?=/|$)", "", split.path).strip("/")
        leaked = any(token in unquote(target) for token in (*self.expires, APP_SECRET))
        endpoint = _endpoint(method, path, parameters)
        call = Call(
            len(self.calls) + 1, method, endpoint, path, parameters, headers, leaked, self.clock.now()
        )
        self.calls.append(call)
        answer = self._answer(call)
        for planned in self.planned:
            if planned.due(call):
                answer = planned.fault(answer, self)
        if LIMITED & set(codes(answer.payload)) and not answer.how:  # one that never came tells nobody
            self._limit()
        return answer

    def _answer(self, call: Call) -> Answer:
        if self.limited_until and call.at < self.limited_until:  # a call meanwhile lengthens it
            self.after_limit += 1
            return self._refused(self._over(call))
        try:
            self._authorise(call)
            if self._count(call):
                return self._refused(self._over(call), self._usage(call))
            return Answer(200, self._routed(call), self._usage(call))
        except GraphError as error:
            return self._refused(error, self._usage(call))

    def _refused(self, error: GraphError, headers: Mapping[str, str] | None = None) -> Answer:
        return Answer(STATUS.get(error.code, 400), error.payload(), headers or {})

    def _authorise(self, call: Call) -> None:
        token = call.headers.get("authorization", "").removeprefix("Bearer ") or call.parameters.get(
            "access_token"
        )
        if call.endpoint == "token":
            return
        if not token:
            raise GraphError(104, "An access token is required to request this resource.")
        if token not in self.expires:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        ends = self.expires[token]
        if ends and call.at >= ends:
            raise GraphError(
                190,
                f"Error validating access token: Session has expired on {ends:%A, %d-%b-%y %H:%M:%S} PST.",
                463,
            )
        if self.needs_proof and call.parameters.get("appsecret_proof") != proof(token):
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument")

    # -- limits

    def _count(self, call: Call) -> bool:
        """Count a call, each of several ids as one; return if that is more than is allowed."""
        times = self.times[_budget(call)]
        several = len(call.parameters["ids"].split(",")) if "ids" in call.parameters else 1
        self.counted[call.endpoint] += several
        times += [call.at] * several
        if self.limits.calls is None:
            return False
        times[:] = [at for at in times if call.at - at < graph_world.HOUR]
        return len(times) > self.limits.calls

    def _over(self, call: Call) -> GraphError:
        if _budget(call) == "app":
            return GraphError(4, "(#4) Application request limit reached", is_transient=False)
        return GraphError(80002, "(#80002) There have been too many calls to this Instagram account.")

    def _limit(self) -> None:
        self.limited_until = self.clock.now() + timedelta(minutes=self.limits.regain)

    def _usage(self, call: Call) -> dict[str, str]:
        """Return the headers that tell how much of a limit is used."""
        if self.limits.calls is None or self.limits.shape == "missing":
            return {}
        used = min(100, 100 * len(self.times[_budget(call)]) // self.limits.calls)
        told = usage(used, self.limits.regain if used >= 100 else 0, app=_budget(call) == "app")
        if self.limits.shape == "broken":
            return {name: text[: len(text) // 2] for name, text in told.items()}
        if self.limits.shape == "repeated":
            return {name: f"{text[:-1]},{text[1:]}" for name, text in told.items()}
        return told

    # -- endpoints

    def _routed(self, call: Call) -> Any:
        if "ids" in call.parameters:
            asked = call.parameters["ids"].split(",")
            return {one: self._node(one, call.parameters) for one in asked}
        known = {
            "batch": self._batch,
            "token": self._token,
            "debug_token": self._inspected,
            "accounts": self._accounts,
            "media": self._media,
            "stories": self._stories,
            "insights": self._insights,
            "account_insights": self._account_insights,
        }
        if call.endpoint in known:
            return known[call.endpoint](call)
        return self._node("me" if call.path == "me" else call.path, call.parameters)

    def _node(self, identity: str, parameters: Mapping[str, str]) -> Any:
        asked = graph_world.fields(parameters.get("fields", "id"))
        if identity in ("me", graph_world.OWN_ID):
            return self._own(asked)
        return self._shown_medium(*self.world.found(identity), asked, graph_world.MEDIA_FIELDS)

    def _own(self, asked: tuple[graph_world.Field, ...]) -> dict[str, Any]:
        account, told = self.world.account(0), {}
        for one in asked:
            if one.name == "business_discovery" and self.world.login == "facebook":
                if (found := self._discovered(one)) is not None:
                    told[one.name] = found
            elif one.name in graph_world.OWN_FIELDS:
                told |= {one.name: account[one.name]} if one.name in account else {}
            else:
                raise graph_world.nonexisting(one.name)
        return told | {"id": graph_world.OWN_ID}

    def _discovered(self, asked: graph_world.Field) -> dict[str, Any] | None:
        """Return what business_discovery shows of an account; of an age-gated one nothing."""
        name = asked.modifiers.get("username", "")
        number = self.world.shown(name)
        if self.world.kinds.get(name) == "age-gated":
            return None
        account, told = self.world.account(number), {}
        for one in asked.inner:
            if one.name == "media":
                told |= self._discovered_media(number, one)
            elif one.name in graph_world.DISCOVERED_FIELDS:
                told |= {one.name: account[one.name]} if one.name in account else {}
            elif one.name in ("stories", "live_media"):
                code = 10 if one.name == "stories" else 36104
                raise GraphError(code, f"(#{code}) Application does not have permission for this action")
            else:
                raise graph_world.nonexisting(one.name)
        return told | {"id": account["id"]}

    def _discovered_media(self, number: int, asked: graph_world.Field) -> dict[str, Any]:
        """Return a page of media: never with a `next`, and the last one without a cursor after it."""
        limit, begin = int(asked.modifiers.get("limit", 25)), position(asked.modifiers.get("after"))
        if limit > self.most_discovered:
            raise GraphError(1, "Please reduce the amount of data you're asking for, then retry your request")
        page = self.world.listed(number, begin, limit)
        if not page:
            return {}
        data = [self._shown_medium(number, at, asked.inner, graph_world.DISCOVERED_MEDIA) for at in page]
        cursors = {"before": cursor(page[0])} if begin else {}
        cursors |= {"after": cursor(page[-1] + 1)} if self.world.listed(number, page[-1] + 1, 1) else {}
        return {"media": {"data": data} | ({"paging": {"cursors": cursors}} if cursors else {})}

    def _shown_medium(
        self, number: int, at: int, asked: tuple[graph_world.Field, ...], shown: frozenset[str]
    ) -> dict[str, Any]:
        medium, told = self.world.medium(number, at), {}
        for one in asked:
            if one.name == "insights" and number == 0:
                metrics = one.modifiers.get("metric", "").split(",")
                told["insights"] = self.world.insights(medium["id"], metrics)
            elif one.name == "owner" and number == 0:
                told["owner"] = {"id": graph_world.OWN_ID}
            elif one.name == "children" and medium["media_type"] == "CAROUSEL_ALBUM":
                told["children"] = {"data": [{"id": f"{medium['id'][:-1]}{side}"} for side in range(2)]}
            elif one.name not in shown:
                raise graph_world.nonexisting(one.name)
            elif one.name in medium:
                told[one.name] = medium[one.name]
        return told | {"id": medium["id"]}

    def _media(self, call: Call) -> dict[str, Any]:
        """Return a page of the own media: with cursors; all but the last have `next`, with the token."""
        asked = graph_world.fields(call.parameters.get("fields", "id"))
        limit, begin = int(call.parameters.get("limit", 25)), position(call.parameters.get("after"))
        since, until = (_second(call.parameters.get(name)) for name in ("since", "until"))
        posted = {at: _posted(self.world.medium(0, at)) for at in self.world.listed(0, begin, 10_000)}
        within = [at for at, when in posted.items() if (since or 0) <= when <= (until or 1e12)]
        page = within[:limit]
        data = [self._shown_medium(0, at, asked, graph_world.MEDIA_FIELDS) for at in page]
        if not page:
            return {"data": []}
        after = cursor(page[-1] + 1)
        paging: dict[str, Any] = {"cursors": {"before": cursor(page[0]), "after": after}}
        if len(within) > limit:
            paging["next"] = self._link(self.url, call, after)
        return {"data": data, "paging": paging}

    def _link(self, host: str, call: Call, after: str) -> str:
        token = next(iter(self.expires))
        given = {**call.parameters, "access_token": token, "after": after}
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in given.items())
        return f"{host}/v26.0/{call.path}?{query}"

    def _stories(self, call: Call) -> dict[str, Any]:
        asked = graph_world.fields(call.parameters.get("fields", "id"))
        live = self.world.live_stories()
        return {"data": [self._shown_medium(0, at, asked, graph_world.MEDIA_FIELDS) for at in live]}

    def _insights(self, call: Call) -> dict[str, Any]:
        return self.world.insights(call.path.split("/")[0], call.parameters.get("metric", "").split(","))

    def _account_insights(self, call: Call) -> dict[str, Any]:
        metrics = call.parameters.get("metric", "").split(",")
        return self.world.account_insights(metrics, call.parameters.get("metric_type", ""))

    def _accounts(self, _: Call) -> dict[str, Any]:
        page = {
            "id": graph_world.PAGE_ID,
            "name": "Our Page",
            "instagram_business_account": {"id": graph_world.OWN_ID},
        }
        return {"data": [] if self.empty_pages else [page]}

    # -- tokens

    def _token(self, call: Call) -> dict[str, Any]:
        """Return a new token for one that is still good; the old one stays."""
        given = call.parameters
        bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
        old = given.get("fb_exchange_token") or given.get("access_token") or bearer
        ends = self.expires.get(old, self.clock.time)
        if ends and call.at >= ends:
            raise GraphError(190, "Error validating access token: Session has expired.", 463)
        if given.get("grant_type") == "fb_exchange_token" and given.get("client_secret") != APP_SECRET:
            raise GraphError(1, "Error validating client secret.")
        new = f"{old[:40]}-renewed-{len(self.expires)}"
        self.expires[new] = call.at + LONG_LIVED
        return {"access_token": new, "token_type": "bearer", "expires_in": int(LONG_LIVED.total_seconds())}

    def _inspected(self, call: Call) -> dict[str, Any]:
        bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
        ends = self.expires.get(call.parameters.get("input_token", bearer), call.at)
        told = {"app_id": APP_ID, "type": "USER", "is_valid": not ends or call.at < ends}
        told |= {"expires_at": int(ends.timestamp()) if ends else 0, "scopes": self.scopes}
        return {"data": told | {"data_access_expires_at": int((call.at + timedelta(days=90)).timestamp())}}

    # -- batches

    def _batch(self, call: Call) -> list[Any]:
        """Return the answers to the parts of a batch, bodies as text."""
        parts = json.loads(call.parameters["batch"])
        if len(parts) > 50:
            raise GraphError(3, "Too many requests in batch message. Maximum batch size is 50")
        return [self._part(call, part) for part in parts]

    def _part(self, call: Call, part: Mapping[str, str]) -> dict[str, Any]:
        split = urlsplit(part["relative_url"])
        path, given = re.sub(r"^/?v\d+\.\d+/", "", split.path).strip("/"), dict(parse_qsl(split.query))
        inner = replace(
            call, method=part["method"], path=path, parameters=given, endpoint=_endpoint("GET", path, given)
        )
        try:
            answer = (
                self._refused(self._over(inner)) if self._count(inner) else Answer(200, self._routed(inner))
            )
        except GraphError as error:
            answer = self._refused(error)
        return {"code": answer.status, "headers": [], "body": answer.body().decode()}


def _endpoint(method: str, path: str, parameters: Mapping[str, str]) -> str:
    """Return the endpoint's name, by which faults are planned and calls are counted."""
    last = path.rpartition("/")[2]
    if method == "POST" and not path:
        return "batch"
    if last in ("access_token", "refresh_access_token"):
        return "token"
    if last == "insights":
        return "account_insights" if path.startswith(graph_world.OWN_ID) else "insights"
    if last in ("accounts", "media", "stories", "debug_token"):
        return last
    if "business_discovery" in parameters.get("fields", ""):
        return "discovery"
    return "account" if path in ("me", graph_world.OWN_ID) else "medium"


def _budget(call: Call) -> str:
    """Return which limit counts a call: business_discovery is the app's, what is one's own the account's."""
    return (
        "account"
        if call.endpoint in ("account", "media", "stories", "insights", "account_insights", "medium")
        else "app"
    )


def codes(payload: Any) -> list[int]:
    """Return the codes of the errors in an answer, or in the parts of a batch."""
    if isinstance(payload, list):
        return [code for part in payload for code in codes(_read(part and part.get("body")))]
    error = payload.get("error") if isinstance(payload, dict) else None
    return [error["code"]] if isinstance(error, dict) else []


def _read(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


def cursor(position: int, mark: str = "") -> str:
    """Return the cursor of a position; noughts as a mark make another one of the same."""
    return base64.urlsafe_b64encode(f"at {mark}{position}".encode()).decode()


def position(text: str | None) -> int:
    if not text:
        return 0
    try:
        return int(base64.urlsafe_b64decode(text).decode().removeprefix("at "))
    except ValueError as error:
        raise GraphError(100, "(#100) Invalid cursor") from error


def _second(text: str | None) -> float | None:
    if text is None:
        return None
    return float(text) if text.isdigit() else datetime.fromisoformat(text).timestamp()


def _posted(medium: Mapping[str, Any]) -> float:
    return datetime.strptime(medium["timestamp"], "%Y-%m-%dT%H:%M:%S%z").timestamp()


def proof(token: str) -> str:
    """Return the appsecret_proof of a token."""
    return hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()


def usage(percent: int, minutes: int = 0, *, app: bool = False) -> dict[str, str]:
    """Return a header that says how much of a limit is used, and in how many minutes there is more."""
    told = {"call_count": percent, "total_cputime": percent // 2, "total_time": percent // 3}
    if app:
        return {"X-App-Usage": json.dumps(told)}
    entry = {"type": "instagram"} | told | {"estimated_time_to_regain_access": minutes}
    return {"X-Business-Use-Case-Usage": json.dumps({graph_world.OWN_ID: [entry]})}


# -- reading and sending


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    return method, target, headers, await reader.readexactly(int(headers.get("content-length", 0)))


async def _sent(writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Send an answer, and return if the connection goes on."""
    if answer.how == "reset":
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    body = answer.body()
    given = {
        "Content-Type": "application/json; charset=UTF-8",
        "Content-Length": str(len(body)),
    } | answer.headers
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    begun = f"HTTP/1.1 {answer.status} Said\r\n{head}\r\n".encode()
    writer.write(b"" if answer.how == "drip head" else begun)
    if answer.how == "truncated":
        writer.write(body[: len(body) // 2])
    elif answer.how.startswith("drip"):
        for byte in body if answer.how == "drip" else begun + body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(DRIP)
    else:
        writer.write(body)
    await writer.drain()
    return not answer.how
