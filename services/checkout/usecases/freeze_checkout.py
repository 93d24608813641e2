"""The buyer has said yes: price, discount and tax are fixed, the order exists, and what is to be asked of payments is written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.checkout.domain import checkout as checkouts
from services.checkout.domain.checkout import Checkout, CheckoutStatus
from services.checkout.domain.errors import CheckoutExpired, CheckoutNotFound, RequestIdReused
from services.checkout.domain.offer import kind_of_attempt
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import Attempt, AttemptKind
from services.checkout.domain.product import Product
from services.checkout.domain.settlement import Purchase
from services.checkout.domain.subscription import KnownSubscriptions
from services.checkout.usecases.agree_terms import Terms, agree_terms, asks_for_subscriptions, check_complete, check_subscriptions
from services.checkout.usecases.lock_balance import lock_balance
from services.checkout.usecases.outside_ports import TaxCalculator, TaxIds
from services.checkout.usecases.ports import Store
from services.checkout.usecases.settle_attempts import redemption_of
from services.checkout.usecases.take_customer import is_named, take_customer
from services.checkout.usecases.update_checkout import CheckoutEdit
from services.checkout.usecases.write_order import write_order


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The buyer's yes."""

    request_id: str
    request_hash: bytes
    confirmation_token_id: str | None
    edit: CheckoutEdit


@dataclass(frozen=True, slots=True)
class Standing:
    """Nothing to do: this is how the checkout stands."""

    checkout: Checkout
    product: Product


@dataclass(frozen=True, slots=True)
class Frozen:
    """Confirmed by this call, with its order."""

    purchase: Purchase
    product: Product


@dataclass(frozen=True, slots=True)
class SubscriptionsAsked:
    """First somebody has to say which subscriptions this customer has; nothing was changed."""

    customer_id: UUID
    bought: tuple[UUID, ...]
    """Subscriptions that were sold to this customer."""
    upgraded_subscription_id: UUID | None


async def freeze_checkout(
    client_secret: str,
    confirmation: Confirmation,
    now: datetime,
    *,
    subscriptions: KnownSubscriptions | None,
    store: Store,
    taxes: TaxCalculator,
    tax_ids: TaxIds,
) -> Standing | Frozen | SubscriptionsAsked:
    """Confirm under the lock of the checkout. `subscriptions`: what the customer has, if that was asked already."""
    checkout = await store.checkouts.lock_by_secret(client_secret)
    if checkout is None:
        raise CheckoutNotFound
    if await _is_answered(checkout, confirmation, store):
        return Standing(checkout, await _product(checkout, store))
    if checkouts.is_expired(checkout, now):
        raise CheckoutExpired
    organization = await store.organizations.get(checkout.organization_id)
    terms = await agree_terms(checkout, confirmation.edit, organization, now, store, taxes, tax_ids)
    if terms.customer is not None and asks_for_subscriptions(terms, organization):
        if subscriptions is None:
            return await _asked(terms.customer.id, terms.cart.upgraded_subscription_id, organization, store)
        await check_subscriptions(terms, terms.customer, subscriptions, organization, store)
    balance = 0
    if terms.customer is not None and is_named(terms.buyer, terms.customer):
        balance = await lock_balance(terms.customer, terms.cart.currency, store=store)
    kind = kind_of_attempt(terms.offer, balance, brings_card=bool(confirmation.confirmation_token_id))
    await check_complete(terms, kind, confirmation.confirmation_token_id, organization, store)
    return Frozen(await _confirm(checkout, terms, confirmation, kind, balance, now, store), terms.chosen.product)


async def _is_answered(checkout: Checkout, confirmation: Confirmation, store: Store) -> bool:
    if checkout.attempt:
        earlier = await store.checkouts.attempt_of_request(checkout.id, confirmation.request_id)
        if earlier is not None and earlier.request_hash != confirmation.request_hash:
            raise RequestIdReused
        if earlier is not None:
            return True
    return checkout.status in (CheckoutStatus.CONFIRMED, CheckoutStatus.SUCCEEDED)


async def _asked(customer_id: UUID, upgraded_id: UUID | None, organization: Organization, store: Store) -> SubscriptionsAsked:
    counts = not organization.allow_multiple_subscriptions
    purchases = await store.checkouts.subscription_purchases(customer_id) if counts else []
    return SubscriptionsAsked(customer_id, tuple(dict.fromkeys(each.subscription_id for each in purchases)), upgraded_id)


async def _product(checkout: Checkout, store: Store) -> Product:
    return (await store.products.many([checkout.cart.product_id]))[checkout.cart.product_id]


async def _confirm(
    checkout: Checkout, terms: Terms, confirmation: Confirmation, kind: AttemptKind, balance: int, now: datetime, store: Store
) -> Purchase:
    customer = await take_customer(terms.customer, terms.buyer, checkout.organization_id, now, store=store)
    details = customer.details
    buyer = replace(terms.buyer, customer_id=customer.id, external_customer_id=details.external_id, email=details.email)
    after, fact = checkouts.confirm(
        checkout,
        cart=terms.cart,
        buyer=buyer,
        offer=terms.offer,
        order_id=new_id(),
        subscription_id=terms.cart.upgraded_subscription_id or new_id(),
        payment_id=new_id(),
        attempt_kind=kind,
        now=now,
    )
    await store.checkouts.save([after])
    store.publish(fact)
    await store.checkouts.add_attempt(_attempt(after, confirmation, now))
    purchase = Purchase(after, await write_order(after, balance, now, is_new=checkout.order_id is None, store=store))
    if terms.offer.discount is not None:
        await store.discounts.redeem(redemption_of(purchase, now))
    return purchase


def _attempt(checkout: Checkout, confirmation: Confirmation, now: datetime) -> Attempt:
    assert checkout.payment_id is not None
    return Attempt(
        checkout_id=checkout.id,
        organization_id=checkout.organization_id,
        attempt=checkout.attempt,
        kind=checkout.attempt_kind,
        payment_id=checkout.payment_id,
        request_id=confirmation.request_id,
        request_hash=confirmation.request_hash,
        created_at=now,
    )
