"""One request in, one answer out, or why there is none: the only place that opens a connection.

Always to the one host, never along a redirect or an address that an answer names, through no proxy. The
token goes in a header, so that no address ever holds it. An answer has a limit of size and of time: a server
that drips byte by byte ends too.
"""

import asyncio
import contextlib
import hashlib
import hmac
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from nanospread.core.secrets import Secret

SECONDS = 60.0  # that a call may take
LARGEST = 16_000_000  # bytes of an answer


@dataclass(frozen=True)
class GraphRequest:
    """What is asked: a path below the version, and parameters.

    post_fields: further ones that are secret. They go in the body, so that they are in no address either.
    """

    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    post_fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> str:
        """Return the request in one line, by which its answer is found again."""
        return f"{self.path}?{urlencode(sorted(self.parameters.items()))}"


@dataclass(frozen=True)
class Response:
    """What came back: text is None where no whole answer did, status 0 where none at all."""

    status: int
    headers: Mapping[str, str]
    text: str | None


class Client:
    """A connection to one host, as one token."""

    def __init__(
        self, host: str, version: str, token: Secret, secret: Secret | None = None, seconds: float = SECONDS
    ) -> None:
        self._seconds = seconds
        self._base, self.token, self._secret = f"{host}/{version}", token, secret
        self._transport, self._loop = httpx.AsyncHTTPTransport(trust_env=False), asyncio.Runner()
        self.calls = 0

    def close(self) -> None:
        """Close the connection."""
        self._loop.run(self._transport.aclose())
        self._loop.close()

    def call(self, request: GraphRequest) -> Response:
        """Return what the host answers."""
        self.calls += 1
        http_request = httpx.Request(
            "POST" if request.post_fields else "GET",
            f"{self._base}/{request.path}",
            params={**request.parameters, **self._proof()},
            data={**request.post_fields, "method": "get"} if request.post_fields else None,
            headers={
                "authorization": f"Bearer {self.token.reveal()}",
                "accept": "application/json",
                "accept-encoding": "gzip",
            },
            extensions={"timeout": httpx.Timeout(self._seconds / 2).as_dict()},
        )
        try:
            return self._loop.run(self._answered(http_request))
        except (httpx.TransportError, httpx.DecodingError, TimeoutError):
            return Response(0, {}, None)

    async def _answered(self, http_request: httpx.Request) -> Response:
        async with asyncio.timeout(self._seconds):
            response = await self._transport.handle_async_request(http_request)
            async with contextlib.aclosing(response):
                text = await _text(response)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status_code, headers, text)

    def _proof(self) -> dict[str, str]:
        if self._secret is None:
            return {}
        key, message = self._secret.reveal().encode(), self.token.reveal().encode()
        return {"appsecret_proof": hmac.new(key, message, hashlib.sha256).hexdigest()}


async def _text(response: httpx.Response) -> str | None:
    """Return a body as text; None where it is larger than an answer may be."""
    body = bytearray()
    async for chunk in _decompressed(response):
        body += chunk
        if len(body) > LARGEST:
            return None
    return body.decode(errors="replace")


async def _decompressed(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield a body as it comes, each piece no larger than an answer may be, however small it was packed."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise httpx.DecodingError(f"packed as {encoding!a}")
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        async for chunk in response.aiter_raw():
            yield chunk if encoding == "identity" else decompressor.decompress(chunk, LARGEST + 1)
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error
    if encoding == "gzip" and not decompressor.eof:
        raise httpx.DecodingError("cut off")
