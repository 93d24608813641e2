"""Somebody changes a subscription and waits: the order is made, charged with no transaction open, and settled by the answer."""

from __future__ import annotations

from datetime import datetime

from services.chassis.crashpoint import crashpoint
from services.checkout.domain.billing import Billing, check_chargeable
from services.checkout.domain.charge import Charge, ChargeOutcome, ChargeStatus, ChargeTrigger
from services.checkout.domain.errors import CustomerNotFound, OrderNotFound
from services.checkout.domain.order import Order
from services.checkout.domain.payment import ActionNeeded
from services.checkout.usecases.bill_subscriptions import bill_subscriptions
from services.checkout.usecases.give_up_charge import give_up_charge
from services.checkout.usecases.order_ports import Bill
from services.checkout.usecases.outside_ports import ChargesOutside, TaxCalculator
from services.checkout.usecases.ports import OpenStore
from services.checkout.usecases.settle_charges import settle_charges


async def bill_now(
    billing: Billing, machine_now: datetime, *, open_store: OpenStore, payments: ChargesOutside, taxes: TaxCalculator
) -> Order:
    """The order after the answer, or as it stands if it was made before. CustomerNotFound, AmountAboveMaximum."""
    async with open_store(billing.organization_id) as store:
        await store.organizations.get(billing.organization_id)
        batch = await bill_subscriptions(
            [billing], machine_now, store=store, taxes=taxes, trigger=ChargeTrigger.CHANGE, status=ChargeStatus.ASKED
        )
        if batch.early:
            raise CustomerNotFound
        if not batch.orders:
            return _known(await store.orders.get(billing.order_id))
        (order,) = batch.orders
        check_chargeable(order)
        if not batch.charges:
            return order
        bills = await store.charges.bills([order.id])
    return await charge_now(batch.charges[0], bills[order.id], machine_now, open_store=open_store, payments=payments)


async def charge_now(
    charge: Charge,
    bill: Bill,
    machine_now: datetime,
    *,
    open_store: OpenStore,
    payments: ChargesOutside,
    confirmation_token_id: str | None = None,
    return_url: str | None = None,
) -> Order:
    """Ask payments, then settle; the order afterwards."""
    crashpoint("before_order_is_charged")
    outcome = await payments.charge(charge, bill, confirmation_token_id, return_url)
    if isinstance(outcome, ActionNeeded) and not charge.has_buyer:
        outcome = await give_up_charge(charge, payments=payments)
    crashpoint("after_order_is_charged")
    async with open_store(charge.organization_id) as store:
        settled = await settle_charges([ChargeOutcome(charge.order_id, charge.attempt, outcome)], machine_now, store=store)
    return settled[charge.order_id]


def _known(order: Order | None) -> Order:
    if order is None:
        raise OrderNotFound
    return order
