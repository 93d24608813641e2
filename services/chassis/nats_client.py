"""The NATS client, with shorter ways for facts: thousands of small messages that are all alike.

nats-py spells and checks each message on its own, and queues each one that arrives for a task of its subscription. Of what a renewal
costs the services that is a seventh. Here many are spelled at once, and what arrives is handed over where it is parsed. Connecting,
reconnecting and requests stay the library's. See docs/decisions/0013.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

_VERSION_LINE = b"NATS/1.0"


class Arrived(NamedTuple):
    """A message as it was read. `headers` are the raw block, empty if there is none."""

    subject: bytes
    reply: bytes
    payload: bytes
    headers: bytes


class FactClient(Client):
    """Everything that the library's client does, and bulk."""

    def __init__(self) -> None:
        super().__init__()
        self._receivers: dict[int, Callable[[Arrived], None]] = {}

    async def receive(self, receiver: Callable[[Arrived], None]) -> Subscription:
        """An inbox of which every message goes to `receiver` at once; it must not block."""
        subscription = await self.subscribe(self.new_inbox(), cb=_unused)
        # Nobody knows the inbox yet, so nothing has arrived.
        self._receivers[subscription._id] = receiver
        return subscription

    async def forget(self, subscription: Subscription) -> None:
        """The end of such an inbox."""
        self._receivers.pop(subscription._id, None)
        await subscription.unsubscribe()

    async def send(self, commands: bytes) -> None:
        """Send messages as `publication` spells them. nats.errors.Error when there is no connection: nothing is kept for later."""
        if not self.is_connected:
            raise nats.errors.OutboundBufferLimitError
        await self._send_command(commands)
        if self._flush_queue is not None and self._flush_queue.empty():
            await self._flush_pending()

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        receiver = self._receivers.get(sid)
        if receiver is None:
            await super()._process_msg(sid, subject, reply, data, headers)  # type: ignore[arg-type]
        else:
            receiver(Arrived(subject, reply, data, headers or b""))


def publication(subject: str, payload: bytes, headers: Mapping[str, str] | None = None, reply: str = "") -> bytes:
    """A message on the wire. Names and values of headers are one line each."""
    if headers is None:
        return b"PUB %b %b %d\r\n%b\r\n" % (subject.encode(), reply.encode(), len(payload), payload)
    block = "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode()
    size = len(_VERSION_LINE) + len(block) + 4
    return b"HPUB %b %b %d %d\r\n%b\r\n%b\r\n%b\r\n" % (
        *(subject.encode(), reply.encode(), size, size + len(payload)),
        *(_VERSION_LINE, block, payload),
    )


def status(headers: bytes) -> tuple[str, str]:
    """What the server says of a request instead of a message, e.g. `("404", "No Messages")`; empty if it says nothing."""
    line, _, _ = headers.partition(b"\r\n")
    code, _, description = line.removeprefix(_VERSION_LINE).strip().decode("utf-8", "replace").partition(" ")
    return code, description


def header_lines(headers: bytes) -> dict[str, str]:
    """The headers of a block. They are mostly our own, so nothing needs to be made of bad ones."""
    found: dict[str, str] = {}
    for line in headers.decode("utf-8", "replace").split("\r\n"):
        name, separator, value = line.partition(":")
        if separator:
            found[name] = value.strip()
    return found


async def _unused(_: Msg) -> None:
    """The library wants a callback; `_process_msg` never gets to it."""
