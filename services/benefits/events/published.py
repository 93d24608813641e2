"""Facts of the domain as events: type, subject, version and message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from bursar.benefits.v1 import benefits_events_pb2 as messages
from bursar.benefits.v1.benefit_pb2 import Benefit as BenefitMessage
from google.protobuf.message import Message

from services.benefits.domain import facts as domain
from services.benefits.domain.benefit import Benefit
from services.benefits.domain.facts import Fact as DomainFact
from services.benefits.domain.grant import Grant
from services.benefits.domain.source import SourceKind
from services.chassis.database import Transaction
from services.chassis.outbox import Fact
from services.chassis.timestamps import to_timestamp

_NOBODY: Mapping[UUID, str | None] = {}


class Publisher:
    """Puts facts into a transaction. `to_message` writes a benefit as the contract has it."""

    def __init__(self, to_message: Callable[[Benefit], BenefitMessage]) -> None:
        self._to_message = to_message

    def __call__(self, transaction: Transaction, facts: Iterable[DomainFact], external_ids: Mapping[UUID, str | None] = _NOBODY) -> None:
        """`external_ids` are the merchant's own ids of the customers in the facts."""
        for fact in facts:
            if isinstance(fact, domain.BenefitCreated | domain.BenefitUpdated | domain.BenefitDeleted):
                transaction.publish(self._of_benefit(fact))
            else:
                transaction.publish(_of_grant(fact, external_ids.get(fact.grant.customer_id)))

    def _of_benefit(self, fact: domain.BenefitCreated | domain.BenefitUpdated | domain.BenefitDeleted) -> Fact:
        benefit = fact.benefit
        message: Message
        if isinstance(fact, domain.BenefitCreated):
            verb, message = "created", messages.BenefitCreated(benefit=self._to_message(benefit))
        elif isinstance(fact, domain.BenefitUpdated):
            verb, message = "updated", messages.BenefitUpdated(benefit=self._to_message(benefit))
        else:
            verb, message = "deleted", messages.BenefitDeleted(benefit_id=str(benefit.id))
        return Fact(f"benefit.{verb}", benefit.id, benefit.organization_id, benefit.version, benefit.modified_at, message)


def _of_grant(fact: domain.GrantCreated | domain.GrantUpdated | domain.GrantRevoked, external_id: str | None) -> Fact:
    grant = fact.grant
    message: messages.BenefitGrantCreated | messages.BenefitGrantUpdated | messages.BenefitGrantRevoked
    if isinstance(fact, domain.GrantCreated):
        verb, message = "created", messages.BenefitGrantCreated(granted_at=to_timestamp(grant.granted_at))
        _name_source(grant, message)
    elif isinstance(fact, domain.GrantUpdated):
        verb, message = "updated", messages.BenefitGrantUpdated()
    else:
        verb, message = "revoked", messages.BenefitGrantRevoked(revoked_at=to_timestamp(grant.revoked_at))
        _name_source(grant, message)
    message.benefit_grant_id = str(grant.id)
    message.customer_id = str(grant.customer_id)
    message.benefit_id = str(grant.benefit_id)
    if external_id is not None:
        message.external_customer_id = external_id
    return Fact(f"benefit_grant.{verb}", grant.id, grant.organization_id, grant.version, grant.modified_at, message)


def _name_source(grant: Grant, message: messages.BenefitGrantCreated | messages.BenefitGrantRevoked) -> None:
    if grant.source_kind is SourceKind.ORDER:
        message.order_id = str(grant.bought_by)
    else:
        message.subscription_id = str(grant.bought_by)
    if grant.seat_id is not None:
        message.seat_id = str(grant.seat_id)
