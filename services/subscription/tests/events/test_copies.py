"""Our copies of what the other services own: the newest version counts, and decisions follow them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from bursar.checkout.v1.checkout_events_pb2 import CustomerUpdated, DiscountUpdated, ProductUpdated
from bursar.checkout.v1.customer_pb2 import Customer
from bursar.checkout.v1.discount_pb2 import Discount
from bursar.checkout.v1.product_pb2 import FixedPrice, Product, ProductPrice

from services.chassis.clock import ManualClock
from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.reactor import Reactor
from services.subscription.app import STORE_OF, catch_up_all
from services.subscription.domain.subscription import PendingUpdate, ProductTarget
from services.subscription.tests.builders import (
    MONTHLY,
    NOW,
    ORGANIZATION,
    a_subscription,
    checkout_succeeded,
    event_of,
    price,
    timestamp,
)
from services.subscription.tests.reading import all_subscriptions
from tests.support.databases import ServiceDatabase

DAY = timedelta(days=1)
_CUSTOMER = "select split_part(email, '@', 1) as name from customer"


def _event(kind: str, subject_id: UUID, version: int, message: Any) -> Event[Any]:
    return Event(new_id(), f"{kind}.updated", ORGANIZATION, subject_id, version, NOW, message)


def product(product_id: UUID, version: int, *currencies: str) -> Event[Any]:
    prices = [
        ProductPrice(
            id=str(new_id()), product_id=str(product_id), price_currency=each, fixed=FixedPrice(price_amount=5), created_at=timestamp(NOW)
        )
        for each in currencies
    ]
    told = Product(id=str(product_id), organization_id=str(ORGANIZATION), name=f"v{version}", version=version, prices=prices)
    return _event("product", product_id, version, ProductUpdated(product=told))


async def test_the_newest_version_counts_in_any_order(reactor: Reactor, database: ServiceDatabase) -> None:
    for order in permutations([1, 2, 3]):
        key = new_id()
        names: dict[str, Any] = {"organization_id": str(ORGANIZATION), "id": str(key)}
        for version in order:
            discount = DiscountUpdated(discount=Discount(**names, name=f"v{version}", version=version))
            customer = CustomerUpdated(customer=Customer(**names, email=f"v{version}@example.com", version=version))
            told = [_event("discount", key, version, discount), _event("customer", key, version, customer)]
            await reactor.take([product(key, version, "eur"), *told])
        async with database.worker.connection() as connection:
            for query in (
                "select name from product",
                "select name from discount",
                _CUSTOMER,
            ):
                assert await (await connection.execute(f"{query} where id = %s", [key])).fetchall() == [{"name": "v3"}]


async def test_what_a_customer_has_learns_the_merchants_id_for_them(reactor: Reactor, database: ServiceDatabase) -> None:
    for order in permutations(range(3)):
        bought = checkout_succeeded(seats=2, claim_seat_for_buyer=True, customer_email="a@example.com")
        bought.ClearField("external_customer_id")
        told: dict[str, Any] = {"organization_id": str(ORGANIZATION), "id": bought.customer_id, "email": "a@example.com"}
        customer_id = UUID(bought.customer_id)
        facts = [
            _event("customer", customer_id, 2, CustomerUpdated(customer=Customer(**told, version=2, external_id="u-1"))),
            _event("customer", customer_id, 3, CustomerUpdated(customer=Customer(**told, version=3, external_id="u-1"))),
            event_of(bought),
        ]
        for index in order:
            await reactor.take([facts[index]])
        async with database.worker.connection() as connection:
            for table in ("subscription", "customer_seat"):
                query = f"select external_customer_id from {table} where customer_id = %s".encode()
                assert await (await connection.execute(query, [customer_id])).fetchall() == [{"external_customer_id": "u-1"}], table


@pytest.mark.parametrize(("currencies", "name"), [(("eur", "usd"), "Team"), (("usd",), "Pro"), ((), "Pro"), (None, "Team")])
async def test_a_change_to_what_has_lost_its_price_is_dropped(
    reactor: Reactor, database: ServiceDatabase, currencies: tuple[str, ...] | None, name: str
) -> None:
    target = ProductTarget(new_id(), "Team", MONTHLY, (price(9900),), "exclusive")
    before = replace(a_subscription(), pending_update=PendingUpdate(NOW, NOW + 28 * DAY, target))
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.add([before])
    if currencies is not None:  # what nobody has told of yet has not lost it
        await reactor.take([product(target.product_id, 2, *currencies)])
    await catch_up_all(database.worker, ManualClock(NOW + 28 * DAY))
    (after,) = (await all_subscriptions(database.worker)).values()
    assert (after.terms.product_name, after.pending_update) == (name, None)
