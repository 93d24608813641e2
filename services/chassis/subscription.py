"""Pulling from the stream: one standing request for the next messages, renewed whenever it ends or may have been lost.

The server hands a message to a standing request at once, so an idle consumer hears of it without asking, and a busy one has the
next messages arriving while it works on the last.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson
from nats.aio.subscription import Subscription as InboxSubscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from services.chassis.broker import Broker, BrokerUnavailable
from services.chassis.nats_client import Arrived, header_lines, status
from services.chassis.pause import pause

ACK_WAIT_SECONDS = 30.0
_ACK_PENDING_LIMIT = 10_000
_PULL_SECONDS = 5.0
_LOST_AFTER_SECONDS = _PULL_SECONDS + 2.0
_EPHEMERAL_SECONDS = 30.0
_REFUSED_SECONDS = 0.1
_ENDED = ("404", "408")
"""Statuses that end a pull request in the ordinary way: nothing there, time over."""


class Delivery(NamedTuple):
    """One message, handed to us for the `attempts`-th time."""

    headers: Mapping[str, str]
    payload: bytes
    subject: str
    reply: str
    attempts: int
    sequence: int
    """Its place in the stream."""
    number: int
    """Grows by one with each delivery of the consumer."""


def durable(name: str, filters: Sequence[str], *, ack_wait_seconds: float = ACK_WAIT_SECONDS) -> ConsumerConfig:
    """A consumer that the server remembers: every replica of a service pulls from the same one."""
    return ConsumerConfig(
        durable_name=name,
        filter_subjects=list(filters),
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ack_wait_seconds,
        max_deliver=-1,
        max_ack_pending=_ACK_PENDING_LIMIT,
    )


def ephemeral(filters: Sequence[str]) -> ConsumerConfig:
    """A consumer of what is new, forgotten when nobody pulls; nothing is acknowledged."""
    return ConsumerConfig(
        filter_subjects=list(filters),
        deliver_policy=DeliverPolicy.NEW,
        ack_policy=AckPolicy.NONE,
        mem_storage=True,
        num_replicas=1,
        inactive_threshold=_EPHEMERAL_SECONDS,
    )


class Subscription:
    """Messages of one consumer. `take` also declares it, again if need be; not for several tasks at once."""

    def __init__(self, broker: Broker, config: ConsumerConfig, *, batch: int = 100) -> None:
        self.name: str | None = config.durable_name
        self.declared = 0
        """How often the consumer was declared anew; an ephemeral one starts from now then, and what was between is missed."""
        self._broker = broker
        self._config = config
        self._batch = batch
        self._inbox: InboxSubscription | None = None
        self._arrived: deque[Delivery] = deque()
        self._wake = asyncio.Event()
        self._generation = -1
        self._requested_at: float | None = None
        self._gone = False
        self._refused = False
        self._left = 0
        self._interrupted = False
        broker.on_change(self._wake.set)

    @property
    def standing(self) -> bool:
        """Whether the server knows of a request of ours, so that messages come as they are stored."""
        return self._broker.connected and self._requested_at is not None and self._generation == self._broker.generation and not self._gone

    async def take(self, seconds: float, enough: Callable[[], int] = lambda: 1) -> list[Delivery]:
        """What is there, at most a batch; if it is not `enough`, what comes within the time. BrokerError when it is away.

        `enough` is asked again after `look_again`. Returns at once when the consumer was declared anew, so that the caller hears of it
        before what comes then.
        """
        until = time.monotonic() + seconds
        while True:
            self._wake.clear()
            declared = self.declared
            await self._request()
            if self._interrupted:
                return []
            if len(self._arrived) >= enough() or self.declared != declared:
                return [self._arrived.popleft() for _ in range(min(self._batch, len(self._arrived)))]
            left = until - time.monotonic()
            if left <= 0:
                return []
            await pause(self._wake, min(left, _PULL_SECONDS))

    def look_again(self) -> None:
        """Have a `take` that waits ask anew how much is enough."""
        self._wake.set()

    def interrupt(self) -> None:
        """Have `take` return nothing from now on."""
        self._interrupted = True
        self._wake.set()

    async def ack(self, deliveries: Iterable[Delivery]) -> None:
        """Not to be delivered again. Losing this does no harm: the inbox knows them."""
        try:
            await self._broker.send_all([delivery.reply for delivery in deliveries], b"+ACK")
        except BrokerUnavailable:
            return

    async def later(self, deliveries: Iterable[Delivery], seconds: float) -> None:
        """To be delivered again, after the time."""
        body = b"-NAK " + orjson.dumps({"delay": int(seconds * 1_000_000_000)})
        try:
            await self._broker.send_all([delivery.reply for delivery in deliveries], body)
        except BrokerUnavailable:
            return

    async def working(self, deliveries: Iterable[Delivery]) -> None:
        """Still being worked on: not to be delivered to somebody else yet."""
        try:
            await self._broker.send_all([delivery.reply for delivery in deliveries], b"+WPI")
        except BrokerUnavailable:
            return

    async def lag(self) -> int:
        """How many messages of the consumer's are not acknowledged yet."""
        info = await self._broker.consumer(self.name) if self.name else None
        if info is None:
            return 0
        there, ours = set(info.config.filter_subjects or []), set(self._config.filter_subjects or [])
        if not ours <= there:
            # A replica of another version declared what it reacts to. Both work for a while, so neither takes from the other.
            await self._broker.declare_consumer(self._config.evolve(filter_subjects=sorted(there | ours)))
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def close(self) -> None:
        """Give back what was not taken, so that another replica gets it at once."""
        if self._inbox is None:
            return
        waiting, self._arrived = list(self._arrived), deque()
        if self._config.ack_policy is AckPolicy.EXPLICIT:
            await self.later(waiting, 0)
        inbox, self._inbox = self._inbox, None
        self._generation, self._requested_at = -1, None
        if self._broker.connected:
            await (await self._broker.client()).forget(inbox)

    async def _request(self) -> None:
        """See to it that a request stands."""
        if self._refused:
            self._refused = False
            await asyncio.sleep(_REFUSED_SECONDS)
        if self._generation != self._broker.generation or self._gone:
            await self._declare()
        if self._requested_at is not None and time.monotonic() - self._requested_at > _LOST_AFTER_SECONDS:
            # No word of its end: the request or the answer was lost, or the consumer is gone without a trace.
            await self._declare()
        if self._requested_at is None:
            body = orjson.dumps({"batch": self._batch, "expires": int(_PULL_SECONDS * 1_000_000_000)})
            assert self._inbox is not None
            await self._broker.send(f"$JS.API.CONSUMER.MSG.NEXT.{self._broker.stream}.{self.name}", body, reply=self._inbox.subject)
            self._left = self._batch
            self._requested_at = time.monotonic()

    async def _declare(self) -> None:
        if not self._broker.connected:
            raise BrokerUnavailable("not connected to the broker")
        generation = self._broker.generation
        client = await self._broker.client()
        if self._inbox is None:
            self._inbox = await client.receive(self._receive)
        known = await self._broker.consumer(self.name) if self.name else None
        if known is None or self.declared == 0:
            info = await self._broker.declare_consumer(self._config)
            self.name = info.name
            self.declared += 1
        self._generation, self._gone, self._requested_at = generation, False, None

    def _receive(self, arrived: Arrived) -> None:
        reply = arrived.reply.decode()
        if not reply.startswith("$JS.ACK."):
            self._end(*status(arrived.headers))
            return
        fields = reply.split(".")
        if len(fields) > 9:  # the long form also names domain and account
            fields = [*fields[:2], *fields[4:]]
        attempts, sequence, number = map(int, fields[4:7])
        headers = header_lines(arrived.headers)
        self._arrived.append(Delivery(headers, arrived.payload, arrived.subject.decode(), reply, attempts, sequence, number))
        self._left -= 1
        if self._left <= 0:
            self._requested_at = None
        self._wake.set()

    def _end(self, code: str, description: str) -> None:
        self._requested_at = None
        if code not in _ENDED:
            self._refused = True
            self._gone = code == "503" or "Consumer" in description
        self._wake.set()


def filters(root: str, types: Iterable[str]) -> list[str]:
    """The subjects on which facts of these types travel."""
    return [f"{root}.{each}.*" for each in types]
