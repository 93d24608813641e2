"""What checkout says of customers, as seats understand it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from bursar.checkout.v1.customer_pb2 import Customer
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from services.chassis.errors import NotFound, Unavailable
from services.chassis.ids import new_id
from services.chassis.peers import DEFAULT_SECONDS, Peers
from services.subscription.clients.customers import CheckoutCustomers
from services.subscription.domain.seat import Holder
from services.subscription.domain.seat_errors import CustomerNotFound
from services.subscription.tests.builders import NOW, ORGANIZATION, timestamp

CUSTOMER = new_id()


class FakePeers(Peers):
    """Checkout with one answer, remembering what it was asked."""

    def __init__(self, answer: Customer | Exception) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str, UUID | None]] = []

    async def call(
        self,
        method: MethodDescriptor,
        request: Message,
        answer_type: type[Any],
        *,
        organization_id: UUID | None,
        timeout_seconds: float = DEFAULT_SECONDS,
        service: str | None = None,
    ) -> Any:
        self.asked.append((method.name, str(request).strip(), organization_id))
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def customer(**fields: Any) -> Customer:
    return Customer(**({"id": str(CUSTOMER), "email": "ann@example.com"} | fields))


@pytest.mark.parametrize(
    ("fields", "holder"),
    [
        ({"external_id": "ext-1"}, Holder(CUSTOMER, "ext-1", "ann@example.com")),
        ({}, Holder(CUSTOMER, None, "ann@example.com")),
        ({"email": ""}, Holder(CUSTOMER, None, None)),
    ],
)
async def test_who_a_customer_is(fields: Mapping[str, Any], holder: Holder) -> None:
    peers = FakePeers(customer(**fields))
    customers = CheckoutCustomers(peers)
    assert await customers.get(ORGANIZATION, CUSTOMER) == holder
    assert await customers.get_by_external_id(ORGANIZATION, "ext-1") == holder
    assert await customers.take(ORGANIZATION, "ann@example.com") == holder
    assert peers.asked == [
        ("GetCustomer", f'id: "{CUSTOMER}"', ORGANIZATION),
        ("GetCustomerByExternalId", 'external_id: "ext-1"', ORGANIZATION),
        ("TakeCustomer", 'email: "ann@example.com"', ORGANIZATION),
    ]


@pytest.mark.parametrize("answer", [NotFound("CUSTOMER_NOT_FOUND", "no"), customer(deleted_at=timestamp(NOW))])
async def test_who_is_not_there_or_was_deleted(answer: Customer | Exception) -> None:
    with pytest.raises(CustomerNotFound):
        await CheckoutCustomers(FakePeers(answer)).get(ORGANIZATION, CUSTOMER)


async def test_checkout_that_does_not_answer() -> None:
    with pytest.raises(Unavailable):
        await CheckoutCustomers(FakePeers(Unavailable("AWAY", "no answer"))).take(ORGANIZATION, "ann@example.com")
