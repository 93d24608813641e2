"""Everything this service reacts to, as one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from bursar.identity.v1 import identity_events_pb2 as identity
from bursar.payments.v1 import payments_events_pb2 as payments

from services.chassis.clock import Clock
from services.chassis.consumer import Event, Reaction
from services.chassis.database import Transaction
from services.checkout.domain.payment_method import PaymentMethod
from services.checkout.messages.organization import organization_from_proto
from services.checkout.messages.outcome import PaymentFact, attempt_outcome
from services.checkout.usecases.keep_payment_methods import keep_payment_methods
from services.checkout.usecases.ports import Store
from services.checkout.usecases.settle_attempts import settle_attempts

Told = TypeVar("Told", identity.OrganizationCreated, identity.OrganizationUpdated)
P = TypeVar("P", bound=PaymentFact)
M = TypeVar("M", payments.PaymentMethodCreated, payments.PaymentMethodDeleted)


def reactions(store_of: Callable[[Transaction], Store], clock: Clock) -> list[Reaction[Any]]:
    """The whole reactive surface. Each handler takes all facts of its type in a batch."""

    async def keep(transaction: Transaction, events: Sequence[Event[Told]]) -> None:
        await store_of(transaction).organizations.keep([organization_from_proto(event.message.organization) for event in events])

    async def settle(transaction: Transaction, events: Sequence[Event[P]]) -> Sequence[Event[P]]:
        """An attempt is written before payments is asked, so a fact of an unknown one is early: its row is not restored yet."""
        told = [(event, outcome) for event in events if (outcome := attempt_outcome(event.message)) is not None]
        known = await settle_attempts([outcome for _, outcome in told], clock.now(), store=store_of(transaction))
        return [event for event, outcome in told if outcome.checkout_id not in known]

    async def saved(transaction: Transaction, events: Sequence[Event[payments.PaymentMethodCreated]]) -> None:
        heard = [_payment_method(event, was_default=event.message.is_default, is_gone=False) for event in events]
        await keep_payment_methods(heard, clock.now(), store=store_of(transaction))

    async def forgotten(transaction: Transaction, events: Sequence[Event[payments.PaymentMethodDeleted]]) -> None:
        heard = [_payment_method(event, was_default=False, is_gone=True) for event in events]
        await keep_payment_methods(heard, clock.now(), store=store_of(transaction))

    return [
        Reaction("organization.created", identity.OrganizationCreated, keep),
        Reaction("organization.updated", identity.OrganizationUpdated, keep),
        Reaction("payment.succeeded", payments.PaymentSucceeded, settle),
        Reaction("payment.failed", payments.PaymentFailed, settle),
        Reaction("payment.requires_action", payments.PaymentRequiresAction, settle),
        Reaction("payment.setup_succeeded", payments.PaymentSetupSucceeded, settle),
        Reaction("payment.setup_failed", payments.PaymentSetupFailed, settle),
        Reaction("payment.setup_requires_action", payments.PaymentSetupRequiresAction, settle),
        Reaction("payment_method.created", payments.PaymentMethodCreated, saved),
        Reaction("payment_method.deleted", payments.PaymentMethodDeleted, forgotten),
    ]


def _payment_method(event: Event[M], *, was_default: bool, is_gone: bool) -> PaymentMethod:
    customer_id, method_id = UUID(event.message.customer_id), UUID(event.message.payment_method_id)
    return PaymentMethod(method_id, event.organization_id, customer_id, was_default, is_gone)
