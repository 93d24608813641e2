"""Calls of the payments service's commands, for one organization after the other."""

from __future__ import annotations

import asyncio
import time
from typing import TypeVar
from uuid import UUID

from bursar.payments.v1 import payment_service_pb2
from google.protobuf.message import Message

from services.chassis import deadline
from services.chassis.errors import AlreadyExists, Conflict, Exhausted, Unavailable
from services.chassis.peers import Peers

M = TypeVar("M", bound=Message)

CHARGE_SECONDS = 20.0
"""The processor answers within this call."""
UNKNOWN = (Unavailable, Conflict, Exhausted, AlreadyExists)
"""Nobody knows what such a call did: it may have arrived, or run beside another of the same attempt."""
_PERSISTENCE_SECONDS = 6.0
"""So long an attempt is begun again when payments does not answer: it may be restarting. The attempt is the key, so it stays one."""
_PAUSE_SECONDS = (0.2, 1.0)
_METHODS = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentCommandService"].methods_by_name


class PaymentsPeer:
    """The payments service at the other end."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def call(self, method: str, request: Message, answer: type[M], organization_id: UUID) -> M:
        """Once; Unavailable if nobody knows the outcome."""
        return await self._peers.call(_METHODS[method], request, answer, organization_id=organization_id, timeout_seconds=CHARGE_SECONDS)

    async def call_persistently(self, method: str, request: Message, answer: type[M], organization_id: UUID) -> M:
        """Again and again for some seconds while nobody answers."""
        until = time.monotonic() + min(_PERSISTENCE_SECONDS, deadline.remaining_seconds() / 2)
        pause = _PAUSE_SECONDS[0]
        while True:
            try:
                return await self.call(method, request, answer, organization_id)
            except Unavailable:
                if time.monotonic() + pause > until:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSE_SECONDS[1])
