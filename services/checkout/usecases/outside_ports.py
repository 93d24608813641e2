"""What the use cases need that is no row: tax, and the services around this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from services.chassis.errors import Conflict, Exhausted, NotPossibleNow, Unavailable
from services.checkout.domain.charge import Charge
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import Outcome
from services.checkout.domain.settlement import Purchase
from services.checkout.domain.subscription import StandingSubscription
from services.checkout.domain.tax import TaxRate
from services.checkout.usecases.order_ports import Bill

NOBODY_KNOWS = (Unavailable, Conflict, Exhausted, NotPossibleNow)
"""How a question to payments ends without an answer: it is away, busy, or the attempt is just ending otherwise. Asked again later."""


@dataclass(frozen=True, slots=True)
class Sale:
    """What decides about the tax of a sale."""

    seller_country: str
    registrations: tuple[str, ...]
    buyer_country: str
    buyer_state: str | None
    is_business: bool
    has_valid_tax_id: bool
    on: date


class TaxCalculator(Protocol):
    """Which rates apply. It answers from what this process knows: it is asked inside transactions."""

    def rates(self, sale: Sale) -> tuple[TaxRate, ...]: ...


class TaxIds(Protocol):
    """Whether a text is a tax id of a country."""

    def check(self, tax_id: str, country: str) -> None:
        """TaxIdInvalid."""
        ...


class OrganizationDirectory(Protocol):
    """Who knows all organizations: identity."""

    async def organization(self, organization_id: UUID) -> Organization: ...


class Subscriptions(Protocol):
    """Who knows which subscriptions run."""

    async def count_billable(self, organization_id: UUID, customer_id: UUID) -> int: ...
    async def find(self, organization_id: UUID, subscription_id: UUID) -> StandingSubscription | None: ...


class ChargesOutside(Protocol):
    """Who moves money for orders that no checkout drives. Unavailable: nobody knows whether the call arrived."""

    async def ask(self, charges: Sequence[tuple[Charge, Bill]]) -> None:
        """Have saved cards charged, of one organization; the outcomes come as facts. All or none: Invalid if one of them is wrong."""
        ...

    async def charge(self, charge: Charge, bill: Bill, confirmation_token_id: str | None, return_url: str | None) -> Outcome:
        """Charge now: what the buyer brought, or the saved card. Once per charge, however often it is asked."""
        ...

    async def look_up(self, charge: Charge) -> Outcome | None:
        """What became of it; None if payments never heard of it."""
        ...

    async def give_up(self, charge: Charge) -> Outcome:
        """Cancel one that waits for the buyer."""
        ...


class Payments(Protocol):
    """Who moves money. Every answer is an outcome; a call without an answer is `Undecided`."""

    async def attempt(self, purchase: Purchase, confirmation_token_id: str) -> Outcome:
        """Charge the order or save the card, as the checkout's attempt says; once per attempt, however often it is asked."""
        ...

    async def look_up(self, checkout: Checkout) -> Outcome | None:
        """What became of the checkout's latest attempt; None if payments never heard of it."""
        ...

    async def give_up(self, checkout: Checkout) -> Outcome:
        """Cancel an attempt that waits for the buyer."""
        ...
