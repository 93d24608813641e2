"""Calls to the other services: a deadline always, this service's identity, the trace, retries of UNAVAILABLE only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.chassis import deadline, tracing
from services.chassis.errors import Unavailable
from services.chassis.identity import METADATA_KEY, IdentitySigner
from services.chassis.status import from_rpc_error

M = TypeVar("M", bound=Message)

DEFAULT_SECONDS = 2.0
_MARGIN_SECONDS = 0.05
# Every command of the suite carries a key, so a call that never arrived may be sent again; one that timed out may not.
_SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 3,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
        "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.2},
    }
)
_OPTIONS = (
    ("grpc.service_config", _SERVICE_CONFIG),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class Peers:
    """One channel for each service, made on first use and kept for the life of the process."""

    def __init__(self, addresses: Mapping[str, str], signer: IdentitySigner) -> None:
        self._addresses = addresses
        self._signer = signer
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._methods: dict[tuple[str, str], Any] = {}

    async def call(
        self,
        method: MethodDescriptor,
        request: Message,
        answer_type: type[M],
        *,
        organization_id: UUID | None,
        timeout_seconds: float = DEFAULT_SECONDS,
        service: str | None = None,
    ) -> M:
        """Call a method for an organization. The errors that it answers are raised; Unavailable means that the outcome is unknown.

        `service`: whom to ask, where several services serve the contract.
        """
        service = service or method.full_name.split(".")[1]
        send = self._methods.get((service, method.full_name)) or self._open(service, method)
        seconds = min(timeout_seconds, deadline.remaining_seconds() - _MARGIN_SECONDS)
        if seconds <= 0:
            raise Unavailable("DEADLINE_TOO_SHORT", "no time is left to ask another service", retry_after_seconds=0.1)
        metadata = [(METADATA_KEY, self._signer.own(organization_id))]
        traceparent = tracing.current_traceparent()
        if traceparent:
            metadata.append(("traceparent", traceparent))
        try:
            answer = await send(request, timeout=seconds, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        assert isinstance(answer, answer_type)
        return answer

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close(grace=1.0)

    def _open(self, service: str, method: MethodDescriptor) -> Any:
        channel = self._channels.get(service)
        if channel is None:
            if service not in self._addresses:
                raise Unavailable("PEER_UNKNOWN", f"no address of the service {service} is set (BURSAR_PEERS)")
            channel = grpc.aio.insecure_channel(self._addresses[service], options=_OPTIONS)
            self._channels[service] = channel
        send = channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        self._methods[service, method.full_name] = send
        return send
