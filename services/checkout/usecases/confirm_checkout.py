"""The buyer confirms: freeze, ask payments with no transaction open, settle by the outcome."""

from __future__ import annotations

import asyncio
from uuid import UUID

from services.chassis.crashpoint import crashpoint
from services.chassis.errors import Conflict
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.errors import CustomerEmailTaken, CustomerExternalIdTaken
from services.checkout.domain.payment import AttemptKind, AttemptOutcome, Succeeded
from services.checkout.domain.product import Product
from services.checkout.domain.subscription import KnownSubscriptions
from services.checkout.usecases.freeze_checkout import Confirmation, Frozen, Standing, SubscriptionsAsked, freeze_checkout
from services.checkout.usecases.outside_ports import Payments, Subscriptions, TaxCalculator, TaxIds
from services.checkout.usecases.ports import OpenStore
from services.checkout.usecases.settle_attempts import settle_attempts, settle_locked

_MOST_ROUNDS = 4
"""Each round but the last found out what it has to know before: the customer's subscriptions, or a rival's new customer."""


async def confirm_checkout(
    organization_id: UUID,
    client_secret: str,
    confirmation: Confirmation,
    *,
    open_store: OpenStore,
    payments: Payments,
    subscriptions: Subscriptions,
    taxes: TaxCalculator,
    tax_ids: TaxIds,
) -> tuple[Checkout, Product]:
    """The checkout as it stands afterwards, and its product. The errors of the contract's ConfirmClientCheckout."""
    known: KnownSubscriptions | None = None
    for _ in range(_MOST_ROUNDS):
        try:
            step = await _freeze(organization_id, client_secret, confirmation, known, open_store, taxes, tax_ids)
        except (CustomerEmailTaken, CustomerExternalIdTaken):
            continue
        if isinstance(step, SubscriptionsAsked):
            known = await _ask(organization_id, step, subscriptions)
            continue
        if isinstance(step, Standing):
            return step.checkout, step.product
        return await _pay(step, confirmation, open_store, payments), step.product
    raise Conflict("BUSY", "somebody else is changing the same customer; try again", retry_after_seconds=0.1)


async def _freeze(
    organization_id: UUID,
    client_secret: str,
    confirmation: Confirmation,
    known: KnownSubscriptions | None,
    open_store: OpenStore,
    taxes: TaxCalculator,
    tax_ids: TaxIds,
) -> Standing | Frozen | SubscriptionsAsked:
    async with open_store(organization_id) as store:
        now = await store.now(organization_id)
        step = await freeze_checkout(client_secret, confirmation, now, subscriptions=known, store=store, taxes=taxes, tax_ids=tax_ids)
        if not isinstance(step, Frozen) or step.purchase.checkout.attempt_kind is not AttemptKind.NONE:
            return step
        # Nothing to charge and no card to save: it is bought with the same commit.
        checkout = step.purchase.checkout
        outcome = AttemptOutcome(checkout.id, checkout.attempt, Succeeded(None, None, None))
        settled = await settle_locked([step.purchase], [outcome], store=store)
        return Standing(settled[checkout.id].checkout, step.product)


async def _ask(organization_id: UUID, asked: SubscriptionsAsked, subscriptions: Subscriptions) -> KnownSubscriptions:
    bought = await asyncio.gather(*(subscriptions.find(organization_id, each) for each in asked.bought))
    upgraded_id = asked.upgraded_subscription_id
    upgraded = await subscriptions.find(organization_id, upgraded_id) if upgraded_id else None
    # Last, so that it counts all that was found.
    billable = await subscriptions.count_billable(organization_id, asked.customer_id)
    return KnownSubscriptions(frozenset(each.id for each in bought if each is not None and each.has_begun), billable, upgraded)


async def _pay(step: Frozen, confirmation: Confirmation, open_store: OpenStore, payments: Payments) -> Checkout:
    checkout = step.purchase.checkout
    crashpoint("after_freeze_before_payment")
    outcome = await payments.attempt(step.purchase, confirmation.confirmation_token_id or "")
    crashpoint("after_payment_before_settle")
    async with open_store(checkout.organization_id) as store:
        settled = await settle_attempts([AttemptOutcome(checkout.id, checkout.attempt, outcome)], store=store)
    return settled[checkout.id].checkout
