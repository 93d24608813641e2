"""Composition root of subscription: the only file that knows every room."""

from __future__ import annotations

from functools import partial

from bursar.subscription.v1 import subscription_service_pb2

from services.chassis.clock import Clock
from services.chassis.database import Database
from services.chassis.run import Parts, Schedule, Service, command_line
from services.chassis.settings import Settings
from services.subscription.api.subscription_query_service import SubscriptionQueryServicer
from services.subscription.api.subscription_service import SubscriptionServicer
from services.subscription.events.consumed import reactions
from services.subscription.events.published import OutboxPublisher
from services.subscription.storage.store import stored
from services.subscription.usecases.catch_up import BATCH, catch_up

STORE_OF = stored(OutboxPublisher)
_CATCH_UP_SECONDS = 1.0
_SERVICES = subscription_service_pb2.DESCRIPTOR.services_by_name


async def compose(parts: Parts) -> Service:
    """Servicers on the application role; reactions and the clock's work on the worker's."""
    return Service(
        servicers=(
            (
                _SERVICES["SubscriptionService"],
                SubscriptionServicer(database=parts.database, store_of=STORE_OF, clock=parts.clock),
            ),
            (_SERVICES["SubscriptionQueryService"], SubscriptionQueryServicer(database=parts.database, store_of=STORE_OF)),
        ),
        reactions=reactions(STORE_OF, parts.clock),
        schedules=(Schedule("catch-up", _CATCH_UP_SECONDS, partial(catch_up_all, parts.worker_database, parts.clock)),),
    )


async def catch_up_all(database: Database, clock: Clock) -> None:
    """Do all that is due, a batch and a transaction at a time."""
    done = BATCH
    while done == BATCH:
        async with database.transaction() as transaction:
            done = await catch_up(clock.now(), store=STORE_OF(transaction))


main = command_line(Settings, compose)
