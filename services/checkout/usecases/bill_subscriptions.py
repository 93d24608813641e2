"""Subscriptions' lines became due: an order of each billing, in bulk. Paid at once if nothing is left to charge, else to be charged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.chassis.organization_clock import NowOf
from services.checkout.domain import order_steps as orders
from services.checkout.domain.balance import BalanceKey
from services.checkout.domain.billing import Billed, Billing, order_of
from services.checkout.domain.charge import Charge, ChargeStatus, ChargeTrigger
from services.checkout.domain.customer import Customer
from services.checkout.domain.order import Order
from services.checkout.domain.organization import Organization
from services.checkout.usecases.draw_numbers import draw_numbers
from services.checkout.usecases.outside_ports import TaxCalculator
from services.checkout.usecases.ports import Store
from services.checkout.usecases.price_billing import RatesOf, price_billing, remembered


@dataclass(frozen=True, slots=True)
class BilledBatch:
    """What became of the billings."""

    early: frozenset[UUID]
    """Orders of which somebody is not known yet: the payer, or the organization."""
    orders: tuple[Order, ...]
    charges: tuple[Charge, ...]
    """To be asked for, one for each order that is not paid."""


@dataclass(frozen=True, slots=True)
class _Known:
    payers: Mapping[UUID, Customer]
    organizations: Mapping[UUID, Organization]
    ended: set[UUID]
    now_of: NowOf
    rates_of: RatesOf


async def bill_subscriptions(
    billings: Sequence[Billing],
    machine_now: datetime,
    *,
    store: Store,
    taxes: TaxCalculator,
    trigger: ChargeTrigger = ChargeTrigger.BILLING,
    status: ChargeStatus = ChargeStatus.UNASKED,
) -> BilledBatch:
    """A billing that was billed before changes nothing. `machine_now` is the machine's time; the number of statements is fixed."""
    payers = await store.customers.lock_payers(sorted({each.customer_id for each in billings}))
    organizations = await store.organizations.many(sorted({each.organization_id for each in billings}))
    known = [each for each in billings if _is_known(each, payers, organizations)]
    early = frozenset(each.order_id for each in billings) - {each.order_id for each in known}
    # Under the lock of the payers: a rival with the same billing has committed by now, or waits.
    fresh = _once(known, await store.orders.billed(known)) if known else []
    if not fresh:
        return BilledBatch(early, (), ())
    context = _Known(
        payers,
        organizations,
        await store.ended_subscriptions.among(sorted({each.subscription_id for each in fresh})),
        await store.now_of({each.organization_id for each in fresh}),
        remembered(taxes),
    )
    balances = await store.balances.lock(sorted({each.balance_key for each in fresh}))
    billed = _orders_of(fresh, context, balances)
    made, charges = await _write(billed, context, machine_now, store, trigger, status)
    return BilledBatch(early, made, charges)


def _is_known(billing: Billing, payers: Mapping[UUID, Customer], organizations: Mapping[UUID, Organization]) -> bool:
    payer = payers.get(billing.customer_id)
    return payer is not None and payer.organization_id == billing.organization_id and billing.organization_id in organizations


def _once(billings: Sequence[Billing], billed: set[UUID]) -> list[Billing]:
    """Each order, cycle and entry of the batch once, the first of them."""
    seen: set[object] = set(billed)
    fresh = []
    for each in billings:
        cycle = (each.subscription_id, each.cycle_start) if each.cycle_start else each.order_id
        keys = {each.order_id, cycle, *(line.billing_entry_id for line in each.lines if line.billing_entry_id)}
        if seen.isdisjoint(keys):
            fresh.append(each)
            seen |= keys
    return fresh


def _orders_of(billings: Sequence[Billing], known: _Known, balances: Mapping[BalanceKey, int]) -> list[Billed]:
    left: dict[BalanceKey, int] = defaultdict(int, balances)
    billed = []
    for each in billings:
        now = known.now_of(each.organization_id)
        payer, organization = known.payers[each.customer_id], known.organizations[each.organization_id]
        if each.subscription_id in known.ended:
            each = replace(each, has_ended=True)
        quote = price_billing(each, payer, organization, now.date(), rates_of=known.rates_of)
        key = each.balance_key
        made = order_of(each, payer, organization, quote, tuple(new_id() for _ in quote.lines), balance=left[key], now=now)
        left[key] += made.order.applied_balance_amount
        billed.append(made)
    return billed


async def _write(
    billed: Sequence[Billed], known: _Known, machine_now: datetime, store: Store, trigger: ChargeTrigger, status: ChargeStatus
) -> tuple[tuple[Order, ...], tuple[Charge, ...]]:
    # Before the numbers, see lock_before_numbers.
    await store.balances.change([change for each in billed for change in each.changes])
    free = [each.order for each in billed if not each.order.due_amount]
    numbers = await draw_numbers(free, known.organizations, store=store)
    made, charges = [], []
    for each in billed:
        order, now = each.order, known.now_of(each.order.organization_id)
        store.publish(each.fact)
        if order.due_amount:
            order = orders.attempted(order)
            charges.append(charge_of(order, trigger, status, now))
        else:
            invoice, *receipt = numbers[order.id]
            order, paid = orders.pay(
                order, payment_id=None, processor=None, invoice_number=invoice, receipt_number=receipt[0] if receipt else None, now=now
            )
            store.publish(paid)
        made.append(order)
    await store.orders.add(made)
    await store.charges.add(charges, machine_now)
    return tuple(made), tuple(charges)


def charge_of(order: Order, trigger: ChargeTrigger, status: ChargeStatus, now: datetime) -> Charge:
    """The order's latest attempt, which `attempted` has counted."""
    return Charge(order.id, order.organization_id, order.payment_attempts, trigger, status, new_id(), now)
