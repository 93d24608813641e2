"""Our narrow port on NATS JetStream: one stream, publishing with confirmation, and what the stream holds.

A confirmation is a hint and never the moment to forget a fact: the broker may lose what it confirmed. A time-out means that the
outcome is unknown; publishing again under the same id is always safe.

    BrokerError
      BrokerUnavailable   not connected, no answer in time, or no room: try again later
      StreamGone          the server answers and the stream or the consumer is not there (it is declared again in the background)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import nats.errors
import nats.js.errors
import orjson
from nats.js.api import ConsumerConfig, ConsumerInfo, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from services.chassis.nats_client import FactClient, publication
from services.chassis.pause import pause
from services.chassis.stream_connection import StreamConnection

BATCH_LIMIT = 1000
"""The server refuses larger atomic batches."""
MESSAGE_ID = "Nats-Msg-Id"
_SENT_AT_ONCE = 50
_ANSWER_SECONDS = 2.5
_MAX_AGE_SECONDS = 28 * 86400.0
_DUPLICATE_IN_BATCH = 10201
_log = logging.getLogger("bursar.broker")


class BrokerError(Exception):
    """Base of what can go wrong with the broker."""


class BrokerUnavailable(BrokerError):
    """Not connected, no answer in time, or no room. Whether a message was stored is unknown."""


class StreamGone(BrokerError):
    """The stream or the consumer is not there."""


class _DuplicateInBatch(BrokerError):
    """The batch was refused whole, because the stream knows one of its ids."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish; `headers` carry its id as `Nats-Msg-Id`."""

    subject: str
    payload: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StreamState:
    """What the stream holds. A stream that was deleted and made again has another epoch."""

    epoch: datetime
    first_seq: int
    last_seq: int


class Broker:
    """A connection that comes by itself and comes back by itself."""

    def __init__(
        self,
        url: str,
        *,
        stream: str = "EVENTS",
        root: str = "events",
        replicas: int = 1,
        name: str = "bursar",
        duplicate_window_seconds: float = 120.0,
    ) -> None:
        self.stream = stream
        self.root = root
        """First token of every subject of the stream."""
        config = StreamConfig(
            name=stream,
            subjects=[f"{root}.>"],
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.NEW,
            max_age=_MAX_AGE_SECONDS,
            duplicate_window=duplicate_window_seconds,
            storage=StorageType.FILE,
            num_replicas=replicas,
            allow_atomic=True,
        )
        self._connection = StreamConnection(url, name, config)

    @property
    def connected(self) -> bool:
        """Whether there is a connection now and the stream was seen on it."""
        return self._connection.ready

    @property
    def generation(self) -> int:
        """Grows whenever what the server knew of this connection may be gone: then pulls are asked for again."""
        return self._connection.generation

    @property
    def epoch(self) -> datetime:
        """When the stream was made, as last heard."""
        if self._connection.epoch is None:
            raise BrokerUnavailable("the stream has not been seen yet")
        return self._connection.epoch

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back when the connection breaks, when it is back, and when the stream was made anew."""
        self._connection.on_change.append(callback)

    async def start(self) -> None:
        """Begin to connect; the broker may come later."""
        self._connection.declare_soon()

    async def ready(self, seconds: float = 10.0) -> None:
        """Wait until connected and the stream is there. BrokerUnavailable if not within the time."""
        await pause(self._connection.declared, seconds)
        if not self._connection.declared.is_set():
            raise BrokerUnavailable(f"no stream at the broker within {seconds} s")

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()

    async def publish(self, messages: Sequence[Outgoing]) -> list[int]:
        """Store the messages in their order, all or none if there are several; the sequence number of each.

        A message whose id the stream knows is not stored again and answers the number that it has.
        """
        if len(messages) > BATCH_LIMIT:
            raise ValueError(f"a batch holds at most {BATCH_LIMIT} messages")
        async with self._told():
            if len(messages) > 1:
                try:
                    last = await self._publish_batch(messages)
                    return list(range(last - len(messages) + 1, last + 1))
                except _DuplicateInBatch:
                    _log.info("batch holds known ids; publishing one by one", extra={"count": len(messages)})
            return [await self._confirmed(message) for message in messages]

    async def state(self) -> StreamState:
        """What the stream holds now."""
        async with self._told():
            info = await self._connection.jetstream.stream_info(self.stream)
            if info.created is None:
                raise BrokerUnavailable("the server does not say when the stream was made")
            return StreamState(info.created, info.state.first_seq, info.state.last_seq)

    async def message_id(self, sequence: int) -> str | None:
        """The id of the message at that place of the stream; None if there is none."""
        async with self._told():
            try:
                message = await self._connection.jetstream.get_msg(self.stream, sequence)
                headers: Mapping[str, str] = message.headers or {}
            except nats.js.errors.NotFoundError as error:
                if error.err_code != 10037:  # anything but "no message found"
                    raise
                return None
            return headers.get(MESSAGE_ID, "")

    async def declare_consumer(self, config: ConsumerConfig) -> ConsumerInfo:
        """Make the consumer, or bring the one of that name to this configuration."""
        async with self._told():
            return await self._connection.jetstream.add_consumer(self.stream, config)

    async def consumer(self, name: str) -> ConsumerInfo | None:
        """What the server knows of a consumer; None if there is none."""
        async with self._told():
            try:
                info: ConsumerInfo = await self._connection.jetstream.consumer_info(self.stream, name)
            except nats.js.errors.NotFoundError as error:
                if error.err_code != 10014:  # anything but "consumer not found"
                    raise
                return None
            return info

    async def delete_stream(self) -> None:
        """Forget everything. Only tests want this."""
        async with self._told():
            await self._connection.jetstream.delete_stream(self.stream)

    async def client(self) -> FactClient:
        """The connection, for subscriptions."""
        await self._connection.declared.wait()
        return self._connection.client

    async def send(self, subject: str, payload: bytes, *, reply: str = "") -> None:
        """Send without waiting for anything, e.g. a pull request."""
        await self._send(publication(subject, payload, reply=reply))

    async def send_all(self, subjects: Iterable[str], payload: bytes) -> None:
        """The same to many subjects, e.g. acknowledgements."""
        await self._send(b"".join([publication(subject, payload) for subject in subjects]))

    async def _send(self, commands: bytes) -> None:
        try:
            await self._connection.client.send(commands)
        except (nats.errors.Error, OSError) as error:
            raise BrokerUnavailable(f"cannot send: {error}") from error

    async def _publish_batch(self, messages: Sequence[Outgoing]) -> int:
        batch = {"Nats-Batch-Id": uuid4().hex}
        for start in range(0, len(messages) - 1, _SENT_AT_ONCE):
            if start:
                # The connection sends what it has, so the server stores while we go on; and others have their turn.
                await asyncio.sleep(0)
            some = messages[start : min(start + _SENT_AT_ONCE, len(messages) - 1)]
            commands = [
                publication(each.subject, each.payload, {**each.headers, **batch, "Nats-Batch-Sequence": str(number)})
                for number, each in enumerate(some, start + 1)
            ]
            await self._connection.client.send(b"".join(commands))
        last = messages[-1]
        headers = {**last.headers, **batch, "Nats-Batch-Sequence": str(len(messages)), "Nats-Batch-Commit": "1"}
        return await self._confirmed(Outgoing(last.subject, last.payload, headers))

    async def _confirmed(self, message: Outgoing) -> int:
        reply = await self._connection.client.request(
            message.subject, message.payload, timeout=_ANSWER_SECONDS, headers=dict(message.headers)
        )
        answer: dict[str, Any] = orjson.loads(reply.data) if reply.data else {}
        error = answer.get("error")
        if error is not None:
            if error.get("err_code") == _DUPLICATE_IN_BATCH:
                raise _DuplicateInBatch
            raise BrokerUnavailable(f"the stream refused: {error.get('description')} ({error.get('err_code')})")
        sequence = int(answer.get("seq", 0))
        # A server that lost the message may still know its id and call it a duplicate without a place.
        if answer.get("stream") != self.stream or sequence <= 0:
            raise BrokerUnavailable("the answer names no place in the stream")
        return sequence

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        if not self._connection.client.is_connected:
            raise BrokerUnavailable("not connected to the broker")
        try:
            async with self._connection.while_connected():
                yield
        except nats.js.errors.NotFoundError as error:
            self._connection.declare_soon()
            raise StreamGone(str(error)) from error
        except (nats.errors.NoRespondersError, nats.js.errors.ServiceUnavailableError) as error:
            self._connection.declare_soon()
            raise StreamGone("nobody answers for the stream") from error
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise BrokerUnavailable(f"the broker does not answer: {error}") from error
