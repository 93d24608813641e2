"""Many running subscriptions, made the way they come to be: by the facts of succeeded checkouts, told by checkout's own outbox.

Only customers and their balances are written by SQL, because a hundred thousand of them by API would take an hour; the facts that go with
them are told too, so that every service has its copy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

import psycopg
from bursar.checkout.v1 import checkout_events_pb2 as facts
from bursar.checkout.v1.customer_pb2 import CUSTOMER_TYPE_INDIVIDUAL, Customer
from bursar.checkout.v1.product_pb2 import Product
from bursar.types.v1 import intervals_pb2, tax_pb2
from google.protobuf.json_format import ParseDict
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from benchmarks.shops import Shop
from services.chassis import arrays, outbox
from services.chassis.ids import new_id
from services.chassis.outbox import Fact

BALANCE = 10_000_000
"""Of each customer, minor units: what renewals are paid from."""
_SUBSCRIBERS_A_COMMIT = 500
_ADDRESS = '{"country": "FR", "state": null, "city": "Lyon", "postal_code": "69001", "line1": "1 place Bellecour", "line2": null}'
_CUSTOMERS = """copy customer
(id, organization_id, type, email, email_verified, name, billing_address, version, created_at, modified_at, metadata) from stdin"""
_BALANCES = "copy customer_balance (organization_id, customer_id, currency, amount) from stdin"
_MOVEMENTS = """copy customer_balance_transaction
(id, organization_id, customer_id, type, currency, amount, balance_amount, reason, created_at) from stdin"""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A customer with the subscription that is made for it."""

    organization_id: UUID
    product: Product
    customer_id: UUID
    subscription_id: UUID
    adjustment_id: UUID

    @property
    def email(self) -> str:
        return f"{self.customer_id.hex}@example.com"


def subscribe(checkout_url: str, shops: Sequence[Shop], number: int) -> None:
    """So many customers with a balance and a subscription, in turn of each shop. `checkout_url` is checkout's database; the facts are on
    their way when this returns."""
    products = [ParseDict(shop.product, Product(), ignore_unknown_fields=True) for shop in shops]
    made = [
        Subscriber(shops[index % len(shops)].organization_id, products[index % len(shops)], new_id(), new_id(), new_id())
        for index in range(number)
    ]
    _write_customers(checkout_url, made)
    asyncio.run(_tell(checkout_url, made))


def _write_customers(checkout_url: str, made: Sequence[Subscriber]) -> None:
    now = datetime.now(UTC)
    with psycopg.connect(checkout_url) as connection, connection.cursor() as cursor:
        with cursor.copy(_CUSTOMERS) as copy:
            for each in made:
                row = (each.customer_id, each.organization_id, "individual", each.email, False, "Renée", _ADDRESS, 2, now, now, "{}")
                copy.write_row(row)
        with cursor.copy(_BALANCES) as copy:
            for each in made:
                copy.write_row((each.organization_id, each.customer_id, "eur", BALANCE))
        with cursor.copy(_MOVEMENTS) as copy:
            for each in made:
                key = (each.adjustment_id, each.organization_id, each.customer_id)
                copy.write_row((*key, "adjustment", "eur", BALANCE, BALANCE, "prepaid", now))


async def _tell(checkout_url: str, made: Sequence[Subscriber]) -> None:
    async with await AsyncConnection.connect(checkout_url, row_factory=dict_row) as connection:
        arrays.adapt(connection)
        left = iter(made)
        while some := list(islice(left, _SUBSCRIBERS_A_COMMIT)):
            await outbox.store(connection, [fact for each in some for fact in _facts(each)])
            await connection.commit()


def _facts(each: Subscriber) -> list[Fact]:
    now, checkout_id = datetime.now(UTC), new_id()
    customer = Customer(
        id=str(each.customer_id),
        organization_id=str(each.organization_id),
        type=CUSTOMER_TYPE_INDIVIDUAL,
        email=each.email,
        name="Renée",
        version=1,
    )
    adjusted = facts.CustomerBalanceAdjusted(
        customer_balance_transaction_id=str(each.adjustment_id),
        customer_id=str(each.customer_id),
        currency="eur",
        amount=BALANCE,
        reason="prepaid",
        balance_amount=BALANCE,
    )
    return [
        Fact("customer.created", each.customer_id, each.organization_id, 1, now, facts.CustomerCreated(customer=customer)),
        Fact("customer.balance_adjusted", each.customer_id, each.organization_id, 2, now, adjusted),
        Fact("checkout.succeeded", checkout_id, each.organization_id, 1, now, _succeeded(each, checkout_id, now)),
    ]


def _succeeded(each: Subscriber, checkout_id: UUID, now: datetime) -> facts.CheckoutSucceeded:
    product = each.product
    succeeded = facts.CheckoutSucceeded(
        checkout_id=str(checkout_id),
        order_id=str(new_id()),
        customer_id=str(each.customer_id),
        product_id=product.id,
        subscription_id=str(each.subscription_id),
        recurring_interval=intervals_pb2.RECURRING_INTERVAL_MONTH,
        recurring_interval_count=1,
        time_zone="UTC",
        currency="eur",
        amount=product.prices[0].fixed.price_amount,
        prices=[product.prices[0]],
        tax_behavior=tax_pb2.TAX_BEHAVIOR_EXCLUSIVE,
        product_name=product.name,
    )
    succeeded.started_at.FromDatetime(now)
    return succeeded
