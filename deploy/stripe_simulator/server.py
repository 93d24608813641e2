"""HTTP/1.1 on asyncio: just enough for the SDK, curl and a browser, and a connection that can be cut on purpose."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

MAX_HEAD = 64 * 1024
MAX_BODY = 4 * 1024 * 1024
MAX_PIPELINED = 16 * 1024 * 1024
REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True, frozen=True)
class Request:
    """Header names are lower case; `query` is undecoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Response:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class Cut(Exception):
    """Close the connection without an answer."""


Answer = Callable[[Request], Awaitable[Response]]


class Connection(asyncio.Protocol):
    """One client connection: requests are answered in the order they came."""

    def __init__(self, answer: Answer, tasks: "set[asyncio.Task[None]]") -> None:
        self._answer = answer
        self._tasks = tasks
        self._buffer = bytearray()
        self._busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are transports in all but their base class.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > MAX_PIPELINED:
            self._close(b"")
        elif not self._busy:
            self._next()

    def _next(self) -> None:
        """Take one whole request from the buffer, if there is one."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                self._close(_encoded(Response(431, b"{}"), keep_alive=False))
            return
        try:
            method, target, headers = _head(self._buffer[:end].decode("latin-1"))
            length = int(headers.get("content-length", "0"))
        except ValueError:
            self._close(_encoded(Response(400, b"{}"), keep_alive=False))
            return
        if "transfer-encoding" in headers or not 0 <= length <= MAX_BODY:
            self._close(_encoded(Response(411 if length <= MAX_BODY else 413, b"{}"), keep_alive=False))
            return
        start = end + 4
        if len(self._buffer) < start + length:
            if headers.get("expect", "").lower() == "100-continue" and len(self._buffer) == start and self._transport:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        body = bytes(self._buffer[start : start + length])
        del self._buffer[: start + length]
        path, _, query = target.partition("?")
        self._busy = True
        self._spawn(self._serve(Request(method, path, query, headers, body)))

    async def _serve(self, request: Request) -> None:
        keep_alive = request.headers.get("connection", "").lower() != "close"
        try:
            response = await self._answer(request)
        except Cut:
            if self._transport:
                self._transport.abort()
            return
        self._busy = False
        if self._transport is None:
            return
        self._transport.write(_encoded(response, keep_alive=keep_alive))
        if not keep_alive:
            self._transport.close()
        elif self._buffer:
            self._next()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _close(self, last: bytes) -> None:
        if self._transport:
            self._transport.write(last)
            self._transport.close()


class Server:
    """Listens until stopped; `stop` lets the requests under way finish."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Return the port that is listened on; 0 asks for a free one."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Connection(self._answer, self._tasks), host, port, backlog=1024)
        bound: int = self._listener.sockets[0].getsockname()[1]
        return bound

    async def stop(self, grace_seconds: float = 5.0) -> None:
        if self._listener:
            self._listener.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)


def _head(text: str) -> tuple[str, str, dict[str, str]]:
    first, *lines = text.split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return method, target, headers


def _encoded(response: Response, *, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {response.status} {REASONS.get(response.status, '')}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
        *(f"{name}: {value}" for name, value in response.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + response.body
