"""What every replica listens to, so that answers it remembers do not outlive their truth.

Only facts of this service: they are committed together with what they tell of, so whoever asks after hearing one reads the new state.
Facts of customers come here by way of their copies: a grant is updated when its customer gets an external id, revoked with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bursar.benefits.v1 import benefits_events_pb2 as messages
from google.protobuf.message import Message

from services.benefits.usecases.check_entitlement import CheckEntitlement
from services.chassis.event import Event

HEARD: Mapping[str, type[Message]] = {
    "benefit_grant.created": messages.BenefitGrantCreated,
    "benefit_grant.updated": messages.BenefitGrantUpdated,
    "benefit_grant.revoked": messages.BenefitGrantRevoked,
    "benefit.updated": messages.BenefitUpdated,
    "benefit.deleted": messages.BenefitDeleted,
}


class Hearing:
    """Has answers forgotten."""

    def __init__(self, check: CheckEntitlement[bytes]) -> None:
        self._check = check

    def __call__(self, event: Event[Any]) -> None:
        """One fact."""
        if event.type.startswith("benefit_grant."):
            message = event.message
            external_id = message.external_customer_id if message.HasField("external_customer_id") else None
            self._check.forget_customer(event.organization_id, message.customer_id, external_id)
        else:
            self._check.forget_organization(event.organization_id)
