"""Somebody wants a pending order paid now: with the saved card, or with a new one that the buyer brings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.checkout.domain import order_steps as rules
from services.checkout.domain.charge import Charge, ChargeStatus, ChargeTrigger
from services.checkout.domain.errors import (
    OrderNotFound,
    OrderNotPending,
    PaymentMethodMissing,
    PaymentUnderWay,
    RequestIdReused,
    TooManyRetries,
)
from services.checkout.domain.order import Order, OrderStatus
from services.checkout.usecases.bill_now import charge_now
from services.checkout.usecases.bill_subscriptions import charge_of
from services.checkout.usecases.outside_ports import ChargesOutside
from services.checkout.usecases.ports import OpenStore, Store

MOST_RETRIES = 5


@dataclass(frozen=True, slots=True)
class Retry:
    """What was asked for."""

    order_id: UUID
    request_id: str
    request_hash: bytes
    confirmation_token_id: str | None
    return_url: str | None


async def retry_order_payment(
    organization_id: UUID, retry: Retry, machine_now: datetime, *, open_store: OpenStore, payments: ChargesOutside
) -> Order:
    """The order after the processor's answer.

    OrderNotFound, OrderNotPending, PaymentUnderWay, TooManyRetries, PaymentMethodMissing, RequestIdReused.
    """
    async with open_store(organization_id) as store:
        begun = await _begin(retry, machine_now, store)
        if isinstance(begun, Order):
            return begun
        bills = await store.charges.bills([retry.order_id])
    return await charge_now(
        begun,
        bills[retry.order_id],
        machine_now,
        open_store=open_store,
        payments=payments,
        confirmation_token_id=retry.confirmation_token_id,
        return_url=retry.return_url,
    )


async def _begin(retry: Retry, machine_now: datetime, store: Store) -> Charge | Order:
    """The charge, written down; or the order as it stands if this request was made before."""
    locked = await store.orders.lock([retry.order_id])
    if not locked:
        raise OrderNotFound
    order = locked[0]
    earlier = await store.charges.of_request(order.id, retry.request_id)
    if earlier is not None:
        if earlier.request_hash != retry.request_hash:
            raise RequestIdReused
        return order
    card = await _check(order, retry, store)
    now = await store.now(order.organization_id)
    after = rules.attempted(order, payment_method_id=card)
    charge = replace(
        charge_of(after, ChargeTrigger.CUSTOMER, ChargeStatus.ASKED, now), request_id=retry.request_id, request_hash=retry.request_hash
    )
    await store.orders.save([after])
    await store.charges.add([charge], machine_now)
    return charge


async def _check(order: Order, retry: Retry, store: Store) -> UUID | None:
    """The saved card that is charged; None if the buyer brings one."""
    if order.status is not OrderStatus.PENDING:
        raise OrderNotPending(order.status)
    # What a checkout sells is paid at the checkout, which may be confirmed at any moment.
    if order.placement.checkout_id is not None or await store.charges.under_way([order.id]):
        raise PaymentUnderWay
    if await store.charges.count_by_customer(order.id) >= MOST_RETRIES:
        raise TooManyRetries(MOST_RETRIES)
    if retry.confirmation_token_id is not None:
        return None
    payer = await store.customers.get(order.placement.customer_id)
    if payer is None or payer.default_payment_method_id is None:
        raise PaymentMethodMissing
    return payer.default_payment_method_id
