"""Stands between the service and the simulator and notes every request as it went over the wire."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and the status of its answer."""

    method: str
    path: str
    query: str
    body: str
    headers: dict[str, str]
    status: int


@dataclass
class RecordingProxy:
    """HTTP/1.1, just enough for the SDK."""

    target: str
    requests: list[Recorded] = field(default_factory=list)
    url: str = ""
    _server: asyncio.Server | None = None
    _client: httpx.AsyncClient | None = None

    async def start(self) -> None:
        self._client = httpx.AsyncClient(base_url=self.target)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        assert self._client is not None
        self._server.close()
        await self._client.aclose()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._client is not None
        try:
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
                method, target, _ = first.split(" ")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                sent = {name: value for name, value in headers.items() if name not in ("host", "content-length", "connection")}
                answer = await self._client.request(method, target, content=body, headers=sent)
                path, _, query = target.partition("?")
                self.requests.append(Recorded(method, path, query, body.decode(), headers, answer.status_code))
                head = (
                    f"HTTP/1.1 {answer.status_code} OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer.content)}\r\n\r\n"
                )
                writer.write(head.encode() + answer.content)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
