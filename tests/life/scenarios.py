"""Lives to compare: who buys what, and what happens then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from tests.life.catalog import Discount, Merchant, Price, Product
from tests.life.operations import (
    AdjustBalance,
    Cancel,
    ChangeProduct,
    ChangeQuantity,
    Operation,
    Pause,
    Resume,
    Subscribe,
    Uncancel,
    UseCard,
)


@dataclass(frozen=True)
class Scenario:
    operations: tuple[Operation, ...]
    until: datetime
    merchant: Merchant = field(default_factory=Merchant)

    @property
    def start(self) -> datetime:
        return min(operation.at for operation in self.operations)


def _on(month: int, day: int, hour: int = 9, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def _monthly(amount: int, name: str = "Monthly", trial_days: int = 0) -> Product:
    return Product(name, (Price(amount=amount),), trial_days=trial_days)


_TEAM = Product("Team", (Price("seats", tiers=((5, 1000), (None, 800))),))
_SMALL, _LARGE = _monthly(1000, "Small"), _monthly(2000, "Large")
_CALLS = Product("Calls", (Price("units", tiers=((100, 10), (None, 7)), graduated=True),))
_FORTNIGHTLY = Product("Fortnightly", (Price(amount=999),), interval="week", count=2)
_FORTNIGHTLY_LARGE = Product("Fortnightly large", (Price(amount=2499),), interval="week", count=2)
_YEARLY = Product("Yearly", (Price(amount=10_000),), interval="year")

SCENARIOS: Mapping[str, Scenario] = {
    "a year from the 31st": Scenario((Subscribe(_on(1, 31), _monthly(1900)),), _on(2, 1, year=2027)),
    "a leap year in Berlin": Scenario(
        (Subscribe(datetime(2023, 12, 31, 1, 30, tzinfo=UTC), _monthly(1900)),), _on(6, 1, year=2024), Merchant(zone="Europe/Berlin")
    ),
    "a trial, a discount and tax": Scenario(
        (Subscribe(_on(4, 1), _monthly(1999, trial_days=14), discount=Discount(1500, lasts=3)),),
        _on(9, 1),
        Merchant(tax=Fraction(1, 5)),
    ),
    "an upgrade with the next order": Scenario(
        (Subscribe(_on(4, 1), _SMALL), ChangeProduct(_on(4, 11, 17), _LARGE, "prorate")), _on(7, 2), Merchant(tax=Fraction(1, 5))
    ),
    "an upgrade at once": Scenario((Subscribe(_on(4, 1), _SMALL), ChangeProduct(_on(4, 11, 17), _LARGE, "invoice")), _on(6, 2)),
    "an upgrade that nobody pays": Scenario(
        (
            Subscribe(_on(4, 1), _SMALL),
            UseCard(_on(4, 10), "declined"),
            ChangeProduct(_on(4, 11, 17), _LARGE, "invoice"),
            UseCard(_on(4, 12), "good"),
        ),
        _on(6, 2),
    ),
    "a downgrade at once": Scenario((Subscribe(_on(4, 1), _LARGE), ChangeProduct(_on(4, 16), _SMALL, "invoice")), _on(6, 2)),
    "a downgrade for later": Scenario((Subscribe(_on(4, 1), _LARGE), ChangeProduct(_on(4, 16), _SMALL, "next_period")), _on(6, 2)),
    "from months to years": Scenario((Subscribe(_on(4, 1), _SMALL), ChangeProduct(_on(4, 16), _YEARLY, "prorate")), _on(6, 2, year=2027)),
    "more seats and fewer": Scenario(
        (
            Subscribe(_on(4, 1), _TEAM, seats=3, discount=Discount(1000)),
            ChangeQuantity(_on(4, 16), 7, "prorate"),
            ChangeQuantity(_on(5, 20), 4, "prorate"),
        ),
        _on(7, 2),
    ),
    "a full period now": Scenario(
        (Subscribe(_on(4, 1), _SMALL, discount=Discount(2500, lasts=3)), ChangeProduct(_on(4, 11, 17), _LARGE, "reset")),
        _on(8, 2),
        Merchant(tax=Fraction(1, 5), tax_included=True),
    ),
    "seats paid at once, and a reduction in cents": Scenario(
        (Subscribe(_on(4, 1), _TEAM, seats=2, discount=Discount(amount=333)), ChangeQuantity(_on(4, 23, 13), 9, "invoice")), _on(6, 2)
    ),
    "fewer seats later": Scenario((Subscribe(_on(4, 1), _TEAM, seats=6), ChangeQuantity(_on(4, 9), 2, "next_period")), _on(6, 2)),
    "units by tiers": Scenario(
        (Subscribe(_on(1, 31), _CALLS, units=120), ChangeQuantity(_on(2, 14), 40, "prorate"), ChangeQuantity(_on(3, 3), 250, "prorate")),
        _on(5, 1),
    ),
    "every two weeks, twice changed": Scenario(
        (
            Subscribe(_on(4, 1), _FORTNIGHTLY),
            ChangeProduct(_on(4, 3), _FORTNIGHTLY_LARGE, "prorate"),
            ChangeProduct(_on(4, 20), _FORTNIGHTLY, "invoice"),
        ),
        _on(6, 2),
    ),
    "a card that is declined to the end": Scenario((Subscribe(_on(4, 1), _SMALL), UseCard(_on(4, 2), "declined")), _on(7, 2)),
    "a card that never will do": Scenario((Subscribe(_on(4, 1), _SMALL), UseCard(_on(4, 2), "lost")), _on(7, 2)),
    "a credit within a period that is never paid": Scenario(
        (Subscribe(_on(4, 1), _LARGE), UseCard(_on(4, 2), "declined"), ChangeProduct(_on(5, 4, 17), _SMALL, "invoice")), _on(7, 2)
    ),
    "a credit that is more than the debt": Scenario(
        (Subscribe(_on(4, 1), _SMALL), AdjustBalance(_on(4, 2), 300), UseCard(_on(4, 3), "declined"), AdjustBalance(_on(5, 4), 900)),
        _on(7, 2),
    ),
    "a new card on the third day": Scenario(
        (Subscribe(_on(4, 1), _SMALL), UseCard(_on(4, 2), "declined"), UseCard(_on(5, 4), "good")), _on(7, 2)
    ),
    "a debt that is paid late": Scenario(
        (Subscribe(_on(4, 1), _SMALL), UseCard(_on(4, 2), "declined"), UseCard(_on(8, 10), "good")), _on(9, 12), Merchant(unpaid="keep")
    ),
    "a debt that is paid late, and a change that waited": Scenario(
        (
            Subscribe(_on(4, 1), _SMALL),
            UseCard(_on(4, 2), "declined"),
            ChangeProduct(_on(5, 4), _LARGE, "next_period"),
            UseCard(_on(8, 10), "good"),
        ),
        _on(9, 12),
        Merchant(unpaid="keep"),
    ),
    "a debt that ends with its period": Scenario(
        (Subscribe(_on(4, 1), _SMALL), UseCard(_on(4, 2), "declined"), Cancel(_on(5, 4))), _on(7, 2), Merchant(unpaid="keep")
    ),
    "an end that is taken back": Scenario((Subscribe(_on(4, 1), _SMALL), Cancel(_on(4, 5)), Uncancel(_on(4, 6))), _on(5, 2)),
    "an end with something left to bill": Scenario(
        (Subscribe(_on(4, 1), _SMALL), ChangeProduct(_on(4, 11), _LARGE, "prorate"), Cancel(_on(4, 20))), _on(7, 2)
    ),
    "a rest that ends by itself": Scenario((Subscribe(_on(4, 1), _SMALL), Pause(_on(4, 10), resumes_at=_on(5, 17))), _on(7, 2)),
    "a rest before which something changed": Scenario(
        (Subscribe(_on(4, 1), _SMALL), ChangeProduct(_on(4, 8), _LARGE, "prorate"), Pause(_on(4, 10)), Resume(_on(5, 20))), _on(7, 2)
    ),
    "a rest": Scenario((Subscribe(_on(1, 31), _SMALL), Pause(_on(2, 10)), Resume(_on(4, 17))), _on(6, 20)),
    "too small to charge": Scenario((Subscribe(_on(4, 1), _SMALL, discount=Discount(amount=970)),), _on(7, 2)),
    "a balance by hand": Scenario((Subscribe(_on(4, 1), _SMALL), AdjustBalance(_on(4, 2), 1500)), _on(7, 2)),
}
