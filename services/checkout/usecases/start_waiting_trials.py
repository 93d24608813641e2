"""Payments told of cards: the trials that waited for them are decided."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.checkout.domain.payment import AttemptOutcome, Succeeded
from services.checkout.usecases.ports import Store
from services.checkout.usecases.settle_attempts import settle_attempts


async def start_waiting_trials(payment_method_ids: Collection[UUID], *, store: Store) -> None:
    """The cards are known to the store by now. Nothing waits for most of them."""
    waiting = await store.checkouts.waiting_for_cards(payment_method_ids)
    if waiting:
        outcomes = [AttemptOutcome(each.id, each.attempt, Succeeded(None, None, each.payment_method_id)) for each in waiting]
        await settle_attempts(outcomes, store=store)
