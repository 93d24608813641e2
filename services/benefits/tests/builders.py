"""Facts and drafts as tests need them: everything has a default, and a name where it matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bursar.checkout.v1 import checkout_events_pb2 as checkout
from bursar.checkout.v1.customer_pb2 import Customer
from bursar.identity.v1 import identity_events_pb2 as identity
from bursar.subscription.v1 import subscription_events_pb2 as subscription
from bursar.subscription.v1.seat_pb2 import SeatStatus
from bursar.subscription.v1.subscription_pb2 import SubscriptionStatus

from services.benefits.domain.benefit import Kind, Properties
from services.benefits.domain.source import Observation, SourceKind
from services.benefits.usecases.create_benefit import Draft
from services.chassis.event import Event
from services.chassis.ids import new_id

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORGANIZATION = new_id()


def a_draft(kind: Kind = Kind.CUSTOM, description: str = "Early access", **changes: Any) -> Draft:
    return Draft(kind, description, **{"properties": Properties(), **changes})


def an_observation(status: str = "active", version: int = 1, *, source_id: UUID | None = None, **changes: Any) -> Observation:
    values: dict[str, Any] = {
        "source_id": source_id or new_id(),
        "organization_id": ORGANIZATION,
        "kind": SourceKind.ORDER if status == "paid" else SourceKind.SUBSCRIPTION,
        "customer_id": new_id(),
        "external_customer_id": None,
        "product_id": new_id(),
        "status": status,
        "version": version,
        "occurred_at": START + timedelta(hours=version),
    }
    return Observation(**{**values, **changes})


def order_paid(product_id: UUID, customer_id: UUID, *, organization_id: UUID = ORGANIZATION, **fields: Any) -> Event[checkout.OrderPaid]:
    order_id = new_id()
    message = checkout.OrderPaid(order_id=str(order_id), customer_id=str(customer_id), product_id=str(product_id), **fields)
    return Event(new_id(), "order.paid", organization_id, order_id, 3, START, message)


def subscription_fact(
    verb: str,
    status: str,
    version: int,
    subscription_id: UUID,
    product_id: UUID,
    customer_id: UUID,
    organization_id: UUID = ORGANIZATION,
    **fields: Any,
) -> Event[Any]:
    name = "".join(part.title() for part in verb.split("_"))
    state = subscription.SubscriptionState(
        subscription_id=str(subscription_id),
        customer_id=str(customer_id),
        product_id=str(product_id),
        status=SubscriptionStatus.Value(f"SUBSCRIPTION_STATUS_{status.upper()}"),
        **fields,
    )
    message = getattr(subscription, f"Subscription{name}")(subscription=state)
    at = START + timedelta(hours=version)
    return Event(new_id(), f"subscription.{verb}", organization_id, subscription_id, version, at, message)


def seat_fact(
    verb: str, status: str, version: int, seat_id: UUID, sold_by: Event[Any], holder: UUID | None = None, **fields: Any
) -> Event[Any]:
    """Of a seat that the order or subscription of another fact sold."""
    of_order = sold_by.type == "order.paid"
    bought = sold_by.message if of_order else sold_by.message.subscription
    state = subscription.SeatState(
        seat_id=str(seat_id),
        status=SeatStatus.Value(f"SEAT_STATUS_{status.upper()}"),
        order_id=str(sold_by.subject_id) if of_order else None,
        subscription_id=None if of_order else str(sold_by.subject_id),
        product_id=bought.product_id,
        customer_id=None if holder is None else str(holder),
        email="holder@example.com",
        billing_customer_id=bought.customer_id,
        **fields,
    )
    message = getattr(subscription, f"Seat{verb.title()}")(seat=state)
    at = START + timedelta(hours=version)
    return Event(new_id(), f"seat.{verb}", sold_by.organization_id, seat_id, version, at, message)


def organization_updated(*, grace_days: int, version: int, organization_id: UUID = ORGANIZATION) -> Event[identity.OrganizationUpdated]:
    message = identity.OrganizationUpdated()
    message.organization.settings.benefit_revocation_grace_period = grace_days
    return Event(new_id(), "organization.updated", organization_id, organization_id, version, START, message)


def customer_fact(customer_id: UUID, version: int, external_id: str | None = None) -> Event[checkout.CustomerUpdated]:
    message = checkout.CustomerUpdated(customer=Customer(id=str(customer_id), external_id=external_id, version=version))
    return Event(new_id(), "customer.updated", ORGANIZATION, customer_id, version, START, message)


def customer_deleted(customer_id: UUID, version: int) -> Event[checkout.CustomerDeleted]:
    message = checkout.CustomerDeleted(customer_id=str(customer_id))
    return Event(new_id(), "customer.deleted", ORGANIZATION, customer_id, version, START, message)
