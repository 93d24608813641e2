"""Every replica hears every fact of some types: for caches, not for effects.

Nothing is acknowledged and nothing repeated, so whoever listens must know when something may have been missed: `on_gap` is called
then, and `live` tells whether facts arrive at all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import Message

from services.chassis.broker import Broker, BrokerError
from services.chassis.event import Event, NoReaction, Unreadable, read_event
from services.chassis.subscription import Delivery, Subscription, ephemeral, filters

_IDLE_SECONDS = 1.0
_BACK_OFF_SECONDS = 0.2
_log = logging.getLogger("bursar.listener")


class Listener:
    """`types` maps the types of facts to their messages, e.g. `{"benefit_grant.revoked": BenefitGrantRevoked}`.

    `on_event` and `on_gap` are called in the event loop and must not block. `on_gap` is called whenever facts may have been missed,
    before the first fact behind the gap, and at the start.
    """

    def __init__(
        self,
        broker: Broker,
        types: Mapping[str, type[Message]],
        on_event: Callable[[Event[Any]], None],
        on_gap: Callable[[], None],
    ) -> None:
        self._broker = broker
        self._types = types
        self._on_event = on_event
        self._on_gap = on_gap
        self._subscription = Subscription(broker, ephemeral(filters(broker.root, types)))
        self._declared = 0
        self._number = 0
        broker.on_change(self._check)

    @property
    def live(self) -> bool:
        """Whether facts arrive: what has not been heard of has not happened, but for the time a fact travels."""
        return self._subscription.standing and self._declared == self._subscription.declared

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until told to stop."""
        interrupter = asyncio.create_task(self._interrupt_at(stop))
        self._on_gap()
        try:
            while not stop.is_set():
                try:
                    deliveries = await self._subscription.take(_IDLE_SECONDS)
                    self._notice()
                    for delivery in deliveries:
                        self._hear(delivery)
                except BrokerError as error:
                    _log.info("not listening", extra={"reason": str(error)})
                    await asyncio.sleep(_BACK_OFF_SECONDS)
        finally:
            interrupter.cancel()
            await self._subscription.close()
            self._on_gap()

    def _hear(self, delivery: Delivery) -> None:
        if delivery.number != self._number + 1:
            self._on_gap()
        self._number = delivery.number
        try:
            event = read_event(delivery.headers, delivery.payload, self._types)
        except (Unreadable, NoReaction) as error:
            _log.warning("unreadable", extra={"reason": str(error)})
            self._on_gap()
            return
        self._on_event(event)

    def _notice(self) -> None:
        """A consumer declared anew begins at the present."""
        if self._declared != self._subscription.declared:
            self._declared, self._number = self._subscription.declared, 0
            self._on_gap()

    def _check(self) -> None:
        if not self._broker.connected:
            self._on_gap()

    async def _interrupt_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._subscription.interrupt()
