"""Lists and files of orders: every filter, every order, page by page."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from bursar.checkout.v1 import customer_service_pb2, order_pb2, order_service_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.call import StreamCall
from services.chassis.csv_export import keyset_pages
from services.chassis.errors import Invalid
from services.checkout.domain.order import Order
from services.checkout.domain.quote import Line, Quote
from services.checkout.tests.builders import GERMAN, NOW, discount, order, placement
from services.checkout.tests.shop import Shop
from services.checkout.usecases.filters import OrderFilter

KEYS = ("created_at", "status", "invoice_number", "total_amount", "net_amount", "customer", "product", "discount", "subscription")


@dataclass
class Books:
    """Six orders of two customers: by hand, so that each of them differs."""

    shop: Shop
    orders: list[Order]
    names: Mapping[str, UUID]

    async def listed(self, **fields: Any) -> order_service_pb2.ListOrdersResponse:
        return await self.shop.orders.ListOrders(order_service_pb2.ListOrdersRequest(**fields), self.shop.call())

    async def numbers(self, **fields: Any) -> set[int]:
        """Which of the orders a list holds, by their places."""
        listed = await self.listed(page_size=100, **fields)
        return {[str(each.id) for each in self.orders].index(found.id) for found in listed.orders}

    async def file(self, **fields: Any) -> list[list[str]]:
        call = StreamCall("test", self.shop.call().caller, {})
        chunks = self.shop.orders.ExportOrders(order_service_pb2.ExportOrdersRequest(**fields), call)
        data = b"".join([chunk.data async for chunk in chunks])
        return list(csv.reader(io.StringIO(data.decode(), newline="")))


async def customer_named(shop: Shop, email: str, external_id: str | None = None) -> UUID:
    request = customer_service_pb2.CreateCustomerRequest(request_id=str(uuid4()), email=email, name="=cmd()", external_id=external_id)
    return UUID((await shop.customers.CreateCustomer(request, shop.call())).id)


@pytest_asyncio.fixture
async def books(shop: Shop) -> Books:
    ada, bob = await customer_named(shop, "Ada@example.com", "u-ada"), await customer_named(shop, "bob@example.com")
    once, monthly = UUID((await shop.product()).id), UUID((await shop.product(monthly=True)).id)
    reduced = replace(discount(), organization_id=shop.organization_id)
    subscription = uuid4()
    placed: list[dict[str, Any]] = [
        {"customer_id": ada, "product_id": once, "metadata": {"team": "red", "size": 3}},
        {"customer_id": bob, "product_id": once, "billing_name": "Bob, Inc.", "billing_address": GERMAN},
        {"customer_id": ada, "product_id": monthly, "subscription_id": subscription, "discount_id": reduced.id},
        {"customer_id": bob, "product_id": monthly, "subscription_id": uuid4(), "metadata": {"team": "red", "size": 4}},
        {"customer_id": ada, "product_id": None},
        {"customer_id": bob, "product_id": None, "metadata": {"team": "blue"}},
    ]
    made = [
        order(
            Quote("jpy" if number == 3 else "eur", True, (Line("a", 1000 + 100 * (number // 2)),), ()),
            organization_id=shop.organization_id,
            placement=placement(**each),
            created_at=NOW + timedelta(hours=number // 2),
        )
        for number, each in enumerate(placed)
    ]
    async with shop.open_all() as store:
        await store.discounts.add(reduced)
        await store.orders.add(made)
    return Books(shop, made, {"ada": ada, "bob": bob, "once": once, "discount": reduced.id, "subscription": subscription})


def timestamp(instant: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(instant)
    return message


async def test_filters_leave_out_what_does_not_match(books: Books) -> None:
    names = {name: str(value) for name, value in books.names.items()}
    assert await books.numbers() == {0, 1, 2, 3, 4, 5}
    assert await books.numbers(customer_id=[names["ada"]]) == {0, 2, 4}
    assert await books.numbers(external_customer_id=["u-ada"]) == {0, 2, 4}
    assert await books.numbers(external_customer_id=["u-nobody"]) == set()
    assert await books.numbers(product_id=[names["once"]]) == {0, 1}
    assert await books.numbers(discount_id=[names["discount"]]) == {2}
    assert await books.numbers(subscription_id=[names["subscription"]]) == {2}
    assert await books.numbers(product_billing_type="recurring") == {2, 3}
    assert await books.numbers(product_billing_type="one_time") == {0, 1, 4, 5}
    assert await books.numbers(metadata={"team": "red"}) == {0, 3}
    assert await books.numbers(metadata={"team": "red", "size": "4"}) == {3}
    assert await books.numbers(created_after=timestamp(NOW + timedelta(hours=1)), created_before=timestamp(NOW + timedelta(hours=2))) == {
        2,
        3,
    }
    assert await books.numbers(status=[order_pb2.ORDER_STATUS_PAID]) == set()


def _key(books: Books, made: Order, key: str) -> Any:
    """What an order is sorted by, computed anew; None if it has none."""
    place = made.placement
    if key == "customer":
        return {books.names["ada"]: "ada@example.com", books.names["bob"]: "bob@example.com"}[place.customer_id]
    if key == "product":
        return "Handbook" if place.product_id else None
    if key == "discount":
        return "Spring" if place.discount_id else None
    if key == "subscription":
        return place.subscription_id
    if key in ("total_amount", "net_amount"):
        return getattr(made.quote, key)
    return getattr(made, key)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("key", KEYS)
async def test_pages_of_two_add_up_to_the_whole_in_order_those_without_a_value_last(books: Books, key: str, sign: str) -> None:
    seen, token = list[str](), ""
    for _ in range(4):
        page = await books.listed(page_size=2, order_by=f"{sign}{key}", page_token=token, include_total=True)
        assert page.total_count == 6
        seen, token = [*seen, *(found.id for found in page.orders)], page.next_page_token
        if not token:
            break
    valued = [made for made in books.orders if _key(books, made, key) is not None]
    empty = [made for made in books.orders if _key(books, made, key) is None]
    in_order = sorted(valued, key=lambda made: (_key(books, made, key), made.id), reverse=bool(sign))
    in_order += sorted(empty, key=lambda made: made.id, reverse=bool(sign))
    assert seen == [str(made.id) for made in in_order]


async def test_a_token_belongs_to_its_filters(books: Books) -> None:
    token = (await books.listed(page_size=2, order_by="product", metadata={"team": "red"})).next_page_token
    assert token == ""
    token = (await books.listed(page_size=1, order_by="product", metadata={"team": "red"})).next_page_token
    with pytest.raises(Invalid, match="other filters"):
        await books.listed(page_size=1, order_by="product", metadata={"team": "blue"}, page_token=token)


async def test_a_file_holds_the_orders_oldest_first_with_the_usual_columns(books: Books) -> None:
    header, *rows = await books.file(customer_id=[str(books.names["bob"])], time_zone="Europe/Berlin")
    assert header == ["email", "created_at", "product", "net_amount", "currency", "status", "invoice_number"]
    assert rows[0] == ["bob@example.com", "2026-03-31T14:00:00+02:00", "Handbook", "10.00", "EUR", "pending", ""]
    assert [row[3:5] for row in rows] == [["10.00", "EUR"], ["1100", "JPY"], ["12.00", "EUR"]]


async def test_a_file_holds_the_columns_asked_for_and_no_formula(books: Books) -> None:
    rows = await books.file(columns=["billing_country", "billing_name", "customer_name", "refunded_amount", "billing_reason"])
    assert ["DE", "Bob, Inc.", "'=cmd()", "0.00", "purchase"] in rows


async def test_times_in_a_file_are_in_the_organizations_zone_unless_one_is_named(books: Books) -> None:
    rows = await books.file(columns=["created_at"])
    assert datetime.fromisoformat(rows[1][0]).astimezone(UTC) == NOW
    assert rows[1][0].endswith("+02:00")


async def test_unknown_columns_and_zones_are_refused_before_anything_is_sent(books: Books) -> None:
    for fields, reason in (({"columns": ["secret"]}, "COLUMN_UNKNOWN"), ({"time_zone": "Mars"}, "TIME_ZONE_UNKNOWN")):
        with pytest.raises(Invalid) as refused:
            await books.file(**fields)
        assert refused.value.reason == reason


async def test_a_file_is_read_page_by_page_and_holds_each_order_once(books: Books) -> None:
    async with books.shop.open() as store:
        pages = [
            [row.id for row in page]
            async for page in keyset_pages(partial(store.orders.behind, books.shop.organization_id, OrderFilter()), size=4)
        ]
    assert pages == [
        [made.id for made in sorted(books.orders, key=lambda made: (made.created_at, made.id))][start:][:4] for start in (0, 4)
    ]


async def test_the_orders_of_others_are_in_no_file(books: Books) -> None:
    stranger = Shop(books.shop.database)
    call = StreamCall("test", stranger.call().caller, {})
    chunks = [chunk.data async for chunk in stranger.orders.ExportOrders(order_service_pb2.ExportOrdersRequest(columns=["email"]), call)]
    assert chunks == [b"email\r\n"]
