"""The service with its seats over a real database, called as the suite calls it; `checkout`'s customers are made up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from bursar.checkout.v1.checkout_events_pb2 import CheckoutSucceeded, CustomerDeleted, OrderPaid
from bursar.subscription.v1 import seat_service_pb2
from bursar.subscription.v1.subscription_events_pb2 import SeatClaimed, SeatState, SubscriptionRevoked
from google.protobuf.message import Message

from services.chassis.clock import ManualClock
from services.chassis.database import Row
from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.organization_clock import OrganizationClock
from services.chassis.reactor import Reactor
from services.subscription.api.invitation_token import InvitationTokens
from services.subscription.api.seat_claim_service import SeatClaimServicer
from services.subscription.api.seat_service import SeatServicer
from services.subscription.app import SEAT_STORE_OF, STORE_OF
from services.subscription.domain.seat import Holder
from services.subscription.domain.seat_errors import CustomerNotFound
from services.subscription.events.consumed import reactions
from services.subscription.events.consumed_seats import SeatReactions
from services.subscription.tests.builders import NOW, ORGANIZATION, checkout_succeeded
from tests.support.client import Client, member, serving
from tests.support.databases import ServiceDatabase

_SERVICES = seat_service_pb2.DESCRIPTOR.services_by_name
_SUBJECTS = {CheckoutSucceeded: "checkout_id", CustomerDeleted: "customer_id", OrderPaid: "order_id"}
_TYPES = {CheckoutSucceeded: "checkout.succeeded", CustomerDeleted: "customer.deleted", OrderPaid: "order.paid"}


@dataclass
class FakeDirectory:
    """Customers as `checkout` would know them."""

    customers: dict[UUID, Holder] = field(default_factory=dict)
    asked: int = 0

    def add(self, email: str, external_id: str | None = None) -> Holder:
        holder = Holder(new_id(), external_id, email)
        assert holder.customer_id is not None
        self.customers[holder.customer_id] = holder
        return holder

    async def get(self, organization_id: UUID, customer_id: UUID) -> Holder:
        self.asked += 1
        if customer_id not in self.customers:
            raise CustomerNotFound
        return self.customers[customer_id]

    async def get_by_external_id(self, organization_id: UUID, external_id: str) -> Holder:
        self.asked += 1
        for holder in self.customers.values():
            if holder.external_customer_id == external_id:
                return holder
        raise CustomerNotFound

    async def take(self, organization_id: UUID, email: str) -> Holder:
        self.asked += 1
        known = [holder for holder in self.customers.values() if (holder.email or "").lower() == email.lower()]
        return known[0] if known else self.add(email)


@dataclass
class SeatWorld:
    """The running service."""

    database: ServiceDatabase
    clock: ManualClock
    client: Client
    customers: FakeDirectory
    tokens: InvitationTokens
    reactor: Reactor

    async def take(self, *messages: Message, organization_id: UUID = ORGANIZATION) -> None:
        """Have facts of the other services taken, in one batch."""
        await self.reactor.take([self._event(message, organization_id) for message in messages])

    async def subscription(self, seats: int | None = 3, organization_id: UUID = ORGANIZATION, **fields: Any) -> UUID:
        """One that was bought."""
        bought = checkout_succeeded(seats=seats, product_name="Team plan", **fields)
        await self.take(bought, organization_id=organization_id)
        return UUID(bought.subscription_id)

    async def order(self, seats: int = 3) -> UUID:
        """A one-time order that was paid."""
        paid = order_paid(seats)
        await self.take(paid)
        return UUID(paid.order_id)

    async def end(self, subscription_id: UUID) -> None:
        """Who pays it is deleted, by which it ends; then the fact of that is taken."""
        payer = (await self.rows("select customer_id from subscription where id = %(id)s", id=subscription_id))[0]["customer_id"]
        await self.take(CustomerDeleted(customer_id=str(payer)))
        await self.take_ends()

    async def take_ends(self) -> None:
        """Have the service's own facts of what ended taken, as often as it is called."""
        rows = await self.rows("select * from outbox where type = 'subscription.revoked' order by position")
        ended = [SubscriptionRevoked.FromString(bytes(row["payload"])) for row in rows]
        await self.reactor.take(
            [
                Event(new_id(), row["type"], row["organization_id"], row["subject_id"], row["version"], row["occurred_at"], message)
                for row, message in zip(rows, ended, strict=True)
            ]
        )

    async def call(self, method: str, organization_id: UUID = ORGANIZATION, **fields: Any) -> Any:
        """As an organization."""
        return await self.client.call(method, member(organization_id), **fields)

    async def assign(self, container_id: UUID, **fields: Any) -> Any:
        """A seat of a subscription."""
        return await self.call("AssignSeat", subscription_id=str(container_id), **fields)

    async def refusal(self, method: str, organization_id: UUID = ORGANIZATION, **fields: Any) -> str:
        """The reason of the error that a call answers."""
        return (await self.client.refusal(method, member(organization_id), **fields))[1]

    async def claim(self, token: str) -> Any:
        """As anybody."""
        return await self.client.call("ClaimSeat", None, invitation_token=token)

    async def rows(self, query: str, **parameters: Any) -> list[Row]:
        async with self.database.worker.connection() as connection:
            return await (await connection.execute(query.encode(), parameters)).fetchall()

    async def facts(self) -> list[tuple[str, int]]:
        """What was told of seats, in order."""
        rows = await self.rows("select type, version from outbox where type like 'seat.%%' order by position")
        return [(row["type"].removeprefix("seat."), row["version"]) for row in rows]

    async def states(self) -> list[SeatState]:
        """What the facts of seats say."""
        rows = await self.rows("select payload from outbox where type like 'seat.%%' order by position")
        # The facts of seats are one message by three names.
        return [SeatClaimed.FromString(bytes(row["payload"])).seat for row in rows]

    def _event(self, message: Message, organization_id: UUID) -> Event[Any]:
        subject = UUID(getattr(message, _SUBJECTS[type(message)]))
        return Event(new_id(), _TYPES[type(message)], organization_id, subject, 3, self.clock.now(), message)


def order_paid(seats: int | None = 3, **fields: Any) -> OrderPaid:
    values: dict[str, Any] = {
        "order_id": str(new_id()),
        "customer_id": str(new_id()),
        "product_id": str(new_id()),
        "currency": "eur",
        "seats": seats,
    }
    return OrderPaid(**(values | fields))


@asynccontextmanager
async def seat_world(database: ServiceDatabase, folder: Path) -> AsyncIterator[SeatWorld]:
    """Both gRPC services of seats on a port, and the reactions."""
    machine, customers, tokens = ManualClock(NOW), FakeDirectory(), InvitationTokens(b"a key")
    clock = OrganizationClock(machine)
    seats = SeatServicer(database=database.app, store_of=SEAT_STORE_OF, clock=clock, tokens=tokens, customers=customers)
    claims = SeatClaimServicer(database=database.app, store_of=SEAT_STORE_OF, clock=clock, customers=customers)
    servicers = [(_SERVICES["SeatService"], seats), (_SERVICES["SeatClaimService"], claims)]
    followed = reactions(STORE_OF, clock, SeatReactions(SEAT_STORE_OF, clock, new_id, tokens.hash))
    reactor = Reactor("subscription", followed, database.worker)
    async with serving("subscription", servicers, folder, client=Client) as client:
        yield SeatWorld(database, machine, client, customers, tokens, reactor)
