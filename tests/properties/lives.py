"""Lives of subscriptions and settings of an organization as other services tell of them, made up within their lifecycles."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bursar.identity.v1 import identity_events_pb2, organization_pb2
from bursar.payments.v1 import payments_events_pb2
from bursar.subscription.v1 import subscription_events_pb2, subscription_pb2
from bursar.types.v1 import billing_pb2, tax_pb2
from google.protobuf.message import Message

from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.timestamps import to_timestamp

_NEXT = {
    "trialing": (("active", "active"), ("trialing", "canceled"), ("canceled", "revoked")),
    "active": (("active", "updated"), ("past_due", "past_due"), ("active", "cycled"), ("canceled", "revoked")),
    "past_due": (("active", "active"), ("past_due", "updated"), ("canceled", "revoked")),
    "canceled": (),
}
"""By status: the next status and the fact that tells of it."""
_LONGEST = 12
_MESSAGES = {
    "created": subscription_events_pb2.SubscriptionCreated,
    "active": subscription_events_pb2.SubscriptionActive,
    "updated": subscription_events_pb2.SubscriptionUpdated,
    "cycled": subscription_events_pb2.SubscriptionCycled,
    "canceled": subscription_events_pb2.SubscriptionCanceled,
    "past_due": subscription_events_pb2.SubscriptionPastDue,
    "revoked": subscription_events_pb2.SubscriptionRevoked,
}


def life(
    organization_id: UUID, customer_id: UUID, product_ids: Sequence[UUID], now: datetime, chance: random.Random
) -> Iterator[Event[Message]]:
    """All facts of one subscription until a random moment, the last of them at `now` or before."""
    subscription_id, status, fact = new_id(), chance.choice(("trialing", "active")), "created"
    product_id = chance.choice(product_ids)
    length = chance.randint(1, _LONGEST)
    for version in range(1, length + 1):
        at = now - timedelta(hours=(length - version) * 17)
        if chance.random() < 0.1:
            product_id = chance.choice(product_ids)
        state = subscription_events_pb2.SubscriptionState(
            subscription_id=str(subscription_id),
            customer_id=str(customer_id),
            product_id=str(product_id),
            status=subscription_pb2.SubscriptionStatus.Value(f"SUBSCRIPTION_STATUS_{status.upper()}"),
            current_period_start=to_timestamp(at),
            current_period_end=to_timestamp(at + timedelta(days=30)),
        )
        yield Event(new_id(), f"subscription.{fact}", organization_id, subscription_id, version, at, _MESSAGES[fact](subscription=state))
        if not _NEXT[status]:
            return
        status, fact = chance.choice(_NEXT[status])


def settings(organization_id: UUID, keeps_unpaid: bool, now: datetime, chance: random.Random) -> Iterator[Event[Message]]:
    """An organization changes its mind a few times, but not about what is decided in the order of arrival."""
    for version in range(1, 6):
        organization = organization_pb2.Organization(
            id=str(organization_id),
            version=version,
            country="DE",
            default_presentment_currency="eur",
            default_tax_behavior=tax_pb2.TAX_BEHAVIOR_LOCATION,
            settings=organization_pb2.OrganizationSettings(
                invoice_prefix="ACME",
                time_zone=chance.choice(("Europe/Berlin", "UTC", "America/New_York")),
                allow_multiple_subscriptions=True,
                unpaid_behavior=billing_pb2.UNPAID_BEHAVIOR_KEEP if keeps_unpaid else billing_pb2.UNPAID_BEHAVIOR_CANCEL,
                benefit_revocation_grace_period=chance.choice((0, 2, 5)),
            ),
        )
        told = identity_events_pb2.OrganizationCreated if version == 1 else identity_events_pb2.OrganizationUpdated
        verb = "created" if version == 1 else "updated"
        yield Event(new_id(), f"organization.{verb}", organization_id, organization_id, version, now, told(organization=organization))


def cards(organization_id: UUID, customer_id: UUID, now: datetime, chance: random.Random) -> Iterator[Event[Message]]:
    """A customer saves cards, the newest being the default, and has some of them deleted."""
    for _ in range(chance.randint(1, 3)):
        card, customer = new_id(), str(customer_id)
        saved = payments_events_pb2.PaymentMethodCreated(payment_method_id=str(card), customer_id=customer, is_default=True)
        yield Event(new_id(), "payment_method.created", organization_id, card, 1, now, saved)
        if chance.random() < 0.4:
            gone = payments_events_pb2.PaymentMethodDeleted(payment_method_id=str(card), customer_id=customer)
            yield Event(new_id(), "payment_method.deleted", organization_id, card, 2, now, gone)
