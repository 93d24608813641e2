"""What a billing would come to now; nothing is stored."""

from __future__ import annotations

from services.chassis.ids import new_id
from services.checkout.domain.balance import BalanceKey
from services.checkout.domain.billing import Billing, check_chargeable, order_of
from services.checkout.domain.errors import CustomerNotFound
from services.checkout.domain.order import Order
from services.checkout.usecases.outside_ports import TaxCalculator
from services.checkout.usecases.ports import Store
from services.checkout.usecases.price_billing import price_billing


async def quote_billing(billing: Billing, *, store: Store, taxes: TaxCalculator) -> Order:
    """The order as it would be made. CustomerNotFound, AmountAboveMaximum."""
    payer = await store.customers.get(billing.customer_id)
    if payer is None:
        raise CustomerNotFound
    organization = await store.organizations.get(billing.organization_id)
    balances = await store.balances.of_customers([billing.organization_id], [billing.customer_id])
    balance = balances.get(BalanceKey(billing.organization_id, billing.customer_id, billing.currency), 0)
    now = await store.now(billing.organization_id)
    quote = price_billing(billing, payer, organization, now.date(), rates_of=taxes.rates)
    order = order_of(billing, payer, organization, quote, tuple(new_id() for _ in quote.lines), balance=balance, now=now).order
    check_chargeable(order)
    return order
