"""Checkouts and the attempts to pay them in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, bindparam, func, or_, select, text

from services.chassis.clock import Clock
from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.payment import Attempt, AttemptOutcome, Succeeded
from services.checkout.domain.settlement import Purchase
from services.checkout.domain.subscription import SubscriptionPurchase
from services.checkout.storage.checkout_rows import attempt_to_row, checkout_to_row, row_to_attempt, row_to_checkout
from services.checkout.storage.filters import contains, matching
from services.checkout.storage.orders import StoredOrders
from services.checkout.storage.tables import checkout as table
from services.checkout.storage.tables import checkout_attempt as attempts
from services.checkout.storage.tables import surplus_payment
from services.checkout.usecases.filters import CheckoutFilter

_GENERATED = ("product_id", "customer_id", "external_customer_id", "customer_email")
_FIXED = ("id", "organization_id", "client_secret", "pages", "expires_at", "created_at")
_ALL = select(table)
_BY_ID = _ALL.where(table.c.id == bindparam("id"))
_BY_SECRET = _ALL.where(table.c.client_secret == bindparam("client_secret"))
_GET = compile_statement(_BY_ID)
_LOCK = compile_statement(_BY_ID.with_for_update())
_GET_BY_SECRET = compile_statement(_BY_SECRET)
_LOCK_BY_SECRET = compile_statement(_BY_SECRET.with_for_update())
_LOCK_CONFIRMED = compile_statement(
    _ALL.where(table.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))), table.c.order_id.is_not(None))
    .order_by(table.c.id)
    .with_for_update()
)
_EXPIRED = (
    _ALL.where(table.c.status == "open", table.c.expires_at <= bindparam("now", type_=table.c.expires_at.type))
    .order_by(table.c.expires_at)
    .limit(bindparam("limit", type_=table.c.attempt.type))
)
_LOCK_EXPIRED = compile_statement(_EXPIRED.where(text("not is_sandbox(organization_id)")).with_for_update(skip_locked=True))
_LOCK_EXPIRED_OF = compile_statement(
    _EXPIRED.where(table.c.organization_id == bindparam("organization_id"), text("is_sandbox(organization_id)")).with_for_update()
)
# What expires: open ones, and those that wait for the buyer, as the index spells it.
_EXPIRES = "(status = 'open' or (status = 'confirmed' and payment_action is not null))"
_NEXT_EXPIRY = Statement(
    "select min(expires_at) as expires_at from checkout "
    f"where organization_id = %(organization_id)s and is_sandbox(organization_id) and {_EXPIRES} and expires_at <= %(until)s"
)
_ABANDONED_OF = compile_statement(
    _ALL.where(
        table.c.organization_id == bindparam("organization_id"),
        text(f"is_sandbox(organization_id) and {_EXPIRES}"),
        table.c.status == "confirmed",
        table.c.expires_at <= bindparam("now", type_=table.c.expires_at.type),
    )
    .order_by(table.c.expires_at)
    .limit(bindparam("limit", type_=table.c.attempt.type))
)
_UNANSWERED = compile_statement(
    _ALL.where(
        table.c.status == "confirmed",
        table.c.changed_at <= bindparam("before", type_=table.c.changed_at.type),
        or_(
            table.c.payment_action.is_(None),
            and_(table.c.expires_at <= bindparam("now", type_=table.c.expires_at.type), text("not is_sandbox(organization_id)")),
        ),
    )
    .order_by(table.c.changed_at)
    .limit(bindparam("limit", type_=table.c.attempt.type))
)
_ASK_LATER = Statement(
    "update checkout as c set changed_at = %(now)s from (select id from checkout where id = any(%(ids)s::uuid[]) "
    "and status = 'confirmed' order by id for no key update skip locked) as waiting where c.id = waiting.id"
)
_COUNT_UNANSWERED = Statement(
    "select count(*) as count from checkout where organization_id = %(organization_id)s and status = 'confirmed' and payment_action is null"
)
_ADD = bulk_insert(table, leave_out=_GENERATED)
_SAVE = bulk_update(table, key=("id",), columns=[column.name for column in table.columns if column.name not in (*_FIXED, *_GENERATED)])
_ADD_ATTEMPT = bulk_insert(attempts)
_ATTEMPT_OF_REQUEST = compile_statement(
    select(attempts).where(attempts.c.checkout_id == bindparam("checkout_id"), attempts.c.request_id == bindparam("request_id"))
)
_SUBSCRIPTION_PURCHASES = (
    "select id, subscription_id, status from checkout "
    "where {} and subscription_id is not null and status in ('confirmed', 'succeeded') "
    "order by status = 'confirmed' desc, changed_at desc limit 20"
)
_OF_CUSTOMER = Statement(_SUBSCRIPTION_PURCHASES.format("customer_id = %(id)s"))
_OF_SUBSCRIPTION = Statement(_SUBSCRIPTION_PURCHASES.format("subscription_id = %(id)s"))
_WAITING_FOR_CARDS = compile_statement(
    _ALL.where(table.c.status == "confirmed", table.c.payment_method_id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
)
_KEEP_SURPLUS = bulk_insert(surplus_payment, suffix="on conflict do nothing")
_SORT = {"created_at": table.c.created_at, "expires_at": table.c.expires_at, "status": table.c.status}


class StoredCheckouts:
    """The checkouts that one transaction sees."""

    def __init__(self, transaction: Transaction, machine: Clock) -> None:
        self._transaction = transaction
        self._machine = machine

    async def add(self, checkout: Checkout) -> None:
        await self._transaction.many(_ADD, [checkout_to_row(checkout, self._machine.now())])

    async def get(self, checkout_id: UUID) -> Checkout | None:
        return await self._one(_GET, id=checkout_id)

    async def by_secret(self, client_secret: str) -> Checkout | None:
        return await self._one(_GET_BY_SECRET, client_secret=client_secret)

    async def lock(self, checkout_id: UUID) -> Checkout | None:
        return await self._one(_LOCK, id=checkout_id)

    async def lock_by_secret(self, client_secret: str) -> Checkout | None:
        return await self._one(_LOCK_BY_SECRET, client_secret=client_secret)

    async def lock_purchases(self, checkout_ids: Sequence[UUID]) -> list[Purchase]:
        rows = await self._transaction.all(_LOCK_CONFIRMED, ids=list(checkout_ids))
        checkouts = [row_to_checkout(row) for row in rows]
        order_ids = [checkout.order_id for checkout in checkouts if checkout.order_id]
        orders = {order.id: order for order in await StoredOrders(self._transaction).lock(order_ids)}
        return [Purchase(checkout, orders[checkout.order_id]) for checkout in checkouts if checkout.order_id]

    async def lock_expired(self, now: datetime, limit: int) -> list[Checkout]:
        return [row_to_checkout(row) for row in await self._transaction.all(_LOCK_EXPIRED, now=now, limit=limit)]

    async def lock_expired_of(self, sandbox_id: UUID, now: datetime, limit: int) -> list[Checkout]:
        rows = await self._transaction.all(_LOCK_EXPIRED_OF, organization_id=sandbox_id, now=now, limit=limit)
        return [row_to_checkout(row) for row in rows]

    async def abandoned_of(self, sandbox_id: UUID, now: datetime, limit: int) -> list[Checkout]:
        rows = await self._transaction.all(_ABANDONED_OF, organization_id=sandbox_id, now=now, limit=limit)
        return [row_to_checkout(row) for row in rows]

    async def next_expiry(self, sandbox_id: UUID, until: datetime) -> datetime | None:
        row = await self._transaction.one(_NEXT_EXPIRY, organization_id=sandbox_id, until=until)
        return row["expires_at"] if row else None

    async def count_unanswered(self, organization_id: UUID) -> int:
        """Confirmed, and nobody waits for the buyer."""
        row = await self._transaction.one(_COUNT_UNANSWERED, organization_id=organization_id)
        return row["count"] if row else 0

    async def unanswered(self, before: datetime, now: datetime, limit: int) -> list[Checkout]:
        return [row_to_checkout(row) for row in await self._transaction.all(_UNANSWERED, before=before, now=now, limit=limit)]

    async def ask_later(self, checkout_ids: Sequence[UUID]) -> None:
        if checkout_ids:
            await self._transaction.execute(_ASK_LATER, ids=list(checkout_ids), now=self._machine.now())

    async def save(self, checkouts: Sequence[Checkout]) -> None:
        await self._transaction.many(_SAVE, [checkout_to_row(checkout, self._machine.now()) for checkout in checkouts])

    async def add_attempt(self, attempt: Attempt) -> None:
        await self._transaction.many(_ADD_ATTEMPT, [attempt_to_row(attempt)])

    async def attempt_of_request(self, checkout_id: UUID, request_id: str) -> Attempt | None:
        row = await self._transaction.one(_ATTEMPT_OF_REQUEST, checkout_id=checkout_id, request_id=request_id)
        return row_to_attempt(row) if row else None

    async def subscription_purchases(self, customer_id: UUID) -> list[SubscriptionPurchase]:
        return [_subscription_purchase(row) for row in await self._transaction.all(_OF_CUSTOMER, id=customer_id)]

    async def purchases_of_subscription(self, subscription_id: UUID) -> list[SubscriptionPurchase]:
        return [_subscription_purchase(row) for row in await self._transaction.all(_OF_SUBSCRIPTION, id=subscription_id)]

    async def waiting_for_cards(self, payment_method_ids: Collection[UUID]) -> list[Checkout]:
        return [row_to_checkout(row) for row in await self._transaction.all(_WAITING_FOR_CARDS, ids=list(payment_method_ids))]

    async def keep_surplus(self, organization_id: UUID, order_id: UUID, outcome: AttemptOutcome, now: datetime) -> None:
        assert isinstance(outcome.outcome, Succeeded)
        row = {
            "payment_id": outcome.outcome.payment_id,
            "organization_id": organization_id,
            "order_id": order_id,
            "attempt": outcome.attempt,
            "created_at": now,
        }
        await self._transaction.many(_KEEP_SURPLUS, [row])

    async def page(self, organization_id: UUID, given: CheckoutFilter, page: Page) -> tuple[list[Checkout], str, int | None]:
        """One page, the token of the next, and if asked for how many match."""
        query = matching(
            _ALL,
            table.c.organization_id == organization_id,
            contains(given.query, table.c.customer_email),
            None if given.product_id is None else table.c.product_id == given.product_id,
            None if given.customer_id is None else table.c.customer_id == given.customer_id,
            None if given.external_customer_id is None else table.c.external_customer_id == given.external_customer_id,
            None if given.status is None else table.c.status == given.status,
        )
        rows = await self._transaction.all(compile_statement(paged(query, page, _SORT[page.sort_key], table.c.id)))
        total = await self._transaction.one(compile_statement(counted(query))) if page.include_total else None
        return [row_to_checkout(row) for row in rows[: page.size]], page.next_token(rows), total["total"] if total else None

    async def _one(self, statement: Statement, **parameters: object) -> Checkout | None:
        row = await self._transaction.one(statement, **parameters)
        return row_to_checkout(row) if row else None


def _subscription_purchase(row: Row) -> SubscriptionPurchase:
    return SubscriptionPurchase(row["id"], row["subscription_id"], is_paid=row["status"] == "succeeded")
