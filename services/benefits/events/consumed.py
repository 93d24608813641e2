"""Everything this service reacts to, as one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bursar.checkout.v1 import checkout_events_pb2 as checkout
from bursar.identity.v1 import identity_events_pb2 as identity
from bursar.subscription.v1 import subscription_events_pb2 as subscription
from bursar.subscription.v1.seat_pb2 import SeatStatus
from bursar.subscription.v1.subscription_pb2 import SubscriptionStatus

from services.benefits.domain.customer import Customer, OrganizationCopy
from services.benefits.domain.source import Observation, SourceKind
from services.benefits.usecases.copy_customers import copy_customers
from services.benefits.usecases.copy_organizations import copy_organizations
from services.benefits.usecases.observe_sources import observe_sources
from services.benefits.usecases.ports import Ports
from services.chassis.database import Transaction
from services.chassis.enums import word_of
from services.chassis.event import Event, Reaction
from services.chassis.timestamps import from_timestamp

Handle = Callable[[Transaction, Sequence[Event[Any]]], Awaitable[None]]
_SUBSCRIPTION_FACTS = {
    "subscription.created": subscription.SubscriptionCreated,
    "subscription.active": subscription.SubscriptionActive,
    "subscription.updated": subscription.SubscriptionUpdated,
    "subscription.cycled": subscription.SubscriptionCycled,
    "subscription.canceled": subscription.SubscriptionCanceled,
    "subscription.uncanceled": subscription.SubscriptionUncanceled,
    "subscription.past_due": subscription.SubscriptionPastDue,
    "subscription.paused": subscription.SubscriptionPaused,
    "subscription.resumed": subscription.SubscriptionResumed,
    "subscription.revoked": subscription.SubscriptionRevoked,
}
_SEAT_FACTS = {
    "seat.assigned": subscription.SeatAssigned,
    "seat.claimed": subscription.SeatClaimed,
    "seat.revoked": subscription.SeatRevoked,
}


def reactions(ports: Ports) -> list[Reaction[Any]]:
    """The table."""

    async def orders_paid(transaction: Transaction, events: Sequence[Event[checkout.OrderPaid]]) -> None:
        await observe_sources(transaction, [_of_order(event) for event in events if _is_one_time(event.message)], ports=ports)

    async def seats(transaction: Transaction, events: Sequence[Event[Any]]) -> None:
        await observe_sources(transaction, [_of_seat(event) for event in events], ports=ports)

    async def subscriptions(transaction: Transaction, events: Sequence[Event[Any]]) -> None:
        await observe_sources(transaction, [_of_subscription(event) for event in events], ports=ports)

    async def customers(transaction: Transaction, events: Sequence[Event[Any]]) -> None:
        await copy_customers(transaction, [_customer(event) for event in events], ports=ports)

    async def customers_deleted(transaction: Transaction, events: Sequence[Event[checkout.CustomerDeleted]]) -> None:
        gone = [Customer(event.subject_id, event.organization_id, _optional(event.message), True, event.version) for event in events]
        await copy_customers(transaction, gone, ports=ports)

    async def products(transaction: Transaction, events: Sequence[Event[Any]]) -> None:
        await ports.products.ensure(transaction, {event.subject_id: event.organization_id for event in events})

    async def organizations(transaction: Transaction, events: Sequence[Event[Any]]) -> None:
        await copy_organizations(transaction, [_organization(event) for event in events], ports=ports)

    return [
        Reaction("order.paid", checkout.OrderPaid, orders_paid),
        *(Reaction(name, message, seats) for name, message in _SEAT_FACTS.items()),
        *(Reaction(name, message, subscriptions) for name, message in _SUBSCRIPTION_FACTS.items()),
        Reaction("customer.created", checkout.CustomerCreated, customers),
        Reaction("customer.updated", checkout.CustomerUpdated, customers),
        Reaction("customer.deleted", checkout.CustomerDeleted, customers_deleted),
        Reaction("product.created", checkout.ProductCreated, products),
        Reaction("product.updated", checkout.ProductUpdated, products),
        Reaction("organization.created", identity.OrganizationCreated, organizations),
        Reaction("organization.updated", identity.OrganizationUpdated, organizations),
    ]


def _is_one_time(message: checkout.OrderPaid) -> bool:
    # What recurs is entitled by its subscription, so trials, pauses and failures need no second path.
    return message.HasField("product_id") and not message.HasField("subscription_id")


def _of_order(event: Event[checkout.OrderPaid]) -> Observation:
    message = event.message
    return Observation(
        source_id=event.subject_id,
        organization_id=event.organization_id,
        kind=SourceKind.ORDER,
        customer_id=UUID(message.customer_id),
        external_customer_id=_optional(message, "external_customer_id"),
        product_id=UUID(message.product_id),
        status="paid",
        version=event.version,
        occurred_at=event.occurred_at,
        has_seats=message.HasField("seats"),
    )


def _of_subscription(event: Event[Any]) -> Observation:
    state = event.message.subscription
    return Observation(
        source_id=event.subject_id,
        organization_id=event.organization_id,
        kind=SourceKind.SUBSCRIPTION,
        customer_id=UUID(state.customer_id),
        external_customer_id=_optional(state, "external_customer_id"),
        product_id=UUID(state.product_id),
        status=word_of(SubscriptionStatus, state.status),
        version=event.version,
        occurred_at=event.occurred_at,
        period_end=_time(state, "current_period_end"),
        past_due_at=_time(state, "past_due_at"),
        has_seats=state.HasField("seats"),
    )


def _of_seat(event: Event[Any]) -> Observation:
    state = event.message.seat
    by_order = state.HasField("order_id")
    return Observation(
        source_id=event.subject_id,
        organization_id=event.organization_id,
        kind=SourceKind.ORDER if by_order else SourceKind.SUBSCRIPTION,
        customer_id=UUID(state.customer_id) if state.HasField("customer_id") else None,
        external_customer_id=_optional(state, "external_customer_id"),
        product_id=UUID(state.product_id),
        status=word_of(SeatStatus, state.status),
        version=event.version,
        occurred_at=event.occurred_at,
        container_id=UUID(state.order_id if by_order else state.subscription_id),
        payer_id=UUID(state.billing_customer_id),
    )


def _time(state: Any, field: str) -> datetime | None:
    return from_timestamp(getattr(state, field), field) if state.HasField(field) else None


def _customer(event: Event[Any]) -> Customer:
    customer = event.message.customer
    return Customer(event.subject_id, event.organization_id, _optional(customer, "external_id"), False, event.version)


def _optional(message: Any, field: str = "external_id") -> str | None:
    return getattr(message, field) if message.HasField(field) else None


def _organization(event: Event[Any]) -> OrganizationCopy:
    return OrganizationCopy(event.subject_id, event.message.organization.settings.benefit_revocation_grace_period, event.version)
