"""Which tax applies. The figures are those of the sources named in rates.csv."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.checkout.domain.errors import TaxIdInvalid
from services.checkout.domain.tax import TaxabilityReason, tax_lines
from services.checkout.tax.calculator import EU_MEMBERS, REVERSE_CHARGE_COUNTRIES, BuiltInTaxCalculator
from services.checkout.tax.rates import load_rates
from services.checkout.tax.tax_ids import StandardTaxIds
from services.checkout.usecases.outside_ports import Sale

TABLE = load_rates()
CALCULATOR = BuiltInTaxCalculator(TABLE)
R = TaxabilityReason


def sale(buyer: str, **changes: Any) -> Sale:
    country, _, state = buyer.partition("-")
    fields = {
        "seller_country": "DE",
        "registrations": (),
        "buyer_country": country,
        "buyer_state": state or None,
        "is_business": False,
        "has_valid_tax_id": False,
        "on": date(2026, 3, 1),
    }
    return Sale(**{**fields, **changes})


@pytest.mark.parametrize(
    ("buyer", "day", "rates"),
    [
        ("DE", "2026-03-01", {"DE": 190000}),
        ("DE", "2020-08-01", {"DE": 160000}),
        ("AT", "2026-03-01", {"AT": 200000}),
        ("HU", "2026-03-01", {"HU": 270000}),
        ("LU", "2023-06-01", {"LU": 160000}),
        ("LU", "2026-03-01", {"LU": 170000}),
        ("FI", "2024-08-31", {"FI": 240000}),
        ("FI", "2024-09-01", {"FI": 255000}),
        ("EE", "2025-06-30", {"EE": 220000}),
        ("EE", "2025-07-01", {"EE": 240000}),
        ("SK", "2025-01-01", {"SK": 230000}),
        ("RO", "2025-08-01", {"RO": 210000}),
        ("GB", "2026-03-01", {"GB": 200000}),
        ("NO", "2026-03-01", {"NO": 250000}),
        ("CH", "2023-12-31", {"CH": 77000}),
        ("CH", "2024-01-01", {"CH": 81000}),
        ("AU", "2026-03-01", {"AU": 100000}),
        ("NZ", "2026-03-01", {"NZ": 150000}),
        ("SG", "2024-01-01", {"SG": 90000}),
        ("JP", "2026-03-01", {"JP": 100000}),
        ("IN", "2026-03-01", {"IN": 180000}),
        ("CA-ON", "2026-03-01", {"CA-ON": 130000}),
        ("CA-NS", "2025-03-31", {"CA-NS": 150000}),
        ("CA-NS", "2025-04-01", {"CA-NS": 140000}),
        ("CA-AB", "2026-03-01", {"CA": 50000}),
        ("CA-QC", "2026-03-01", {"CA": 50000, "CA-QC": 99750}),
        ("CA-BC", "2026-03-01", {"CA": 50000, "CA-BC": 70000}),
        ("US-NY", "2026-03-01", {"US-NY": 40000}),
        ("US-WA", "2026-03-01", {"US-WA": 65000}),
        ("US-TX", "2026-03-01", {"US-TX": 50000}),
        ("US-PA", "2026-03-01", {"US-PA": 60000}),
    ],
)
def test_consumers_pay_the_rate_of_their_place_and_day(buyer: str, day: str, rates: dict[str, int]) -> None:
    found = CALCULATOR.rates(sale(buyer, on=date.fromisoformat(day)))
    assert {rate.jurisdiction: rate.rate_ppm for rate in found} == rates
    assert {rate.reason for rate in found} == {R.STANDARD_RATED}


@pytest.mark.parametrize("buyer", ["US-CA", "US-FL", "US-OR", "US-DE", "US-MT"])
def test_states_that_do_not_tax_it_say_so(buyer: str) -> None:
    (rate,) = CALCULATOR.rates(sale(buyer))
    assert (rate.jurisdiction, rate.rate_ppm, rate.reason) == (buyer, 0, R.NOT_SUBJECT_TO_TAX)


@pytest.mark.parametrize(
    ("buyer", "business", "ppm"),
    [
        ("US-IA", False, 60000),
        ("US-IA", True, 0),
        ("US-OH", False, 0),
        ("US-OH", True, 57500),
        ("US-CT", False, 63500),
        ("US-CT", True, 10000),
    ],
)
def test_some_states_tax_businesses_and_consumers_apart(buyer: str, business: bool, ppm: int) -> None:
    assert sum(rate.rate_ppm for rate in CALCULATOR.rates(sale(buyer, is_business=business, seller_country="US"))) == ppm


@pytest.mark.parametrize("buyer", ["FR", "GB", "CH", "NO", "AU"])
def test_a_business_abroad_accounts_for_the_tax_itself(buyer: str) -> None:
    (rate,) = CALCULATOR.rates(sale(buyer, is_business=True, has_valid_tax_id=True))
    assert (rate.rate_ppm, rate.reason) == (0, R.REVERSE_CHARGE)


@pytest.mark.parametrize(
    "changes",
    [
        {"is_business": True, "has_valid_tax_id": True, "seller_country": "FR"},
        {"is_business": True, "has_valid_tax_id": False},
        {"is_business": False, "has_valid_tax_id": True},
    ],
)
def test_a_domestic_business_or_one_without_a_tax_id_pays(changes: dict[str, Any]) -> None:
    (rate,) = CALCULATOR.rates(sale("FR", **changes))
    assert (rate.rate_ppm, rate.reason) == (200000, R.STANDARD_RATED)


@pytest.mark.parametrize(
    ("buyer", "registrations", "collected"),
    [
        ("FR", ("EU",), True),
        ("FR", ("DE",), False),
        ("GB", ("EU",), False),
        ("US-NY", ("US-NY", "EU"), True),
        ("US-NY", ("US-TX",), False),
        ("CA-ON", ("CA",), True),
    ],
)
def test_tax_is_collected_where_the_seller_is_registered(buyer: str, registrations: tuple[str, ...], collected: bool) -> None:
    (rate,) = CALCULATOR.rates(sale(buyer, registrations=registrations))
    assert (rate.reason is R.STANDARD_RATED) == collected
    assert (rate.rate_ppm > 0) == collected


def test_the_country_may_be_collected_without_the_province() -> None:
    gst, qst = CALCULATOR.rates(sale("CA-QC", registrations=("CA",)))
    assert (gst.rate_ppm, gst.reason) == (50000, R.STANDARD_RATED)
    assert (qst.rate_ppm, qst.reason) == (0, R.NOT_COLLECTING)


@pytest.mark.parametrize("buyer", ["KP", "AQ", "US-ZZ"])
def test_a_place_without_rates_is_not_supported(buyer: str) -> None:
    (rate,) = CALCULATOR.rates(sale(buyer))
    assert (rate.rate_ppm, rate.reason) == (0, R.NOT_SUPPORTED)


def test_a_sale_in_quebec_has_two_lines() -> None:
    lines = tax_lines(10_000, CALCULATOR.rates(sale("CA-QC")), inclusive=False)
    assert [(line.jurisdiction, line.name, line.amount) for line in lines] == [("CA", "GST", 500), ("CA-QC", "QST", 998)]


def test_the_table_is_complete_and_without_overlaps() -> None:
    states = {place for place in TABLE.by_place if place.startswith("US-")}
    provinces = {place for place in TABLE.by_place if place.startswith("CA-")}
    assert len(states) == 51
    assert len(provinces) == 13
    assert set(TABLE.by_place) >= EU_MEMBERS
    for rates in TABLE.by_place.values():
        for earlier in rates:
            assert earlier.source
            assert earlier.valid_to is None or earlier.valid_from < earlier.valid_to
            for later in rates:
                if later is not earlier and (later.jurisdiction, later.buyer) == (earlier.jurisdiction, earlier.buyer):
                    apart = earlier.valid_to is not None and earlier.valid_to <= later.valid_from
                    assert apart or (later.valid_to is not None and later.valid_to <= earlier.valid_from)


@pytest.mark.parametrize(
    ("country", "tax_id"),
    [
        ("DE", "DE136695976"),
        ("FR", "FR40303265045"),
        ("AT", "ATU13585627"),
        ("GB", "GB980780684"),
        ("NL", "NL004495445B01"),
        ("AU", "83914571673"),
        ("US", "91-1144442"),
        ("GR", "EL094259216"),
        ("AE", "100123456700003"),
    ],
)
def test_tax_ids_of_their_country_pass(country: str, tax_id: str) -> None:
    StandardTaxIds().check(tax_id, country)


@pytest.mark.parametrize(("country", "tax_id"), [("DE", "DE136695977"), ("FR", "DE136695976"), ("", "DE136695976"), ("AE", "!")])
def test_other_tax_ids_are_refused(country: str, tax_id: str) -> None:
    with pytest.raises(TaxIdInvalid):
        StandardTaxIds().check(tax_id, country)


def test_reverse_charge_is_only_for_countries_whose_tax_ids_can_be_checked() -> None:
    for country in REVERSE_CHARGE_COUNTRIES:
        with pytest.raises(TaxIdInvalid):
            StandardTaxIds().check("x9", country)
