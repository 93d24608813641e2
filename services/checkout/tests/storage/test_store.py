"""The repositories on a real database: what goes in comes out, and nobody sees other organizations' rows."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest
from bursar.checkout.v1 import order_service_pb2

from services.chassis.errors import Unavailable
from services.chassis.pagination import page_of
from services.checkout.domain.discount import AppliedDiscount, DiscountDuration
from services.checkout.domain.interval import Interval, IntervalUnit, Period
from services.checkout.domain.invoice import Series, SeriesKind
from services.checkout.domain.offer import Offer
from services.checkout.domain.order import Order
from services.checkout.domain.payment import PaymentAction, PaymentFailure
from services.checkout.domain.price import TaxBehavior
from services.checkout.domain.quote import Line, Quote
from services.checkout.domain.tax import TaxabilityReason, TaxLine
from services.checkout.storage.documents import OFFER
from services.checkout.tests.builders import GERMAN, MONTHLY, NOW, checkout, discount, offer, order, placement, price, product, seats, units
from services.checkout.tests.shop import Shop
from services.checkout.usecases.catalog_ports import Redemption
from services.checkout.usecases.filters import CheckoutFilter, CustomerFilter, OrderFilter, ProductFilter
from services.pricing.price import CustomPrice, UnitLabel
from services.pricing.reduction import FixedReduction, Percentage
from services.pricing.tiers import TierType

SCOPED = ("product", "product_price", "discount", "discount_redemption", "customer", "customer_balance", "checkout", "checkout_attempt")
TABLES = (
    *SCOPED,
    "customer_payment_method",
    "surplus_payment",
    "orders",
    "order_item",
    "order_charge",
    "ended_subscription",
    "customer_balance_transaction",
    "number_series",
    "organization",
    "outbox",
    "idempotency_request",
)


@pytest.mark.parametrize(
    "written",
    [
        offer(),
        offer(prices=(price(CustomPrice(0, 500, None), "usd", tax_behavior=TaxBehavior.LOCATION),)),
        offer(prices=(price(0), price(seats(1000, 800, minimum_seats=2))), seats=12),
        offer(prices=(price(units(5, tier_type=TierType.GRADUATED, unit_label={"en": UnitLabel("calls", "call")})),), units=0, locale="de"),
        offer(recurring=MONTHLY, trial=Interval(IntervalUnit.DAY, 14), trial_end=NOW),
        offer(discount=AppliedDiscount(uuid4(), FixedReduction({"eur": 500}), DiscountDuration.REPEATING, 3)),
        offer(discount=AppliedDiscount(uuid4(), Percentage(500), DiscountDuration.ONCE, None)),
        offer(quote=Quote("eur", True, (Line("x", 1, period=Period(NOW, NOW)),), None)),
    ],
)
def test_an_offer_survives_its_document(written: Offer) -> None:
    assert OFFER.load(OFFER.dump(written)) == written


async def test_a_product_comes_back_as_it_was(shop: Shop) -> None:
    counted = price(units(7, 5, maximum_units=9, unit_label={"de": UnitLabel("Anfragen")}))
    made = product(price(1000), counted, price(1200, "usd"), recurring=MONTHLY, trial=Interval(IntervalUnit.WEEK, 2), description="x")
    async with shop.open_all() as store:
        await store.products.add(made)
        assert await store.products.many([made.id]) == {made.id: made}
        assert await store.products.lock(made.id) == made


async def test_a_discount_comes_back_as_it_was(shop: Shop) -> None:
    terms = {"reduction": FixedReduction({"eur": 100, "jpy": 90}), "product_ids": (uuid4(),), "starts_at": NOW, "max_redemptions": 3}
    made = replace(discount(**terms), organization_id=shop.organization_id)
    async with shop.open() as store:
        await store.discounts.add(made)
        assert await store.discounts.get(made.id) == made
        assert await store.discounts.by_code("spring") == made


async def test_a_redemption_that_is_asked_for_again_counts_once(shop: Shop) -> None:
    made = replace(discount(max_redemptions=9), organization_id=shop.organization_id)
    redemption = Redemption(None, uuid4(), "one", shop.organization_id, made.id, uuid4(), "ada@example.com", NOW)
    async with shop.open() as store:
        await store.discounts.add(made)
        for _ in range(2):
            await store.discounts.redeem(redemption)
        found = await store.discounts.get(made.id)
    assert found is not None
    assert found.redemptions_count == 1


async def test_a_checkout_comes_back_as_it_was(shop: Shop) -> None:
    made = checkout(
        metadata={"a": 1},
        payment_action=PaymentAction("secret", "https://bank.example"),
        payment_failure=PaymentFailure("declined", "No.", "lost_card"),
    )
    async with shop.open_all() as store:
        await store.checkouts.add(made)
        assert await store.checkouts.get(made.id) == made
        changed = replace(made, version=2, payment_action=None, attempt=1)
        await store.checkouts.save([changed])
        assert await store.checkouts.lock_by_secret(made.client_secret) == changed


def billed_order(organization_id: UUID, customer_id: UUID) -> Order:
    billed = {"billing_name": "Ada", "billing_address": GERMAN, "customer_tax_id": "DE136695976"}
    placed = placement(customer_id=customer_id, product_id=uuid4(), metadata={"a": "b"}, **billed)
    tax = TaxLine("DE", "VAT", 190000, 1000, 190, TaxabilityReason.STANDARD_RATED)
    lines = (Line("a", 595, 0, 95, uuid4()), Line("b", 595, 0, 95, None, period=Period(NOW, NOW)))
    return order(Quote("eur", True, lines, (tax,)), organization_id=organization_id, placement=placed)


async def customer_of(shop: Shop) -> UUID:
    bought = await shop.confirm(await shop.checkout(await shop.product(0)))
    return UUID(bought.customer_id)


async def test_an_order_comes_back_as_it_was_and_its_columns_add_up(shop: Shop) -> None:
    made = billed_order(shop.organization_id, await customer_of(shop))
    async with shop.open_all() as store:
        await store.orders.add([made])
        assert await store.orders.get(made.id) == made
        fewer = replace(made, quote=replace(made.quote, lines=made.quote.lines[:1], tax_lines=()), item_ids=made.item_ids[:1], version=2)
        await store.orders.save_with_items(fewer)
        assert await store.orders.lock([made.id]) == [fewer]
    (row,) = await shop.sql(f"select * from orders where id = '{made.id}'")
    assert (row["subtotal_amount"], row["tax_amount"], row["net_amount"], row["total_amount"]) == (595, 95, 500, 595)


async def test_numbers_of_many_series_are_drawn_at_once_and_given_back_by_a_rollback(shop: Shop) -> None:
    first = Series(shop.organization_id, SeriesKind.INVOICE, "A")
    second = Series(shop.organization_id, SeriesKind.RECEIPT, "A")
    async with shop.open_all() as store:
        assert await store.orders.draw_numbers({second: 1, first: 3}) == {first: ["A-0001", "A-0002", "A-0003"], second: ["A-0001"]}
    with pytest.raises(ZeroDivisionError):
        async with shop.open_all() as store:
            await store.orders.draw_numbers({first: 5})
            raise ZeroDivisionError
    async with shop.open_all() as store:
        assert await store.orders.draw_numbers({first: 1}) == {first: ["A-0004"]}


async def test_without_a_scope_the_application_sees_nothing(shop: Shop) -> None:
    await shop.confirm(await shop.checkout(await shop.product()))
    for table in TABLES:
        count = f"select count(*) from {table}".encode()
        async with shop.database.app.transaction(uuid4()) as transaction:
            cursor = await transaction.connection.execute(count)
            assert (await cursor.fetchone() or {})["count"] == 0, table
        async with shop.database.app.connection() as connection:
            cursor = await connection.execute(count)
            assert (await cursor.fetchone() or {})["count"] == 0, table


async def test_a_list_holds_one_organizations_rows_even_for_who_sees_all(shop: Shop) -> None:
    other, page = Shop(shop.database), page_of(order_service_pb2.ListOrdersRequest(page_size=100))
    for each in (shop, other):
        await each.confirm(await each.checkout(await each.product()))
        async with each.open() as store:
            await store.discounts.add(replace(discount(), organization_id=each.organization_id))
    organization_id = shop.organization_id
    async with shop.open_all() as store:
        lists = (
            (await store.products.page(organization_id, ProductFilter("", None, None, (), {}), page))[0],
            (await store.discounts.page(organization_id, "", page))[0],
            (await store.customers.page(organization_id, CustomerFilter("", "", {}), page))[0],
            (await store.checkouts.page(organization_id, CheckoutFilter("", None, None, None, None), page))[0],
            (await store.orders.page(organization_id, OrderFilter(), page))[0],
        )
        assert [len(rows) for rows in lists] == [1] * 5
        assert {row.organization_id for rows in lists for row in rows} == {organization_id}
        assert [row.id for row in await store.orders.behind(organization_id, OrderFilter(), None, 9)] == [lists[4][0].id]


async def test_a_row_cannot_be_written_for_another_organization(shop: Shop) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, Unavailable)):
        async with shop.database.app.transaction(uuid4()) as transaction:
            await transaction.connection.execute(
                b"insert into number_series (organization_id, kind, prefix, last_number) values (gen_random_uuid(), 'invoice', 'A', 1)"
            )


async def test_billing_facts_cannot_be_deleted(shop: Shop) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with shop.database.worker.transaction() as transaction:
            await transaction.connection.execute(b"delete from orders")
