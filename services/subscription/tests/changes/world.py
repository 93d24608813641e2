"""The service over a real database, beside a checkout that answers over real gRPC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from bursar.checkout.v1 import discount_pb2, product_pb2
from bursar.checkout.v1.checkout_events_pb2 import OrderPaid, OrderVoided
from bursar.checkout.v1.order_pb2 import ORDER_BILLING_REASON_SUBSCRIPTION_UPDATE
from bursar.identity.v1 import identity_events_pb2
from bursar.identity.v1.organization_pb2 import Organization, OrganizationSettings
from bursar.subscription.v1.subscription_pb2 import Subscription
from bursar.types.v1.intervals_pb2 import RECURRING_INTERVAL_MONTH

from services.chassis.clock import ManualClock
from services.chassis.database import Row
from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.reactor import Reactor
from services.subscription.app import SEAT_STORE_OF
from services.subscription.domain import seat
from services.subscription.domain.seat import Holder
from services.subscription.domain.seat_container import Container, ContainerKind
from services.subscription.tests.builders import NOW, ORGANIZATION, checkout_succeeded, event_of, timestamp
from services.subscription.tests.changes.checkout import FakeCheckout
from services.subscription.usecases.apply_unanswered_charges import UnansweredCharges
from tests.support.client import Client, member
from tests.support.databases import ServiceDatabase

DAY = timedelta(days=1)
OURS = member(ORGANIZATION)


@dataclass
class ChangeWorld:
    """The running service. Its time is that of 31 January 2026, the first period ends on 28 February."""

    database: ServiceDatabase
    clock: ManualClock
    client: Client
    checkout: FakeCheckout
    reactor: Reactor
    unanswered: UnansweredCharges

    async def subscription(self, trial_days: int = 0, **fields: Any) -> str:
        """One that was bought: 19.00 a month, unless `prices` say otherwise."""
        bought = checkout_succeeded(trial_days, time_zone="UTC", product_name="Basic", **fields)
        await self.reactor.take([event_of(bought)])
        return bought.subscription_id

    def product(self, amount: int = 4900, **fields: Any) -> str:
        """Another one in the catalogue."""
        product_id = str(new_id())
        values: dict[str, Any] = {
            "id": product_id,
            "organization_id": str(ORGANIZATION),
            "name": "Pro",
            "is_recurring": True,
            "recurring_interval": RECURRING_INTERVAL_MONTH,
            "recurring_interval_count": 1,
            "prices": [a_price(fixed=product_pb2.FixedPrice(price_amount=amount))],
            "version": 1,
            **fields,
        }
        self.checkout.products[product_id] = product_pb2.Product(**values)
        return product_id

    def discount(self, **fields: Any) -> str:
        """A fifth off for ever, unless said otherwise."""
        discount_id = str(new_id())
        values: dict[str, Any] = {
            "duration": discount_pb2.DISCOUNT_DURATION_FOREVER,
            "percentage": discount_pb2.PercentageDiscount(basis_points=2000),
            **fields,
        }
        self.checkout.discounts[discount_id] = discount_pb2.AppliedDiscount(discount_id=discount_id, **values)
        return discount_id

    async def change(self, subscription_id: str, behavior: int = 0, request_id: str | None = None, **change: Any) -> Subscription:
        """The answer to a change."""
        fields = {"request_id": request_id} if request_id else {}
        answer: Subscription = await self.client.call(
            "ChangeSubscription", OURS, id=subscription_id, change=change, proration_behavior=behavior, **fields
        )
        return answer

    async def refusal(self, subscription_id: str, behavior: int = 0, **change: Any) -> str:
        """Why a change is refused."""
        return (await self.client.refusal("ChangeSubscription", OURS, id=subscription_id, change=change, proration_behavior=behavior))[1]

    async def get(self, subscription_id: str) -> Subscription:
        found: Subscription = await self.client.call("GetSubscription", OURS, id=subscription_id)
        return found

    async def hear(self, subscription_id: str, order_id: str, *, paid: bool) -> None:
        """What became of an order, as a fact."""
        message_type = OrderPaid if paid else OrderVoided
        message = message_type(order_id=order_id, subscription_id=subscription_id, billing_reason=ORDER_BILLING_REASON_SUBSCRIPTION_UPDATE)
        kind = "order.paid" if paid else "order.voided"
        await self.reactor.take([Event(new_id(), kind, ORGANIZATION, UUID(order_id), 3, self.clock.now(), message)])

    async def organization(self, tax_behavior: int = 0, **settings: Any) -> None:
        """What the organization decides."""
        told: dict[str, Any] = {"default_presentment_currency": "eur", "default_tax_behavior": tax_behavior}
        message = Organization(id=str(ORGANIZATION), version=2, settings=OrganizationSettings(**settings), **told)
        fact = identity_events_pb2.OrganizationUpdated(organization=message)
        await self.reactor.take([Event(new_id(), "organization.updated", ORGANIZATION, ORGANIZATION, 2, NOW, fact)])

    async def entries(self, subscription_id: str) -> list[tuple[str, int, str, bool]]:
        """Type, amount, state and whether it is a proration, oldest first."""
        rows = await self.rows("select * from billing_entry where subscription_id = %s order by created_at, id", UUID(subscription_id))
        return [(row["type"], row["amount"], row["state"], row["proration"]) for row in rows]

    async def facts(self, subscription_id: str) -> list[str]:
        """What was told of a subscription after its start."""
        rows = await self.rows("select type from outbox where subject_id = %s order by position", UUID(subscription_id))
        names = [row["type"].removeprefix("subscription.") for row in rows]
        return names[names.index("updated") + 1 :]

    async def assign_seats(self, subscription_id: str) -> None:
        """One seat is pending, one claimed, one revoked."""
        container = Container(
            ContainerKind.SUBSCRIPTION, UUID(subscription_id), ORGANIZATION, new_id(), new_id(), "Basic", seats=3, assignable=3
        )
        holders = [Holder(new_id(), None, f"{name}@example.com") for name in ("a", "b", "c")]
        pending, second, third = (
            seat.assigned(None, new_id(), seat.Assignment(container, holder), seat.Invitation(1, holder.email.encode()), NOW).after
            for holder in holders
            if holder.email
        )
        given = [pending, seat.claimed(second, holders[1], NOW).after, seat.revoked(third, NOW).after]
        async with self.database.worker.transaction() as transaction:
            await SEAT_STORE_OF(transaction).seats.add(given)

    async def rows(self, query: str, *parameters: object) -> list[Row]:
        async with self.database.worker.connection() as connection:
            return await (await connection.execute(query.encode(), parameters)).fetchall()


def a_price(**fields: Any) -> product_pb2.ProductPrice:
    return product_pb2.ProductPrice(id=str(new_id()), product_id=str(new_id()), price_currency="eur", created_at=timestamp(NOW), **fields)


def by_seats(unit_amount: int = 1000, **fields: Any) -> product_pb2.ProductPrice:
    """So much a seat, however many."""
    return a_price(seat_based=product_pb2.SeatBasedPrice(tiers=[product_pb2.PriceTier(unit_amount=unit_amount)], **fields))


def by_units(unit_amount: int = 10, **fields: Any) -> product_pb2.ProductPrice:
    return a_price(unit_based=product_pb2.UnitBasedPrice(tiers=[product_pb2.PriceTier(unit_amount=unit_amount)], **fields))
