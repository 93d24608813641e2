"""POST over kept-alive connections: an HTTP client as small as its one use, because webhooks outnumber API calls four to one."""

import asyncio
from urllib.parse import urlsplit

MAX_IDLE = 64
MAX_ANSWER = 1024 * 1024

Origin = tuple[str, int, bool]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Poster:
    """Connections by origin; a failure is an OSError, EOFError, ValueError, IndexError or LimitOverrunError."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[Streams]] = {}

    async def post(self, url: str, headers: dict[str, str], body: bytes, timeout_seconds: float) -> int:
        """Return the HTTP status. Redirects are not followed."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        origin = parts.hostname or "", parts.port or (443 if secure else 80), secure
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [
            f"POST {target} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        message = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
        async with asyncio.timeout(timeout_seconds):
            return await self._send(origin, message)

    def close(self) -> None:
        for connections in self._idle.values():
            for _, writer in connections:
                writer.close()
        self._idle.clear()

    async def _send(self, origin: Origin, message: bytes) -> int:
        idle = self._idle.setdefault(origin, [])
        while idle:
            streams = idle.pop()
            try:
                return await self._exchange(origin, streams, message)
            except (OSError, EOFError):
                continue  # The peer closed it while it was idle; another connection will say more.
        host, port, secure = origin
        return await self._exchange(origin, await asyncio.open_connection(host, port, ssl=secure or None), message)

    async def _exchange(self, origin: Origin, streams: Streams, message: bytes) -> int:
        reader, writer = streams
        reusable = False
        try:
            writer.write(message)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            status = int(head.split(" ", 2)[1])
            length = _length(head, status)
            if length is not None and length <= MAX_ANSWER:
                await reader.readexactly(length)
                reusable = "connection: close" not in head
            return status
        finally:
            idle = self._idle.setdefault(origin, [])
            if reusable and len(idle) < MAX_IDLE:
                idle.append(streams)
            else:
                writer.close()


def _length(head: str, status: int) -> int | None:
    """Octets of the answer's body; None when only the end of the connection tells."""
    if status in (204, 304):
        return 0
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name == "content-length":
            return int(value)
    return None
