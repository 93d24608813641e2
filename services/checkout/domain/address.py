"""A postal address, and what of it a sale needs."""

from __future__ import annotations

from dataclasses import dataclass

STATE_COUNTRIES = frozenset({"US", "CA"})
"""Where the state decides the tax."""


@dataclass(frozen=True, slots=True)
class Address:
    """Only the country is always there: ISO 3166-1 alpha-2, upper case. `state` is the ISO 3166-2 subdivision without it."""

    country: str
    state: str | None = None
    city: str | None = None
    postal_code: str | None = None
    line1: str | None = None
    line2: str | None = None

    @property
    def tells_tax(self) -> bool:
        """Whether the place is known well enough to know the tax."""
        return self.country not in STATE_COUNTRIES or bool(self.state)


def missing_parts(address: Address | None, *, full: bool) -> tuple[str, ...]:
    """What a sale still needs to know. In the US the whole address counts, elsewhere only if `full` is asked for."""
    if address is None:
        return ("country",)
    needed = ["state"] if address.country in STATE_COUNTRIES else []
    if full or address.country == "US":
        needed += ["line1", "city", "postal_code"]
    return tuple(name for name in needed if not getattr(address, name))
