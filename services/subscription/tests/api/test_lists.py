"""Lists and files of subscriptions: every filter, every order, page by page."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from bursar.subscription.v1 import subscription_pb2 as subscriptions
from bursar.subscription.v1 import subscription_service_pb2 as pb

from services.chassis.call import StreamCall
from services.chassis.errors import Invalid
from services.chassis.ids import new_id
from services.subscription.api.subscription_export import export_subscriptions
from services.subscription.app import STORE_OF
from services.subscription.domain.catalog import CatalogProduct, KnownCustomer, KnownDiscount
from services.subscription.domain.changes import Why, canceled, revoked
from services.subscription.domain.discount import attached
from services.subscription.domain.subscription import Subscription
from services.subscription.tests.builders import MONTHLY, NOW, ORGANIZATION, a_subscription, at, discount, price, terms, timestamp
from tests.support.client import Client, member
from tests.support.databases import ServiceDatabase

KEYS = ("created_at", "started_at", "status", "current_period_end", "ended_at", "ends_at", "amount", "customer", "product", "discount")
LATER = NOW + timedelta(days=3)


@dataclass
class Book:
    """Six subscriptions of two customers, each with something of its own; what a third is called nobody has told yet."""

    database: ServiceDatabase
    client: Client
    made: list[Subscription]
    names: Mapping[str, UUID]

    async def page(self, **fields: Any) -> Any:
        return await self.client.call("ListSubscriptions", member(ORGANIZATION), pb.ListSubscriptionsRequest(**fields))

    async def numbers(self, **fields: Any) -> set[int]:
        """Which of them a list holds, by their places."""
        ids = [str(each.id) for each in self.made]
        return {ids.index(found.id) for found in (await self.page(page_size=100, **fields)).subscriptions}

    async def file(self, **fields: Any) -> list[list[str]]:
        call = StreamCall("test", member(ORGANIZATION), {})
        chunks = export_subscriptions(pb.ExportSubscriptionsRequest(**fields), call, self.database.app, STORE_OF)
        data = b"".join([chunk.data async for chunk in chunks])
        return list(csv.reader(io.StringIO(data.decode(), newline="")))


@pytest_asyncio.fixture
async def book(database: ServiceDatabase, client: Client) -> Book:
    ada, bob, third, pro, team = (new_id() for _ in range(5))
    reduced = discount("repeating", 3)
    sold = {"pro": terms(1900, product_id=pro), "team": terms(0, product_id=team, prices=(price(990, currency="jpy"),), currency="jpy")}
    with_discount = replace(sold["pro"], discount=attached(reduced, NOW, MONTHLY, 0))
    made = [
        a_subscription(customer_id=ada, terms=sold["pro"]),
        replace(a_subscription(customer_id=bob, terms=sold["team"], external_customer_id="u-bob"), metadata={"tier": "gold", "size": 3}),
        a_subscription(customer_id=ada, terms=with_discount, started_at=LATER, trial_days=14),
        canceled(a_subscription(customer_id=bob, terms=sold["pro"]), Why("unused"), at(LATER)).after,
        revoked(a_subscription(customer_id=ada, terms=sold["team"]), Why("too_expensive"), at(NOW)).after,
        replace(a_subscription(customer_id=third, terms=terms(500)), metadata={"tier": "gold"}),
    ]
    async with database.worker.transaction() as transaction:
        store = STORE_OF(transaction)
        await store.subscriptions.add(made)
        known = [
            KnownCustomer(ORGANIZATION, ada, 2, "Ada@example.com", "=Ada", "u-ada"),
            KnownCustomer(ORGANIZATION, bob, 1, "bob@example.com"),
        ]
        await store.customers.keep(known)
        await store.catalog.keep_products([CatalogProduct(ORGANIZATION, team, 1, "Alpha team", False, "month", 1, None, 1, ())])
        await store.catalog.keep_discounts([KnownDiscount(ORGANIZATION, reduced.discount_id, 1, "Spring")])
    return Book(database, client, made, {"ada": ada, "bob": bob, "pro": pro, "team": team, "discount": reduced.discount_id})


async def test_filters_leave_out_what_does_not_match(book: Book) -> None:
    names = {name: str(value) for name, value in book.names.items()}
    assert await book.numbers() == {0, 1, 2, 3, 4, 5}
    assert await book.numbers(customer_id=[names["ada"]]) == {0, 2, 4}
    assert await book.numbers(external_customer_id=["u-ada"]) == {0, 2, 4}
    assert await book.numbers(external_customer_id=["u-bob", "u-nobody"]) == {1}
    assert await book.numbers(product_id=[names["team"]]) == {1, 4}
    assert await book.numbers(discount_id=[names["discount"]]) == {2}
    assert await book.numbers(active=True) == {0, 1, 2, 3, 5}
    assert await book.numbers(active=False) == {4}
    assert await book.numbers(status=[subscriptions.SUBSCRIPTION_STATUS_TRIALING]) == {2}
    assert await book.numbers(cancel_at_period_end=True) == {3}
    assert await book.numbers(customer_cancellation_reason=[subscriptions.CUSTOMER_CANCELLATION_REASON_UNUSED]) == {3}
    assert await book.numbers(metadata={"tier": "gold"}) == {1, 5}
    assert await book.numbers(metadata={"tier": "gold", "size": "3"}) == {1}


async def test_ranges_are_half_open(book: Book) -> None:
    assert await book.numbers(canceled_after=timestamp(NOW), canceled_before=timestamp(LATER)) == {4}
    assert await book.numbers(canceled_after=timestamp(LATER)) == {3}
    assert await book.numbers(started_after=timestamp(LATER)) == {2}
    assert await book.numbers(started_before=timestamp(LATER)) == {0, 1, 3, 4, 5}


def _key(book: Book, each: Subscription, key: str) -> Any:
    """What a subscription is sorted by, computed anew; None if it has none."""
    cancellation = each.cancellation
    return {
        "created_at": each.created_at,
        "started_at": each.started_at,
        "status": each.status.value,
        "current_period_end": each.period.end,
        "ended_at": each.ended_at,
        "ends_at": cancellation.ends_at if cancellation else None,
        "amount": each.terms.amount,
        "customer": {book.names["ada"]: "ada@example.com", book.names["bob"]: "bob@example.com"}.get(each.customer_id),
        "product": "Alpha team" if each.terms.product_id == book.names["team"] else "Pro",
        "discount": "Spring" if each.terms.discount else None,
    }[key]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("key", KEYS)
async def test_pages_of_two_add_up_to_the_whole_in_order_those_without_a_value_last(book: Book, key: str, sign: str) -> None:
    seen, token = list[str](), ""
    for _ in range(4):
        page = await book.page(page_size=2, order_by=f"{sign}{key}", page_token=token, include_total=True)
        assert page.total_count == 6
        seen, token = [*seen, *(found.id for found in page.subscriptions)], page.next_page_token
        if not token:
            break
    valued = [each for each in book.made if _key(book, each, key) is not None]
    empty = [each for each in book.made if _key(book, each, key) is None]
    in_order = sorted(valued, key=lambda each: (_key(book, each, key), each.id), reverse=bool(sign))
    assert seen == [str(each.id) for each in (*in_order, *sorted(empty, key=lambda each: each.id, reverse=bool(sign)))]


async def test_a_file_holds_the_usual_columns_with_names_of_today(book: Book) -> None:
    header, *rows = await book.file(customer_id=[str(book.names["bob"])], time_zone="Asia/Tokyo")
    assert header == ["email", "started_at", "product", "amount", "currency", "status", "recurring_interval"]
    assert ["bob@example.com", "2026-01-31T19:00:00+09:00", "Alpha team", "990", "JPY", "active", "month"] in rows
    assert ["bob@example.com", "2026-01-31T19:00:00+09:00", "Pro", "19.00", "EUR", "active", "month"] in rows


async def test_a_file_holds_the_columns_asked_for_and_no_formula(book: Book) -> None:
    columns = ["customer_name", "discount", "cancel_at_period_end", "cancellation_reason", "seats", "trial_end"]
    rows = await book.file(columns=columns)
    assert rows[0] == columns
    assert ["'=Ada", "Spring", "false", "", "", "2026-02-14T10:00:00+00:00"] in rows
    assert ["", "", "true", "unused", "", ""] in rows
    assert len(rows) == 7


async def test_unknown_columns_and_zones_are_refused(book: Book) -> None:
    for fields, reason in (({"columns": ["secret"]}, "COLUMN_UNKNOWN"), ({"time_zone": "Mars"}, "TIME_ZONE_UNKNOWN")):
        with pytest.raises(Invalid) as refused:
            await book.file(**fields)
        assert refused.value.reason == reason
