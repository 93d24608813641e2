"""Rows of checkouts, and of who has had a trial."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.checkout.domain.checkout import Checkout
from services.checkout.domain.payment import Attempt, AttemptOutcome
from services.checkout.domain.settlement import Purchase
from services.checkout.domain.subscription import SubscriptionPurchase


class Checkouts(Protocol):
    """Checkouts and the attempts to pay them."""

    async def add(self, checkout: Checkout) -> None: ...
    async def get(self, checkout_id: UUID) -> Checkout | None: ...
    async def by_secret(self, client_secret: str) -> Checkout | None: ...
    async def lock(self, checkout_id: UUID) -> Checkout | None: ...
    async def lock_by_secret(self, client_secret: str) -> Checkout | None: ...
    async def lock_purchases(self, checkout_ids: Sequence[UUID]) -> list[Purchase]:
        """Confirmed at least once, with their orders; in the order of their ids."""
        ...

    async def lock_expired(self, now: datetime, limit: int) -> list[Checkout]:
        """Of live organizations, open and past their time; those that somebody else has locked are left out."""
        ...

    async def lock_expired_of(self, sandbox_id: UUID, now: datetime, limit: int) -> list[Checkout]:
        """Of a sandbox, open and past their time, the earliest first."""
        ...

    async def abandoned_of(self, sandbox_id: UUID, now: datetime, limit: int) -> list[Checkout]:
        """Of a sandbox, confirmed, waiting for the buyer, and past their time; the earliest first."""
        ...

    async def next_expiry(self, sandbox_id: UUID, until: datetime) -> datetime | None:
        """When the time of a sandbox's checkout is over that is open or waits for the buyer: the earliest, if not after `until`."""
        ...

    async def unanswered(self, before: datetime, now: datetime, limit: int) -> list[Checkout]:
        """Confirmed, and nothing heard since `before`, which the machine tells; those that wait for the buyer once their time is over."""
        ...

    async def ask_later(self, checkout_ids: Sequence[UUID]) -> None:
        """Nobody knows yet what became of them: they are `unanswered` again only after a while, so that others have their turn."""
        ...

    async def save(self, checkouts: Sequence[Checkout]) -> None: ...
    async def add_attempt(self, attempt: Attempt) -> None: ...
    async def attempt_of_request(self, checkout_id: UUID, request_id: str) -> Attempt | None: ...
    async def subscription_purchases(self, customer_id: UUID) -> list[SubscriptionPurchase]:
        """A customer's that are being paid or succeeded, newest first. So many that what came before has long become a subscription."""
        ...

    async def purchases_of_subscription(self, subscription_id: UUID) -> list[SubscriptionPurchase]:
        """The same, of those that started or upgrade a subscription."""
        ...

    async def waiting_for_cards(self, payment_method_ids: Collection[UUID]) -> list[Checkout]:
        """Confirmed, with a card saved of which nothing was known yet."""
        ...

    async def keep_surplus(self, organization_id: UUID, order_id: UUID, outcome: AttemptOutcome, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True, order=True)
class TrialTrait:
    """What somebody who had a trial is recognized by in an organization: an e-mail address without its alias, or a card's fingerprint."""

    organization_id: UUID
    text: str


class Trials(Protocol):
    """Who has had a trial."""

    async def lock(self, traits: Collection[TrialTrait]) -> None:
        """Who asks about the same e-mail address or card waits until this transaction ends."""
        ...

    async def had(self, organization_id: UUID, person: str) -> bool:
        """Whether a purchase with a trial succeeded, or is under way, by somebody with this e-mail address."""
        ...

    async def had_by_card(self, cards: Collection[TrialTrait]) -> set[TrialTrait]:
        """The cards by which a purchase with a trial succeeded."""
        ...
