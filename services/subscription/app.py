"""Composition root of subscription: the only file that knows every room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from uuid import UUID

from bursar.subscription.v1 import seat_service_pb2, subscription_service_pb2

from services.chassis.clock import Clock
from services.chassis.clockwork import Clockwork
from services.chassis.database import Database, Transaction
from services.chassis.ids import new_id
from services.chassis.peers import Peers
from services.chassis.run import Parts, Schedule, Service, command_line
from services.chassis.sweep import Sweep
from services.subscription.api.invitation_token import InvitationTokens
from services.subscription.api.seat_claim_service import SeatClaimServicer
from services.subscription.api.seat_service import SeatServicer
from services.subscription.api.subscription_changes import Neighbours
from services.subscription.api.subscription_query_service import SubscriptionQueryServicer
from services.subscription.api.subscription_service import SubscriptionServicer
from services.subscription.clients.billing import CheckoutBilling
from services.subscription.clients.customers import CheckoutCustomers
from services.subscription.clients.products import CheckoutProducts
from services.subscription.events.consumed import reactions
from services.subscription.events.consumed_seats import SeatReactions
from services.subscription.events.published import OutboxPublisher
from services.subscription.events.published_seats import SeatOutbox
from services.subscription.settings import SubscriptionSettings
from services.subscription.storage.seat_store import seats_stored
from services.subscription.storage.store import stored
from services.subscription.usecases.apply_charge import Charging
from services.subscription.usecases.apply_unanswered_charges import UnansweredCharges
from services.subscription.usecases.catch_up import BATCH, catch_up, catch_up_sandbox
from services.subscription.usecases.ports import DueSubscription, Store

STORE_OF = stored(OutboxPublisher)
SEAT_STORE_OF = seats_stored(SeatOutbox)
_CATCH_UP_SECONDS = 1.0
_UNANSWERED_SECONDS = 30.0
"""Longer than a call that charges takes."""
_SERVICES = subscription_service_pb2.DESCRIPTOR.services_by_name
_SEAT_SERVICES = seat_service_pb2.DESCRIPTOR.services_by_name


async def compose(parts: Parts) -> Service:
    """Servicers on the application role; reactions and the clock's work on the worker's."""
    assert isinstance(parts.settings, SubscriptionSettings)
    database, clock, tokens = parts.database, parts.organization_clock, InvitationTokens.from_file(parts.settings.identity_key_file)
    customers = CheckoutCustomers(parts.peers)
    seats = SeatReactions(SEAT_STORE_OF, clock, new_id, tokens.hash)
    claims = SeatClaimServicer(database=database, store_of=SEAT_STORE_OF, clock=clock, customers=customers)
    assignments = SeatServicer(database=database, store_of=SEAT_STORE_OF, clock=clock, tokens=tokens, customers=customers)
    return Service(
        servicers=(
            (_SEAT_SERVICES["SeatService"], assignments),
            (_SEAT_SERVICES["SeatClaimService"], claims),
            (
                _SERVICES["SubscriptionService"],
                SubscriptionServicer(
                    database=database, store_of=STORE_OF, seats_of=SEAT_STORE_OF, clock=clock, ask=neighbours(parts.peers)
                ),
            ),
            (_SERVICES["SubscriptionQueryService"], SubscriptionQueryServicer(database=parts.database, store_of=STORE_OF)),
        ),
        reactions=reactions(STORE_OF, clock, seats),
        schedules=(
            Schedule(
                "catch-up",
                _CATCH_UP_SECONDS,
                partial(catch_up_all, parts.worker_database, parts.clock, batch=parts.settings.renewal_batch, sweep=Sweep("catch-up")),
            ),
            Schedule("unanswered-charges", _UNANSWERED_SECONDS, unanswered_charges(parts).apply_unanswered_charges),
        ),
        clockwork=clockwork_of(parts.worker_database),
    )


def neighbours(peers: Peers) -> Neighbours:
    """Whom changes ask: `checkout`, for all of it."""
    billing = CheckoutBilling(peers)
    return Neighbours(
        products=CheckoutProducts(peers), discounts=billing, charges=billing, quotes=billing, customers=CheckoutCustomers(peers)
    )


def unanswered_charges(parts: Parts) -> UnansweredCharges:
    """What asks again for the orders of changes."""
    charges = CheckoutBilling(parts.peers)
    return UnansweredCharges(Charging(database=parts.worker_database, store_of=STORE_OF, clock=parts.organization_clock, charges=charges))


async def catch_up_all(database: Database, clock: Clock, *, batch: int = BATCH, sweep: Sweep | None = None) -> int:
    """Do all that is due in live organizations, a batch and a transaction at a time; how many there were."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Store]:
        async with database.transaction() as transaction:
            yield STORE_OF(transaction)

    async def find(store: Store, most: int, but: Sequence[UUID]) -> list[DueSubscription]:
        return await store.subscriptions.lock_due(clock.now(), most, but)

    async def do(store: Store, due: Sequence[DueSubscription]) -> None:
        await catch_up([each.read() for each in due], clock.now(), new_id, store=store)

    return await (sweep or Sweep("catch-up")).run(opened, find, do, batch=batch)


def clockwork_of(database: Database) -> Clockwork:
    """The same for a sandbox, at its own time."""

    async def find_due(transaction: Transaction, organization_id: UUID, until: datetime) -> datetime | None:
        return await STORE_OF(transaction).subscriptions.find_due_of_sandbox(organization_id, until)

    async def run_due(organization_id: UUID, now: datetime) -> int:
        total = 0
        while True:
            async with database.transaction() as transaction:
                done = await catch_up_sandbox(organization_id, now, new_id, store=STORE_OF(transaction))
            total += done
            if not done:
                return total

    async def unfinished(transaction: Transaction, organization_id: UUID) -> Sequence[str]:
        charging = await STORE_OF(transaction).subscriptions.count_charging(organization_id)
        return [f"{charging} changes that wait for their charge"] if charging else []

    return Clockwork(find_due=find_due, run_due=run_due, unfinished=unfinished)


main = command_line(SubscriptionSettings, compose)
