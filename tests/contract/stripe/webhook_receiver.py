"""A webhook endpoint that notes what it gets and answers what it is told."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import stripe

SECRET = "whsec_contract_tests"


@dataclass
class WebhookReceiver:
    """`answers` are given in turn, then 200. Every body must pass the SDK's verification."""

    events: list[Any] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""
    _server: asyncio.Server | None = None
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/stripe"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            connection.close()
        await asyncio.sleep(0)  # Let the connections see their end.

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                body = await reader.readexactly(int(headers["Content-Length"]))
                self._note(body, headers["Stripe-Signature"])
                status = self.answers.pop(0) if self.answers else 200
                writer.write(f"HTTP/1.1 {status} Noted\r\nContent-Length: 0\r\n\r\n".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _note(self, body: bytes, signature: str) -> None:
        event = stripe.Webhook.construct_event(body, signature, SECRET)
        self.signatures.append(signature)
        self.events.append(event.to_dict())
