"""StripeWebhookService: the one door that takes bytes and not messages, because bytes are what is signed."""

from __future__ import annotations

from collections.abc import Callable

from google.api import httpbody_pb2

from services.chassis.call import Call
from services.chassis.errors import Invalid
from services.payments.usecases.ports import Ports
from services.payments.usecases.processor import StoredEvent
from services.payments.usecases.receive_stripe_event import receive_stripe_event

_HEADER = "stripe-signature"
_ANSWER = httpbody_pb2.HttpBody(content_type="application/json", data=b'{"received":true}')


class StripeWebhookServicer:
    """Verifies, stores, answers; `wake` starts the processing of what was stored."""

    def __init__(
        self, ports: Ports, check: Callable[[bytes, str], None], stored_event: Callable[[bytes], StoredEvent], wake: Callable[[], None]
    ) -> None:
        self._ports = ports
        self._check = check
        self._stored_event = stored_event
        self._wake = wake

    async def ReceiveStripeEvent(self, request: httpbody_pb2.HttpBody, call: Call) -> httpbody_pb2.HttpBody:
        self._check(request.data, str(call.metadata.get(_HEADER, "")))
        await receive_stripe_event(self._ports, _parsed(self._stored_event, request.data))
        self._wake()
        return _ANSWER


def _parsed(stored_event: Callable[[bytes], StoredEvent], body: bytes) -> StoredEvent:
    try:
        return stored_event(body)
    except (ValueError, OverflowError, OSError):
        raise Invalid("EVENT_MALFORMED", "the body is not an event of Stripe") from None
