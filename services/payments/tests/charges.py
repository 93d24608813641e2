"""Charges of saved cards with nobody present, as tests ask for them."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.ids import new_id
from services.chassis.status import from_rpc_error
from services.payments.tests.builders import payment_request, setup_request
from services.payments.tests.world import World
from tests.support.eventually import eventually

Customer = payment_service_pb2.PaymentCustomer
ANY = payment_service_pb2.SavedPaymentMethod()


async def with_card(world: World, card: str = "pm_card_visa", customer: Customer | None = None) -> tuple[Customer, str]:
    customer = customer or Customer(customer_id=str(new_id()), email="grace@example.com")
    setup = await world.command("CreateSetup", setup_request(customer=customer, confirmation_token_id=card))
    return customer, str(setup.payment_method_id)


def charge(customer: Customer, **given: Any) -> payment_service_pb2.CreatePaymentRequest:
    """Of whichever card is saved, unless told otherwise."""
    trigger = payment_pb2.PAYMENT_TRIGGER_SUBSCRIPTION_CYCLE
    source = {} if given.keys() & {"payment_method_id", "confirmation_token_id"} else {"saved_payment_method": ANY}
    return payment_request(customer=customer, trigger=trigger, **source | given)


async def create(world: World, *payments: payment_service_pb2.CreatePaymentRequest) -> None:
    await world.command("CreatePayments", payment_service_pb2.CreatePaymentsRequest(payments=payments))


async def told(world: World, type: str, count: int = 1) -> list[Any]:
    """The facts of a type, once there are so many."""

    async def there() -> bool:
        return (await world.types()).count(type) >= count

    await eventually(there, 20.0)
    return [message for name, _, message in await world.facts() if name == type]


async def intents(world: World) -> list[dict[str, Any]]:
    return list((await world.simulator.api("GET", "/v1/payment_intents?limit=100")).json()["data"])


async def refused(world: World, *payments: payment_service_pb2.CreatePaymentRequest) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await create(world, *payments)
    return from_rpc_error(error.value)
