"""N buyers at the cash desk, each as far as the processor's answer: what it is comes as facts, some of them more than one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from bursar.checkout.v1 import checkout_pb2, customer_service_pb2, discount_pb2, discount_service_pb2, product_pb2
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
_FATES = ("succeeded",) * 6 + ("acted", "failed", "waiting", "lost", "second_thought")


@dataclass
class Cashier:
    """Declines as often as told, then says nothing; remembers what was asked."""

    declines: int = 0
    asked: list[Purchase] = field(default_factory=list)

    async def attempt(self, purchase: Purchase, confirmation_token_id: str) -> Outcome:
        self.asked.append(purchase)
        self.declines -= 1
        return _DECLINED if self.declines >= 0 else Undecided()

    async def look_up(self, checkout: Checkout) -> Outcome | None:
        raise AssertionError("nobody asks twice")

    async def give_up(self, checkout: Checkout) -> Outcome:
        raise AssertionError("nobody gives up")


@dataclass(frozen=True, slots=True)
class Sold:
    """What there is to tell: the processor's facts in the order in which they happened, and who and what they are about."""

    organization_id: UUID
    products: Mapping[str, UUID]
    customers: list[UUID]
    facts: list[Event[Message]]


@dataclass
class Desk:
    """Sells through the service's own doors."""

    shop: Shop
    cashier: Cashier
    chance: random.Random
    now: datetime
    customers: dict[str, UUID] = field(default_factory=dict)

    async def sell(self, count: int) -> Sold:
        """`count` purchases in random ways."""
        products = {
            "once": await self.shop.product(1_234),
            "free": await self.shop.product(0),
            "monthly": await self.shop.product(990, monthly=True),
            "trial": await self.shop.product(1_490, monthly=True, trial_days=14),
        }
        discount = await self._discount()
        facts: list[Event[Message]] = []
        for number in range(count):
            facts += await self._buy(number, products, discount)
        await self._change_customers()
        sold = {name: UUID(product.id) for name, product in products.items()}
        return Sold(self.shop.organization_id, sold, list(self.customers.values()), facts)

    async def _discount(self) -> str:
        request = discount_service_pb2.CreateDiscountRequest(
            request_id="discount", name="Third", code="THIRD", duration=discount_pb2.DISCOUNT_DURATION_ONCE
        )
        request.percentage.basis_points = 3_333
        return (await self.shop.discounts.CreateDiscount(request, self.shop.call("CreateDiscount"))).code

    async def _buy(self, number: int, products: Mapping[str, product_pb2.Product], discount: str) -> list[Event[Message]]:
        chance = self.chance
        product = products[chance.choice(("once", "once", "once", "free", "monthly", "trial"))]
        again = chance.random() < 0.2 and self.customers
        email = chance.choice(list(self.customers)) if again else f"buyer{number}@example.com"
        more = {"discount_code": discount} if chance.random() < 0.3 else {}
        opened = await self.shop.checkout(product, customer_email=email, **more)
        self.cashier.asked.clear()
        self.cashier.declines = chance.choice((0, 0, 0, 1, 2))
        confirmed = await self.shop.confirm(opened)
        while confirmed.status == checkout_pb2.CHECKOUT_STATUS_OPEN and chance.random() < 0.8:
            confirmed = await self.shop.confirm(opened)
        self.customers[email] = UUID(confirmed.customer_id)
        return [fact for attempt, purchase in enumerate(self.cashier.asked, 1) for fact in self._facts(purchase, attempt)]

    def _facts(self, purchase: Purchase, attempt: int) -> Iterator[Event[Message]]:
        """Of one attempt. Those before the last were declined, which was the answer already."""
        if attempt < len(self.cashier.asked):
            fate = "failed"
        elif self.cashier.declines >= 0:
            # Declined, and the buyer went away: it may succeed after all.
            fate = self.chance.choice(("failed", "second_thought"))
        else:
            fate = self.chance.choice(_FATES)
        return told(purchase, fate, self.now)

    async def _change_customers(self) -> None:
        """Some get the merchant's own id, some are deleted while their payments are on the way."""
        for customer_id in self.customers.values():
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


def desk(database: ServiceDatabase, chance: random.Random) -> Desk:
    """A cash desk over a fresh database of checkout."""
    cashier = Cashier()
    directory = FakeDirectory(lambda organization_id: organization(organization_id, allow_multiple_subscriptions=True))
    shop = Shop(database, payments=cashier, directory=directory)  # type: ignore[arg-type]
    return Desk(shop, cashier, chance, shop.clock.now())
