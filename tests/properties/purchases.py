"""N buyers at the cash desk, each as far as the processor's answer: what it is comes as facts, some of them more than one."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from bursar.checkout.v1 import (
    checkout_pb2,
    customer_balance_service_pb2,
    customer_service_pb2,
    discount_pb2,
    discount_service_pb2,
    product_pb2,
    product_service_pb2,
)
from bursar.types.v1 import intervals_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services.chassis.event import Event
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.payment import Declined, Outcome, PaymentFailure, Undecided
from services.checkout.domain.settlement import Purchase
from services.checkout.tests.builders import organization
from services.checkout.tests.fakes import FakeDirectory
from services.checkout.tests.shop import Shop
from tests.properties.outcomes import told
from tests.support.databases import ServiceDatabase

_DECLINED = Declined(PaymentFailure("card_declined", "Your card was declined."), retryable=True)
CURRENCY = "eur"
_AT_ONCE = 8
_SEATS = 3
_GIVEN = 500
"""By hand, to some customers' balances."""
_FATES = ("succeeded",) * 6 + ("acted", "failed", "waiting", "lost", "second_thought")


@dataclass
class Cashier:
    """Declines as often as the card says that the buyer shows, then says nothing; remembers what was asked."""

    asked: defaultdict[UUID, list[Purchase]] = field(default_factory=lambda: defaultdict(list))

    async def attempt(self, purchase: Purchase, confirmation_token_id: str) -> Outcome:
        asked = self.asked[purchase.checkout.id]
        asked.append(purchase)
        return _DECLINED if len(asked) <= declines_of(confirmation_token_id) else Undecided()

    async def look_up(self, checkout: Checkout) -> Outcome | None:
        raise AssertionError("nobody asks twice")

    async def give_up(self, checkout: Checkout) -> Outcome:
        raise AssertionError("nobody gives up")


def card(declines: int) -> str:
    """A card that is declined so often before anybody knows."""
    return f"ctoken_{declines}"


def declines_of(confirmation_token_id: str) -> int:
    """What the card says."""
    return int(confirmation_token_id.removeprefix("ctoken_"))


@dataclass(frozen=True, slots=True)
class Recurring:
    """A subscription that was sold; whether it starts is the processor's to say."""

    id: UUID
    customer_id: UUID
    product_id: UUID


@dataclass(frozen=True, slots=True)
class Sold:
    """What there is to tell: the processor's facts in the order in which they happened, and who and what they are about."""

    organization_id: UUID
    products: Mapping[str, UUID]
    customers: list[UUID]
    facts: list[Event[Message]]
    recurring: list[Recurring]
    balances: Mapping[UUID, int]
    """By customer, minor units of `CURRENCY`."""


@dataclass
class Desk:
    """Sells through the service's own doors."""

    shop: Shop
    cashier: Cashier
    chance: random.Random
    now: datetime
    customers: dict[str, UUID] = field(default_factory=dict)
    balances: dict[UUID, int] = field(default_factory=dict)

    async def sell(self, count: int) -> Sold:
        """`count` purchases in random ways."""
        products = {
            "once": await self.shop.product(1_234),
            "free": await self.shop.product(0),
            "monthly": await self.shop.product(990, monthly=True),
            "trial": await self.shop.product(1_490, monthly=True, trial_days=14),
            "seats": await self._by_seats(),
            "team": await self._by_seats(monthly=True),
        }
        discount = await self._discount()
        facts: list[Event[Message]] = []
        for start in range(0, count, _AT_ONCE):
            numbers = range(start, min(count, start + _AT_ONCE))
            # Each buyer has a mind of their own, so that the seed decides and not who is served first.
            buying = [self._buy(number, random.Random(self.chance.getrandbits(64)), products, discount) for number in numbers]
            facts += [fact for told_of in await asyncio.gather(*buying) for fact in told_of]
        await self._change_customers()
        sold = {name: UUID(product.id) for name, product in products.items()}
        return Sold(self.shop.organization_id, sold, self._customers(), facts, self._recurring(), self.balances)

    def _customers(self) -> list[UUID]:
        """In the order of their e-mail addresses, whoever was served first."""
        return [self.customers[email] for email in sorted(self.customers)]

    def _recurring(self) -> list[Recurring]:
        """In an order that the seed decides, whoever was served first."""
        placed = [asked[-1].order.placement for asked in self.cashier.asked.values() if asked]
        found = [
            Recurring(each.subscription_id, each.customer_id, each.product_id)
            for each in placed
            if each.subscription_id is not None and each.product_id is not None
        ]
        order = {customer_id: number for number, customer_id in enumerate(self._customers())}
        return sorted(found, key=lambda each: (order[each.customer_id], each.product_id))

    async def _by_seats(self, *, monthly: bool = False) -> product_pb2.Product:
        request = product_service_pb2.CreateProductRequest(request_id=str(uuid4()), name="Team")
        request.prices.add(price_currency=CURRENCY).seat_based.tiers.add(unit_amount=700)
        if monthly:
            request.recurring_interval = intervals_pb2.RECURRING_INTERVAL_MONTH
        return await self.shop.products.CreateProduct(request, self.shop.call())

    async def _discount(self) -> str:
        request = discount_service_pb2.CreateDiscountRequest(
            request_id="discount", name="Third", code="THIRD", duration=discount_pb2.DISCOUNT_DURATION_ONCE
        )
        request.percentage.basis_points = 3_333
        return (await self.shop.discounts.CreateDiscount(request, self.shop.call("CreateDiscount"))).code

    async def _buy(
        self, number: int, chance: random.Random, products: Mapping[str, product_pb2.Product], discount: str
    ) -> list[Event[Message]]:
        product = products[(kind := chance.choice(("once", "once", "seats", "free", "monthly", "trial", "team")))]
        buyer = chance.randrange(number + 1) if chance.random() < 0.2 else number
        email, declines = f"buyer{buyer}@example.com", chance.choice((0, 0, 0, 1, 2))
        more: dict[str, Any] = {"discount_code": discount} if chance.random() < 0.3 else {}
        if kind in ("seats", "team"):
            more["seats"] = _SEATS
        opened = await self.shop.checkout(product, customer_email=email, **more)
        confirmed = await self.shop.confirm(opened, confirmation_token_id=card(declines))
        while confirmed.status == checkout_pb2.CHECKOUT_STATUS_OPEN and chance.random() < 0.8:
            confirmed = await self.shop.confirm(opened, confirmation_token_id=card(declines))
        self.customers[email] = UUID(confirmed.customer_id)
        asked = self.cashier.asked[UUID(opened.id)]
        facts: list[Event[Message]] = []
        for attempt, purchase in enumerate(asked, 1):
            fate = "failed"
            if attempt == len(asked):
                # Who was declined and went away may have paid after all.
                fate = chance.choice(("failed", "second_thought") if attempt <= declines else _FATES)
            facts += told(purchase, fate, self.now)
        return facts

    async def _change_customers(self) -> None:
        """Some get the merchant's own id, some are given money, some are deleted while their payments are on the way."""
        for customer_id in self._customers():
            what = self.chance.random()
            if what < 0.2:
                request = customer_service_pb2.UpdateCustomerRequest(
                    request_id=str(uuid4()),
                    id=str(customer_id),
                    external_id=f"own-{customer_id}",
                    update_mask=FieldMask(paths=["external_id"]),
                )
                await self.shop.customers.UpdateCustomer(request, self.shop.call("UpdateCustomer"))
            elif what < 0.27:
                gone = customer_service_pb2.DeleteCustomerRequest(request_id=str(uuid4()), id=str(customer_id))
                await self.shop.customers.DeleteCustomer(gone, self.shop.call("DeleteCustomer"))
            elif what < 0.4:
                self.balances[customer_id] = _GIVEN
                given = customer_balance_service_pb2.AdjustCustomerBalanceRequest(
                    request_id=str(uuid4()), customer_id=str(customer_id), currency=CURRENCY, amount=_GIVEN, reason="sorry"
                )
                await self.shop.balances.AdjustCustomerBalance(given, self.shop.call("AdjustCustomerBalance"))


def desk(database: ServiceDatabase, chance: random.Random) -> Desk:
    """A cash desk over a fresh database of checkout."""
    cashier = Cashier()
    directory = FakeDirectory(lambda organization_id: organization(organization_id, allow_multiple_subscriptions=True))
    shop = Shop(database, payments=cashier, directory=directory)  # type: ignore[arg-type]
    return Desk(shop, cashier, chance, shop.clock.now())
