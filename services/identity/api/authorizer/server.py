"""The gRPC server that Envoy asks. It answers raw bytes and has none of the door of the other servers:

its caller is the edge, not a person, and a check is on the way of every request of the suite.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import grpc
from envoy.service.auth.v3 import external_auth_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from prometheus_client import Counter

from services.chassis.errors import BursarError
from services.identity.api.authorizer.authorizer import Authorizer

_log = logging.getLogger("bursar.authorizer")
_SERVICE = external_auth_pb2.DESCRIPTOR.services_by_name["Authorization"].full_name
_OPTIONS = (
    ("grpc.max_receive_message_length", 256 * 1024),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.so_reuseport", 1),
)
_FAILURES = Counter("bursar_authorizer_failures_total", "Checks that nobody could answer; the edge refused them.", ("reason",))


class AuthorizerServer:
    """Serves the authorizer and its health."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer
        self._server = grpc.aio.server(options=_OPTIONS)
        self._health = HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        handlers = {"Check": grpc.unary_unary_rpc_method_handler(self._check)}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, handlers),))

    async def start(self, address: str) -> int:
        """Listen; the port. Not ready until `set_serving(True)`."""
        await self.set_serving(False)
        port = self._server.add_insecure_port(address)
        await self._server.start()
        return port

    async def set_serving(self, serving: bool) -> None:
        """What health checks answer."""
        answer = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in ("", _SERVICE):
            await self._health.set(name, answer)

    async def stop(self, *, drain_seconds: float, grace_seconds: float = 5.0) -> None:
        """Say NOT_SERVING, wait until the edge noticed, let checks in hand finish."""
        await self.set_serving(False)
        await asyncio.sleep(drain_seconds)
        await asyncio.wait_for(self._server.stop(grace_seconds), grace_seconds + 5.0)

    async def _check(self, raw: bytes, context: Any) -> bytes:
        try:
            return await self._authorizer.check(raw)
        except BursarError as error:
            _FAILURES.labels(error.reason).inc()
            _log.warning("check failed", extra={"reason": error.reason})
            await context.abort(grpc.StatusCode.UNAVAILABLE, error.message)
            raise
