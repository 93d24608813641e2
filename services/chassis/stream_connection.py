"""A connection to NATS that comes by itself, comes back by itself, and sees to it that our stream is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from services.chassis.nats_client import FactClient

_API_SECONDS = 5.0
_RETRY_SECONDS = 0.5
_log = logging.getLogger("bursar.broker")


class StreamConnection:
    """One per process. Whoever is told of a change looks at `ready`, `generation` and `epoch`."""

    def __init__(self, url: str, name: str, config: StreamConfig) -> None:
        self.client = FactClient()
        self.jetstream: JetStreamContext = self.client.jetstream(timeout=_API_SECONDS)
        self.declared = asyncio.Event()
        self.epoch: datetime | None = None
        """When the stream was made, as last heard."""
        self.generation = 0
        """Grows whenever what the server knew of this connection may be gone."""
        self.on_change: list[Callable[[], None]] = []
        self._url = url
        self._name = name
        self._config = config
        self._declaring: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Timeout] = set()

    @property
    def ready(self) -> bool:
        """Whether there is a connection now and the stream was seen on it."""
        return self.client.is_connected and self.declared.is_set()

    def declare_soon(self) -> None:
        """Connect if there is no connection, and make the stream if it is not there; in the background, as often as it takes."""
        if self._declaring is None or self._declaring.done():
            self.declared.clear()
            self._declaring = asyncio.create_task(self._declare(), name="broker")

    async def close(self) -> None:
        """Disconnect."""
        if self._declaring is not None:
            self._declaring.cancel()
            await asyncio.gather(self._declaring, return_exceptions=True)
        if not self.client.is_closed:
            await self.client.close()

    @asynccontextmanager
    async def while_connected(self) -> AsyncIterator[None]:
        """TimeoutError as soon as the connection breaks: what was asked then is never answered."""
        async with asyncio.timeout(None) as patience:
            self._asking.add(patience)
            try:
                yield
            finally:
                self._asking.discard(patience)

    async def _declare(self) -> None:
        while True:
            try:
                if not self.client.is_connected and not self.client.is_reconnecting:
                    await self._connect()
                async with self.while_connected():
                    self.epoch = await self._ensure_stream()
                break
            except (nats.errors.Error, TimeoutError, OSError) as error:
                _log.warning("the stream cannot be declared yet", extra={"reason": str(error)})
                await asyncio.sleep(_RETRY_SECONDS)
        self.declared.set()
        self._changed()

    async def _connect(self) -> None:
        await self.client.connect(
            self._url,
            name=self._name,
            # A frozen server is noticed after ten seconds, and an outage of any length is waited out.
            ping_interval=5,
            max_outstanding_pings=2,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RETRY_SECONDS,  # type: ignore[arg-type]
            connect_timeout=2,
            # What cannot be sent fails at once: the outbox is the buffer.
            pending_size=-1,
            flush_timeout=2.0,
            error_cb=_log_error,
            disconnected_cb=self._disconnected,
            reconnected_cb=self._reconnected,
        )

    async def _ensure_stream(self) -> datetime | None:
        """When the stream was made, making it if it is not there. Limits that an operator has set are left alone."""
        name, subjects = self._config.name or "", self._config.subjects
        try:
            info = await self.jetstream.stream_info(name)
        except nats.js.errors.NotFoundError:
            info = await self.jetstream.add_stream(self._config)
        if not info.config.allow_atomic or info.config.subjects != subjects:
            info = await self.jetstream.update_stream(info.config.evolve(allow_atomic=True, subjects=subjects))
        return info.created

    async def _disconnected(self) -> None:
        self.declared.clear()
        now = asyncio.get_running_loop().time()
        for patience in self._asking:
            patience.reschedule(now)
        self._changed()

    async def _reconnected(self) -> None:
        self.declare_soon()

    def _changed(self) -> None:
        self.generation += 1
        for callback in self.on_change:
            callback()


async def _log_error(error: Exception) -> None:
    _log.warning("broker", extra={"error": type(error).__name__, "reason": str(error)})
