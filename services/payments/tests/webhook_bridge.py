"""What the edge does with Stripe's webhooks: the body byte for byte and the signature, over gRPC to the service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Deliver = Callable[[bytes, str], Awaitable[int]]
"""Takes body and signature; the HTTP status to answer."""


class WebhookBridge:
    """An HTTP server just good enough for the simulator's deliveries."""

    def __init__(self) -> None:
        self.url = ""
        self.deliver: Deliver | None = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/stripe/webhooks"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
                body = await reader.readexactly(int(headers["content-length"]))
                original = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                signature = next(value for name, value in original.items() if name.lower() == "stripe-signature")
                status = await self.deliver(body, signature) if self.deliver else 503
                writer.write(f"HTTP/1.1 {status} Noted\r\nContent-Length: 0\r\n\r\n".encode())
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()
