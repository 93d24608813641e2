"""Stand-ins for the services around this one, with the real signatures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from services.chassis.errors import BursarError, Invalid
from services.checkout.domain.charge import Charge
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import AttemptKind, Declined, Outcome, PaymentFailure, Succeeded, Undecided
from services.checkout.domain.settlement import Purchase
from services.checkout.domain.subscription import StandingSubscription
from services.checkout.tests.builders import organization
from services.checkout.usecases.order_ports import Bill

DECLINED = Declined(PaymentFailure("card_declined", "Your card was declined.", "insufficient_funds"), retryable=True)


@dataclass
class FakePayments:
    """Answers as told; the last answer goes on. Counts what it charged by (order, attempt), as the real one does."""

    answers: list[Callable[[Purchase], Outcome]] = field(default_factory=list)
    charged: dict[tuple[UUID | None, int], int] = field(default_factory=dict)
    saved: list[UUID] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0
    found: Outcome | None = None
    given_up: list[UUID] = field(default_factory=list)
    refusals: dict[UUID, BursarError] = field(default_factory=dict)
    """Of giving up, by checkout."""

    async def attempt(self, purchase: Purchase, confirmation_token_id: str) -> Outcome:
        self.calls += 1
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if len(self.answers) > 1 else (self.answers[0] if self.answers else success)
        outcome = answer(purchase)
        if isinstance(outcome, Succeeded):
            if purchase.checkout.attempt_kind is AttemptKind.CHARGE:
                self.charged[purchase.order.id, purchase.checkout.attempt] = purchase.order.due_amount
            else:
                self.saved.append(purchase.checkout.id)
        return outcome

    async def look_up(self, checkout: Checkout) -> Outcome | None:
        return self.found

    async def give_up(self, checkout: Checkout) -> Outcome:
        if checkout.id in self.refusals:
            raise self.refusals[checkout.id]
        self.given_up.append(checkout.id)
        return Declined(PaymentFailure("abandoned", "Not confirmed in time."), retryable=True)


def success(purchase: Purchase) -> Succeeded:
    """The card works and is kept if it was asked for."""
    if purchase.checkout.attempt_kind is AttemptKind.SETUP:
        return Succeeded(None, None, uuid4())
    method = uuid4() if purchase.checkout.offer.is_payment_setup_required else None
    return Succeeded(purchase.checkout.payment_id, "stripe", method)


def decline(purchase: Purchase) -> Declined:
    """The card does not work."""
    return DECLINED


def silence(purchase: Purchase) -> Undecided:
    """No answer came."""
    return Undecided()


@dataclass
class FakeSubscriptions:
    """How many subscriptions everybody has."""

    count: int = 0
    asked: list[UUID] = field(default_factory=list)
    standing: list[StandingSubscription] = field(default_factory=list)

    async def count_billable(self, organization_id: UUID, customer_id: UUID) -> int:
        self.asked.append(customer_id)
        return self.count

    async def find(self, organization_id: UUID, subscription_id: UUID) -> StandingSubscription | None:
        return next((each for each in self.standing if each.id == subscription_id), None)


@dataclass
class FakeDirectory:
    """Knows every organization, all alike."""

    made: Callable[[UUID], Organization] = organization
    asked: int = 0

    async def organization(self, organization_id: UUID) -> Organization:
        self.asked += 1
        return self.made(organization_id)


@dataclass
class FakeCharges:
    """Takes charges and answers as told; counts them by (order, attempt), as the real one does."""

    asked: dict[tuple[UUID, int], int] = field(default_factory=dict)
    calls: list[int] = field(default_factory=list)
    refusals: list[BursarError] = field(default_factory=list)
    refused_customers: set[UUID] = field(default_factory=set)
    answer: Outcome | None = None
    """Of a charge whose answer is waited for; None succeeds."""
    found: Outcome | None = None
    tokens: list[str | None] = field(default_factory=list)
    given_up: list[UUID] = field(default_factory=list)

    async def ask(self, charges: Sequence[tuple[Charge, Bill]]) -> None:
        self.calls.append(len(charges))
        if self.refusals:
            raise self.refusals.pop(0)
        if any(bill.customer_id in self.refused_customers for _, bill in charges):
            raise Invalid("AMOUNT_ABOVE_MAXIMUM", "too much", field="payments[0].amount")
        self.asked.update({(charge.order_id, charge.attempt): bill.amount for charge, bill in charges})

    async def charge(self, charge: Charge, bill: Bill, confirmation_token_id: str | None, return_url: str | None) -> Outcome:
        self.asked[charge.order_id, charge.attempt] = bill.amount
        self.tokens.append(confirmation_token_id)
        return self.answer or Succeeded(charge.payment_id, "stripe", None)

    async def look_up(self, charge: Charge) -> Outcome | None:
        return self.found

    async def give_up(self, charge: Charge) -> Outcome:
        self.given_up.append(charge.order_id)
        return Declined(PaymentFailure("canceled", "The payment was canceled."), retryable=True)
