"""The dated table of rates: read once from rates.csv, asked by place and day."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files

_PPM_PER_PERCENT = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """One row: valid in [valid_from, valid_to)."""

    place: str
    """Country, or country and state: `DE`, `US-NY`."""
    jurisdiction: str
    """Whose tax it is."""
    registration: str
    """The registration under which it is collected."""
    name: str
    rate_ppm: int
    buyer: str
    """any, business or consumer."""
    valid_from: date
    valid_to: date | None
    source: str

    def holds(self, on: date, *, business: bool) -> bool:
        """Whether it counts for such a buyer on that day."""
        valid = self.valid_from <= on and (self.valid_to is None or on < self.valid_to)
        return valid and self.buyer in ("any", "business" if business else "consumer")


@dataclass(frozen=True, slots=True)
class RateTable:
    """All rates by place."""

    by_place: Mapping[str, tuple[Rate, ...]]

    def knows(self, place: str) -> bool:
        """Whether anything is known of a place, on any day."""
        return place in self.by_place

    def rates(self, place: str, on: date, *, business: bool) -> tuple[Rate, ...]:
        """The rates that add up there on that day; country before state."""
        return tuple(rate for rate in self.by_place.get(place, ()) if rate.holds(on, business=business))


def load_rates() -> RateTable:
    """The table that comes with the suite."""
    with (files("services.checkout.tax") / "rates.csv").open(encoding="utf-8") as lines:
        return table_of(_rate(row) for row in csv.DictReader(lines))


def table_of(rates: Iterable[Rate]) -> RateTable:
    """A table of these rates."""
    by_place: dict[str, tuple[Rate, ...]] = {}
    for rate in rates:
        by_place[rate.place] = (*by_place.get(rate.place, ()), rate)
    return RateTable(by_place)


def _rate(row: Mapping[str, str]) -> Rate:
    return Rate(
        place=row["place"],
        jurisdiction=row["jurisdiction"],
        registration=row["registration"],
        name=row["name"],
        rate_ppm=int(Decimal(row["percent"]) * _PPM_PER_PERCENT),
        buyer=row["buyer"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        source=row["source"],
    )
