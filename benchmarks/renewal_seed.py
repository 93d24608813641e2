"""Many running subscriptions, made the way they come to be: by the facts of succeeded checkouts, told by checkout's own outbox.

Only customers and their balances are written by SQL, because a hundred thousand of them by API would take an hour; the facts that go with
them are told too, so that every service has its copy.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from bursar.checkout.v1 import checkout_events_pb2 as facts
from bursar.checkout.v1.customer_pb2 import CUSTOMER_TYPE_INDIVIDUAL, Customer
from bursar.checkout.v1.product_pb2 import Product
from bursar.types.v1 import intervals_pb2, tax_pb2
from google.protobuf.json_format import ParseDict
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from benchmarks.stacks import Bench
from deploy.audit.quiet import wait_until_quiet
from services.chassis import outbox
from services.chassis.ids import new_id
from services.chassis.outbox import Fact

BALANCE = 10_000_000
"""Of each customer, minor units: what renewals are paid from."""
_FACTS_A_COMMIT = 1000
_SETTLED_SECONDS = 900.0

_CUSTOMERS = """copy customer (id, organization_id, type, email, email_verified, name, billing_address, version, created_at, modified_at, metadata)
from stdin"""
_BALANCES = "copy customer_balance (organization_id, customer_id, currency, amount) from stdin"
_MOVEMENTS = """copy customer_balance_transaction
(id, organization_id, customer_id, type, currency, amount, balance_amount, reason, created_at) from stdin"""


@dataclass(frozen=True, slots=True)
class Seat:
    """A customer with the subscription that is made for it."""

    organization_id: UUID
    customer_id: UUID
    subscription_id: UUID


def subscribe(bench: Bench, admin_url: str, product: dict[str, Any], number: int) -> float:
    """So many customers with a balance and a running subscription of the product; the seconds that it took."""
    started = time.perf_counter()
    organization = UUID(bench.organization_id)
    made = [Seat(organization, new_id(), new_id()) for _ in range(number)]
    _write_customers(admin_url, made)
    asyncio.run(_tell(admin_url, made, ParseDict(product, Product(), ignore_unknown_fields=True)))
    wait_until_quiet(bench.suite, _SETTLED_SECONDS)
    return time.perf_counter() - started


def _write_customers(admin_url: str, made: Sequence[Seat]) -> None:
    now = datetime.now(UTC)
    with psycopg.connect(admin_url) as connection, connection.cursor() as cursor:
        with cursor.copy(_CUSTOMERS) as copy:
            for each in made:
                email = f"{each.customer_id.hex}@example.com"
                address = (
                    '{"country": "FR", "state": null, "city": "Lyon", "postal_code": "69001", "line1": "1 place Bellecour", "line2": null}'
                )
                copy.write_row((each.customer_id, each.organization_id, "individual", email, False, "Renée", address, 2, now, now, "{}"))
        with cursor.copy(_BALANCES) as copy:
            for each in made:
                copy.write_row((each.organization_id, each.customer_id, "eur", BALANCE))
        with cursor.copy(_MOVEMENTS) as copy:
            for each in made:
                copy.write_row(
                    (each.subscription_id, each.organization_id, each.customer_id, "adjustment", "eur", BALANCE, BALANCE, "prepaid", now)
                )


async def _tell(admin_url: str, made: Sequence[Seat], product: Product) -> None:
    async with await AsyncConnection.connect(admin_url, row_factory=dict_row) as connection:
        for start in range(0, len(made), _FACTS_A_COMMIT // 3):
            await outbox.store(connection, [fact for each in made[start : start + _FACTS_A_COMMIT // 3] for fact in _facts(each, product)])
            await connection.commit()


def _facts(each: Seat, product: Product) -> list[Fact]:
    now = datetime.now(UTC)
    customer = Customer(
        id=str(each.customer_id),
        organization_id=str(each.organization_id),
        type=CUSTOMER_TYPE_INDIVIDUAL,
        email=f"{each.customer_id.hex}@example.com",
        name="Renée",
        version=1,
    )
    created = facts.CustomerCreated(customer=customer)
    adjusted = facts.CustomerBalanceAdjusted(
        customer_balance_transaction_id=str(each.subscription_id),
        customer_id=str(each.customer_id),
        currency="eur",
        amount=BALANCE,
        reason="prepaid",
        balance_amount=BALANCE,
    )
    checkout_id = new_id()
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
    return [
        Fact("customer.created", each.customer_id, each.organization_id, 1, now, created),
        Fact("customer.balance_adjusted", each.customer_id, each.organization_id, 2, now, adjusted),
        Fact("checkout.succeeded", checkout_id, each.organization_id, 1, now, succeeded),
    ]
