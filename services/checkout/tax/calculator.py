"""Which rates apply to a sale: by the buyer's place, who they are, and where the seller collects."""

from __future__ import annotations

from services.checkout.domain.address import STATE_COUNTRIES
from services.checkout.domain.tax import TaxabilityReason, TaxRate
from services.checkout.tax.rates import Rate, RateTable
from services.checkout.usecases.outside_ports import Sale

EU_MEMBERS = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
_EU = "EU"
# Where a business accounts for the tax on what it buys from abroad itself: EU Directive 2006/112/EC art. 196 and its like elsewhere.
# Only countries whose tax ids can be checked.
REVERSE_CHARGE_COUNTRIES = EU_MEMBERS | frozenset("GB NO IS CH AU NZ SG JP KR IN TW TH TR IL ZA CL CO PE".split())


class BuiltInTaxCalculator:
    """Rates from the table. Knows no product classes, no exempt customers and nothing below US states."""

    def __init__(self, table: RateTable) -> None:
        self._table = table

    def rates(self, sale: Sale) -> tuple[TaxRate, ...]:
        """At least one rate; one of 0 says why nothing is due."""
        place = _place(sale)
        if not self._table.knows(place):
            return (_nothing(place, "", TaxabilityReason.NOT_SUPPORTED),)
        rates = self._table.rates(place, sale.on, business=sale.is_business)
        if not any(rate.rate_ppm for rate in rates):
            return (_nothing(place, rates[0].name if rates else "", TaxabilityReason.NOT_SUBJECT_TO_TAX),)
        if _is_reverse_charged(sale):
            return (_nothing(place, rates[0].name, TaxabilityReason.REVERSE_CHARGE),)
        return tuple(_collected(rate, sale) for rate in rates)


def _place(sale: Sale) -> str:
    if sale.buyer_country in STATE_COUNTRIES and sale.buyer_state:
        return f"{sale.buyer_country}-{sale.buyer_state.upper()}"
    return sale.buyer_country


def _is_reverse_charged(sale: Sale) -> bool:
    abroad = sale.buyer_country != sale.seller_country
    return sale.is_business and sale.has_valid_tax_id and abroad and sale.buyer_country in REVERSE_CHARGE_COUNTRIES


def _collected(rate: Rate, sale: Sale) -> TaxRate:
    if _is_registered(rate, sale.registrations):
        return TaxRate(rate.jurisdiction, rate.name, rate.rate_ppm, TaxabilityReason.STANDARD_RATED)
    return _nothing(rate.jurisdiction, rate.name, TaxabilityReason.NOT_COLLECTING)


def _is_registered(rate: Rate, registrations: tuple[str, ...]) -> bool:
    if not registrations:
        return True
    return rate.registration in registrations or (_EU in registrations and rate.place in EU_MEMBERS)


def _nothing(jurisdiction: str, name: str, reason: TaxabilityReason) -> TaxRate:
    return TaxRate(jurisdiction, name, 0, reason)
