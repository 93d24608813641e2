"""A gRPC server that tells load balancers whether to send calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

Handler = Callable[[bytes, Any], Awaitable[bytes]]
"""Takes and answers bytes; the second argument is gRPC's context of the call."""
StreamHandler = Callable[[bytes, Any], AsyncIterator[bytes]]
"""The same with any number of answers."""


class ListeningServer:
    """Serves handlers, and its health. Add services, start, stop."""

    def __init__(self, options: Sequence[tuple[str, int]]) -> None:
        self._server = grpc.aio.server(options=options)
        self._names: list[str] = []
        self._health = HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)

    def handle(self, service: str, handlers: Mapping[str, Handler], streams: Mapping[str, StreamHandler] | None = None) -> None:
        """Serve the methods of a service, given by their names."""
        methods = {name: grpc.unary_unary_rpc_method_handler(handler) for name, handler in handlers.items()}
        methods |= {name: grpc.unary_stream_rpc_method_handler(handler) for name, handler in (streams or {}).items()}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
        self._names.append(service)

    def enable_reflection(self) -> None:
        """Let tools ask for the contracts; not for production."""
        reflection.enable_server_reflection([*self._names, "grpc.health.v1.Health", reflection.SERVICE_NAME], self._server)

    async def start(self, address: str) -> int:
        """Listen; the port. Not ready until `set_serving(True)`."""
        await self.set_serving(False)
        port = self._server.add_insecure_port(address)
        await self._server.start()
        return port

    async def set_serving(self, serving: bool) -> None:
        """What health checks answer, for every service name and for the whole."""
        answer = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in ("", *self._names):
            await self._health.set(name, answer)

    async def stop(self, *, drain_seconds: float, grace_seconds: float = 20.0) -> None:
        """Say NOT_SERVING, wait until load balancers noticed, let calls in hand finish."""
        await self.set_serving(False)
        await asyncio.sleep(drain_seconds)
        # A stream that does not end must not hang the process.
        await asyncio.wait_for(self._server.stop(grace_seconds), grace_seconds + 5.0)
