"""What the lines of a billing come to for whoever pays them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

from services.checkout.domain.billing import Billing, quote_of
from services.checkout.domain.customer import Customer
from services.checkout.domain.organization import Organization
from services.checkout.domain.quote import Quote
from services.checkout.domain.tax import TaxRate
from services.checkout.usecases.outside_ports import Sale, TaxCalculator

RatesOf = Callable[[Sale], Sequence[TaxRate]]


def remembered(taxes: TaxCalculator) -> RatesOf:
    """The calculator, asked once for each kind of sale: a batch has few."""
    return cache(taxes.rates)


def price_billing(billing: Billing, payer: Customer, organization: Organization, on: date, *, rates_of: RatesOf) -> Quote:
    """The quote, with the tax of the payer's address; without one no tax is known and none is charged."""
    details = payer.details
    address = details.billing_address
    if address is None or not address.tells_tax:
        return quote_of(billing, payer, organization, None)
    sale = Sale(
        seller_country=organization.country,
        registrations=organization.tax_registrations,
        buyer_country=address.country,
        buyer_state=address.state,
        # Whoever has a tax id buys as a business.
        is_business=details.tax_id is not None,
        has_valid_tax_id=details.tax_id is not None,
        on=on,
    )
    return quote_of(billing, payer, organization, rates_of(sale))
