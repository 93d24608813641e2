"""Everything this service reacts to, as one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from bursar.identity.v1 import identity_events_pb2 as identity
from bursar.payments.v1 import payments_events_pb2 as payments
from bursar.subscription.v1 import subscription_events_pb2 as subscriptions

from services.chassis.clock import Clock
from services.chassis.consumer import Event, Reaction
from services.chassis.database import Transaction
from services.checkout.domain.charge import ChargeOutcome
from services.checkout.domain.payment import AttemptOutcome
from services.checkout.domain.payment_method import PaymentMethod
from services.checkout.messages.billing import billing_from_proto
from services.checkout.messages.organization import organization_from_proto
from services.checkout.messages.outcome import PaymentFact, attempt_outcome
from services.checkout.usecases.bill_subscriptions import bill_subscriptions
from services.checkout.usecases.keep_payment_methods import keep_payment_methods
from services.checkout.usecases.outside_ports import TaxCalculator
from services.checkout.usecases.ports import Store
from services.checkout.usecases.retry_due_orders import charge_new_cards
from services.checkout.usecases.settle_attempts import settle_attempts
from services.checkout.usecases.settle_charges import settle_charges
from services.checkout.usecases.start_waiting_trials import start_waiting_trials
from services.checkout.usecases.void_order import end_subscriptions

Told = TypeVar("Told", identity.OrganizationCreated, identity.OrganizationUpdated)
P = TypeVar("P", bound=PaymentFact)
S = TypeVar("S", payments.PaymentMethodCreated, payments.PaymentMethodUpdated)
B = TypeVar("B", subscriptions.SubscriptionCycled, subscriptions.SubscriptionBilled)


def reactions(
    store_of: Callable[[Transaction], Store], clock: Clock, taxes: TaxCalculator, wake: Callable[[], None]
) -> list[Reaction[Any]]:
    """The whole reactive surface. Each handler takes all facts of its type in a batch; `wake`: orders are to be charged."""

    async def keep(transaction: Transaction, events: Sequence[Event[Told]]) -> None:
        await store_of(transaction).organizations.keep([organization_from_proto(event.message.organization) for event in events])

    async def settle(transaction: Transaction, events: Sequence[Event[P]]) -> Sequence[Event[P]]:
        """An attempt is written before payments is asked, so a fact of an unknown one is early: its row is not restored yet."""
        told = [(event, attempt_outcome(event.message)) for event in events]
        store, known = store_of(transaction), set[UUID]()
        attempts = [outcome for _, outcome in told if isinstance(outcome, AttemptOutcome)]
        if attempts:
            known.update(await settle_attempts(attempts, store=store))
        charges = [outcome for _, outcome in told if isinstance(outcome, ChargeOutcome)]
        if charges:
            known.update(await settle_charges(charges, clock.now(), store=store))
        return [event for event, outcome in told if _subject_of(outcome) not in known]

    async def saved(transaction: Transaction, events: Sequence[Event[S]]) -> None:
        store, heard = store_of(transaction), [_payment_method(event) for event in events]
        became_default = await keep_payment_methods(heard, store=store)
        await start_waiting_trials([each.id for each in heard], store=store)
        cards = {each.customer_id: each.id for each in heard if each.is_default and became_default.get(each.customer_id) == each.id}
        if cards and await charge_new_cards(cards, clock.now(), store=store):
            transaction.after_commit(wake)

    async def forgotten(transaction: Transaction, events: Sequence[Event[payments.PaymentMethodDeleted]]) -> None:
        await keep_payment_methods([_payment_method(event) for event in events], store=store_of(transaction))

    async def bill(transaction: Transaction, events: Sequence[Event[B]]) -> Sequence[Event[B]]:
        """A billing of a customer or an organization that is not known yet comes too early."""
        told = [(event, billing_from_proto(event.message.billing, event.organization_id)) for event in events if _owes(event)]
        batch = await bill_subscriptions([billing for _, billing in told], clock.now(), store=store_of(transaction), taxes=taxes)
        if batch.charges:
            transaction.after_commit(wake)
        return [event for event, billing in told if billing.order_id in batch.early]

    async def end(transaction: Transaction, events: Sequence[Event[subscriptions.SubscriptionRevoked]]) -> None:
        ended = sorted({(event.organization_id, UUID(event.message.subscription.subscription_id)) for event in events})
        payer_ids = {UUID(told) for event in events if (told := event.message.subscription.customer_id)}
        await end_subscriptions(ended, payer_ids, clock.now(), store=store_of(transaction))

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
        Reaction("payment_method.updated", payments.PaymentMethodUpdated, saved),
        Reaction("payment_method.deleted", payments.PaymentMethodDeleted, forgotten),
        Reaction("subscription.cycled", subscriptions.SubscriptionCycled, bill),
        Reaction("subscription.billed", subscriptions.SubscriptionBilled, bill),
        Reaction("subscription.revoked", subscriptions.SubscriptionRevoked, end),
    ]


def _owes(event: Event[B]) -> bool:
    return event.message.HasField("billing")


def _subject_of(outcome: AttemptOutcome | ChargeOutcome) -> UUID:
    return outcome.checkout_id if isinstance(outcome, AttemptOutcome) else outcome.order_id


def _payment_method(event: Event[Any]) -> PaymentMethod:
    told = event.message
    customer_id, method_id = UUID(told.customer_id), UUID(told.payment_method_id)
    if isinstance(told, payments.PaymentMethodDeleted):
        return PaymentMethod(method_id, event.organization_id, customer_id, 0, is_default=False, is_gone=True)
    fingerprint = told.fingerprint if isinstance(told, payments.PaymentMethodCreated) else None
    return PaymentMethod(method_id, event.organization_id, customer_id, event.version, told.is_default, False, fingerprint)
