"""What random lives are made of: merchants, products, discounts, and how long people wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from tests.life.catalog import Discount, Merchant, Price, Product

STARTS = (datetime(2024, 1, 31, 9, tzinfo=UTC), datetime(2024, 2, 29, 23, 30, tzinfo=UTC), datetime(2025, 3, 15, 1, 30, tzinfo=UTC))
MERCHANTS = (
    Merchant(),
    Merchant(unpaid="keep"),
    Merchant(zone="Europe/Berlin", tax=Fraction(1, 5)),
    Merchant(tax=Fraction(1, 5), tax_included=True),
)
_SMALL = Product("Small", (Price(amount=999),))
_TRIAL = Product("With a trial", (Price(amount=1500),), trial_days=10)
PLAIN = (
    _SMALL,
    Product("Large", (Price(amount=2500),)),
    Product("Weekly", (Price(amount=433),), "week"),
    Product("Yearly", (Price(amount=9000),), "year"),
    _TRIAL,
)
SEATED = (
    Product("Team", (Price(amount=500), Price("seats", tiers=((3, 1000), (None, 850))))),
    Product("Crew", (Price("seats", tiers=((2, 700), (None, 450)), graduated=True),), trial_days=7),
    Product("Company", (Price(amount=4000), Price("seats", tiers=((None, 5100),))), "year"),
)
BY_UNITS = (
    Product("Gigabytes", (Price("units", tiers=((4, 300), (None, 250))),)),
    Product("Terabytes", (Price(amount=100), Price("units", tiers=((1, 2000), (3, 1500), (None, 999)), graduated=True)), "month", 2),
)
_DISCOUNTS = (Discount(2500, lasts="once"), Discount(1500, lasts=3), Discount(3333), Discount(amount=700), Discount(amount=5000, lasts=2))
_BEHAVIORS = ("prorate", "invoice", "next_period", "reset")
_WAITS = (
    *(timedelta(seconds=each) for each in (0, 0, 1, 3600)),
    *(timedelta(days=each, seconds=7) for each in (1, 5, 12, 33)),
    "end",
    "before",
    "after",
)

waits = st.sampled_from(_WAITS)
products = st.sampled_from((*PLAIN, *SEATED, *BY_UNITS))
behaviors = st.sampled_from(_BEHAVIORS)
discounts = st.sampled_from((None, *_DISCOUNTS))
days = st.sampled_from((-1, 0, 1, 9, 40))
