"""A saved card shows whether its owner has had a trial; it is known only once payments has told of the card.

So a trial that turns out to be somebody's second one does not start: its checkout opens again and says why, and the redemption of its
discount is given back. A trial whose card nobody has told of yet waits, confirmed, for the fact that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.checkout.domain.checkout import CHECKOUT, await_card
from services.checkout.domain.payment import AttemptOutcome, Declined, PaymentFailure, Succeeded
from services.checkout.domain.payment_method import PaymentMethod
from services.checkout.domain.settlement import Purchase
from services.checkout.usecases.checkout_ports import TrialTrait
from services.checkout.usecases.ports import Store

TRIAL_ALREADY_USED = Declined(
    PaymentFailure("trial_already_used", "This card was used for a trial before. Nothing was charged; try another card."),
    retryable=False,
)


@dataclass(frozen=True, slots=True)
class _Saved:
    """A card that was saved to start a trial."""

    purchase: Purchase
    outcome: AttemptOutcome
    payment_method_id: UUID


async def judge_trials(
    purchases: Sequence[Purchase], outcomes: Sequence[AttemptOutcome], *, store: Store
) -> tuple[list[Purchase], list[AttemptOutcome]]:
    """The purchases and the outcomes that count for them: a second trial is declined, one without a verdict is left out and waits.

    `purchases` are locked. Most batches hold no trial in an organization that minds; they cost no statement.
    """
    saved = await _saved(purchases, outcomes, store)
    if not saved:
        return list(purchases), list(outcomes)
    organization_ids = {each.purchase.checkout.organization_id for each in saved}
    known = await store.payment_methods.many(organization_ids, {each.payment_method_id for each in saved})
    traits = {each.outcome: _trait(each, known) for each in saved}
    await store.trials.lock({trait for trait in traits.values() if trait is not None})
    used = await store.trials.had_by_card({trait for trait in traits.values() if trait is not None})
    waiting = {each.purchase.checkout.id: each for each in saved if not _is_told(known.get(each.payment_method_id))}
    judged = []
    for outcome in outcomes:
        trait = traits.get(outcome)
        if trait is not None:
            judged.append(AttemptOutcome(outcome.checkout_id, outcome.attempt, TRIAL_ALREADY_USED) if trait in used else outcome)
            used.add(trait)
        elif outcome not in traits or outcome.checkout_id not in waiting:
            judged.append(outcome)
    return await _waiting(purchases, waiting, store), judged


async def _saved(purchases: Sequence[Purchase], outcomes: Sequence[AttemptOutcome], store: Store) -> list[_Saved]:
    trials = {
        purchase.checkout.id: purchase
        for purchase in purchases
        if purchase.checkout.offer.trial is not None and CHECKOUT.allows("succeed", purchase.checkout.status)
    }
    found = [
        _Saved(trials[each.checkout_id], each, each.outcome.payment_method_id)
        for each in outcomes
        if each.checkout_id in trials and isinstance(each.outcome, Succeeded) and each.outcome.payment_method_id is not None
    ]
    if not found:
        return []
    organizations = await store.organizations.many(sorted({each.purchase.checkout.organization_id for each in found}))
    return [each for each in found if organizations[each.purchase.checkout.organization_id].prevent_trial_abuse]


async def _waiting(purchases: Sequence[Purchase], waiting: Mapping[UUID, _Saved], store: Store) -> list[Purchase]:
    after = {
        each.purchase.checkout.id: Purchase(await_card(each.purchase.checkout, each.payment_method_id), each.purchase.order)
        for each in waiting.values()
        if CHECKOUT.allows("await_card", each.purchase.checkout.status)
    }
    await store.checkouts.save([purchase.checkout for purchase in after.values()])
    return [after.get(purchase.checkout.id, purchase) for purchase in purchases]


def _trait(saved: _Saved, known: Mapping[UUID, PaymentMethod]) -> TrialTrait | None:
    method = known.get(saved.payment_method_id)
    if method is None or not method.fingerprint:
        return None
    return TrialTrait(saved.purchase.checkout.organization_id, method.fingerprint)


def _is_told(method: PaymentMethod | None) -> bool:
    # Of one that was forgotten before anybody told that it was saved, nothing more may come.
    return method is not None and (method.fingerprint is not None or method.is_gone)
