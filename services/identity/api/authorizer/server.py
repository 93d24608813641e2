"""The gRPC server that Envoy asks. It answers raw bytes and has none of the door of the other servers:

its caller is the edge, not a person, and a check is on the way of every request of the suite.
"""

from __future__ import annotations

import logging
from typing import Any

import grpc
from envoy.service.auth.v3 import external_auth_pb2
from prometheus_client import Counter

from services.chassis.errors import BursarError
from services.chassis.listening import ListeningServer
from services.identity.api.authorizer.authorizer import Authorizer

_log = logging.getLogger("bursar.authorizer")
_SERVICE = external_auth_pb2.DESCRIPTOR.services_by_name["Authorization"].full_name
_OPTIONS = (
    ("grpc.max_receive_message_length", 256 * 1024),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.so_reuseport", 1),
)
_FAILURES = Counter("bursar_authorizer_failures_total", "Checks that nobody could answer; the edge refused them.", ("reason",))


class AuthorizerServer(ListeningServer):
    """Serves the authorizer."""

    def __init__(self, authorizer: Authorizer) -> None:
        super().__init__(_OPTIONS)
        self._authorizer = authorizer
        self.handle(_SERVICE, {"Check": self._check})

    async def _check(self, raw: bytes, context: Any) -> bytes:
        try:
            return await self._authorizer.check(raw)
        except BursarError as error:
            _FAILURES.labels(error.reason).inc()
            _log.warning("check failed", extra={"reason": error.reason})
            await context.abort(grpc.StatusCode.UNAVAILABLE, error.message)
            raise
