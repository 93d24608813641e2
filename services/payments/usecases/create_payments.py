"""Take charges of saved payment methods by the hundred, to be made one after the other with nobody waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.errors import BursarError
from services.payments.domain.attempt import Attempt
from services.payments.domain.decide import AttemptFact
from services.payments.domain.errors import payment_method_not_saved, within
from services.payments.domain.payment_method import PaymentMethod
from services.payments.domain.saved_source import charged_to
from services.payments.usecases.create_attempt import NewAttempt, check_same
from services.payments.usecases.ports import Ports

Key = tuple[UUID, int]


async def create_payments(ports: Ports, organization_id: UUID, wanted: Sequence[NewAttempt]) -> None:
    """Store all of them or none; what is stored already stays as it is. Errors name the field `payments[i]`.

    Invalid: PAYMENT_AMOUNT_MISMATCH, ATTEMPT_MISMATCH, PAYMENT_METHOD_MISSING. NotFound: PAYMENT_METHOD_NOT_FOUND.
    """
    async with ports.database.transaction(organization_id) as transaction:
        now, told_at = ports.clock.now(), await ports.organization_clock.now(transaction, organization_id)
        new = await _unknown(ports, transaction, organization_id, wanted)
        begun = await _begun(ports, transaction, organization_id, new, now, told_at)
        await ports.customers.ensure(transaction, [each.customer for _, each in new], told_at)
        added = await ports.queue.add(transaction, [attempt for attempt, _ in begun])
        ports.tell_attempts(transaction, [(attempt, fact) for attempt, facts in begun for fact in facts if attempt.id in added])
        if len(added) < len(begun):
            await _unknown(ports, transaction, organization_id, wanted)  # a rival was quicker: with the same?


async def _unknown(
    ports: Ports, transaction: Transaction, organization_id: UUID, wanted: Sequence[NewAttempt]
) -> list[tuple[int, NewAttempt]]:
    """Those that are not stored yet, one for each order and number, with their places."""
    stored = await ports.queue.find(transaction, organization_id, [_key(each.attempt) for each in wanted])
    known = {_key(attempt): attempt for attempt in stored}
    new = []
    for place, each in enumerate(wanted):
        other = known.setdefault(_key(each.attempt), each.attempt)
        if other is each.attempt:
            new.append((place, each))
            continue
        try:
            check_same(other, each.attempt)
        except BursarError as error:
            raise within(f"payments[{place}]", error) from None
    return new


async def _begun(
    ports: Ports, transaction: Transaction, organization_id: UUID, new: Sequence[tuple[int, NewAttempt]], now: datetime, told_at: datetime
) -> list[tuple[Attempt, tuple[AttemptFact, ...]]]:
    named = [method_id for _, each in new if each.saved for method_id in each.saved.ids]
    methods: dict[UUID, list[PaymentMethod]] = {}
    for saved in await ports.methods.saved(transaction, organization_id, named, [each.attempt.customer_id for _, each in new]):
        methods.setdefault(saved.customer_id, []).append(saved)
    begun = []
    for place, each in new:
        attempt = replace(each.attempt, created_at=told_at, modified_at=told_at)
        try:
            if each.saved is None:
                raise payment_method_not_saved()
            method = each.saved.choose(attempt.customer_id, methods.get(attempt.customer_id, ()))
        except BursarError as error:
            raise within(f"payments[{place}]", error) from None
        begun.append(charged_to(attempt, method, now, told_at))
    return begun


def _key(attempt: Attempt) -> Key:
    return attempt.subject_id, attempt.number
