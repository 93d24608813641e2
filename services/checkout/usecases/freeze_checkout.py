"""The buyer has said yes: price, discount and tax are fixed, the order exists, and what is to be asked of payments is written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.checkout.domain import checkout as checkouts
from services.checkout.domain.address import missing_parts
from services.checkout.domain.cart import Buyer, Cart
from services.checkout.domain.checkout import Checkout, CheckoutStatus
from services.checkout.domain.customer import Customer
from services.checkout.domain.discount import check_applicable, same_person
from services.checkout.domain.errors import (
    AlreadySubscribed,
    BillingAddressMissing,
    CheckoutExpired,
    CheckoutNotFound,
    CustomerEmailMissing,
    DiscountNotApplicable,
    PaymentMethodMissing,
    ProductArchived,
    RequestIdReused,
    TrialAlreadyUsed,
)
from services.checkout.domain.offer import Offer
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import Attempt, AttemptKind
from services.checkout.domain.product import Product
from services.checkout.domain.settlement import Purchase
from services.checkout.usecases.choose import choose
from services.checkout.usecases.create_checkout import check_buyer
from services.checkout.usecases.ports import Store, TaxCalculator, TaxIds
from services.checkout.usecases.price_cart import Chosen, price_cart
from services.checkout.usecases.settle_attempts import redemption_of
from services.checkout.usecases.take_customer import find_customer, take_customer
from services.checkout.usecases.update_checkout import CheckoutEdit, edited_cart
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
    """First somebody has to say how many subscriptions this customer has; nothing was changed."""

    customer_id: UUID


@dataclass(frozen=True, slots=True)
class _Terms:
    cart: Cart
    buyer: Buyer
    chosen: Chosen
    customer: Customer | None
    offer: Offer


async def freeze_checkout(
    client_secret: str,
    confirmation: Confirmation,
    now: datetime,
    *,
    subscriptions: int | None,
    store: Store,
    taxes: TaxCalculator,
    tax_ids: TaxIds,
) -> Standing | Frozen | SubscriptionsAsked:
    """Confirm under the lock of the checkout. `subscriptions`: how many the customer has, if that was asked already."""
    checkout = await store.checkouts.lock_by_secret(client_secret)
    if checkout is None:
        raise CheckoutNotFound
    if await _is_answered(checkout, confirmation, store):
        return Standing(checkout, await _product(checkout, store))
    if checkouts.is_expired(checkout, now):
        raise CheckoutExpired
    organization = await store.organizations.get(checkout.organization_id)
    terms = await _last_terms(checkout, confirmation.edit, organization, now, store, taxes, tax_ids)
    if subscriptions is None and _must_ask(terms, organization):
        assert terms.customer is not None
        return SubscriptionsAsked(terms.customer.id)
    if subscriptions:
        raise AlreadySubscribed
    await _check_complete(terms, confirmation, organization, store)
    return Frozen(await _confirm(checkout, terms, confirmation, now, store), terms.chosen.product)


async def _is_answered(checkout: Checkout, confirmation: Confirmation, store: Store) -> bool:
    if checkout.attempt:
        earlier = await store.checkouts.attempt_of_request(checkout.id, confirmation.request_id)
        if earlier is not None and earlier.request_hash != confirmation.request_hash:
            raise RequestIdReused
        if earlier is not None:
            return True
    return checkout.status in (CheckoutStatus.CONFIRMED, CheckoutStatus.SUCCEEDED)


async def _product(checkout: Checkout, store: Store) -> Product:
    return (await store.products.many([checkout.cart.product_id]))[checkout.cart.product_id]


async def _last_terms(
    checkout: Checkout,
    edit: CheckoutEdit,
    organization: Organization,
    now: datetime,
    store: Store,
    taxes: TaxCalculator,
    tax_ids: TaxIds,
) -> _Terms:
    cart = await edited_cart(checkout.cart, edit, now, by_buyer=True, store=store)
    buyer = edit.buyer(checkout.buyer)
    check_buyer(buyer, tax_ids)
    pinned = checkout.offer.price.id if cart.product_id == checkout.cart.product_id else None
    chosen = await choose(cart, organization, store=store, pinned_price_id=pinned)
    if pinned is not None and chosen.price.id != pinned:
        # The buyer was shown another price; it is not for sale any more.
        raise ProductArchived
    if cart.discount_id is not None:
        if chosen.discount is None:
            raise DiscountNotApplicable("it has ended")
        check_applicable(chosen.discount, cart.product_id, cart.currency, now)
    offer = price_cart(cart, buyer, chosen, now, taxes=taxes)
    return _Terms(cart, buyer, chosen, await find_customer(buyer, store=store), offer)


def _must_ask(terms: _Terms, organization: Organization) -> bool:
    return terms.customer is not None and terms.offer.recurring is not None and not organization.allow_multiple_subscriptions


async def _check_complete(terms: _Terms, confirmation: Confirmation, organization: Organization, store: Store) -> None:
    buyer, offer = terms.buyer, terms.offer
    email = buyer.email or (terms.customer.details.email if terms.customer else None)
    if not email:
        raise CustomerEmailMissing
    full = buyer.require_billing_address or buyer.is_business
    missing = missing_parts(buyer.billing_address, full=full)
    if missing and (full or offer.attempt_kind is not AttemptKind.NONE):
        raise BillingAddressMissing(missing)
    if offer.attempt_kind is not AttemptKind.NONE and not confirmation.confirmation_token_id:
        raise PaymentMethodMissing
    if offer.trial is not None and organization.prevent_trial_abuse and await store.checkouts.had_trial(same_person(email)):
        raise TrialAlreadyUsed


async def _confirm(checkout: Checkout, terms: _Terms, confirmation: Confirmation, now: datetime, store: Store) -> Purchase:
    customer = await take_customer(terms.customer, terms.buyer, checkout.organization_id, now, store=store)
    details = customer.details
    buyer = replace(
        terms.buyer,
        customer_id=customer.id,
        external_customer_id=details.external_id,
        email=terms.buyer.email or details.email,
    )
    after, fact = checkouts.confirm(
        checkout,
        cart=terms.cart,
        buyer=buyer,
        offer=terms.offer,
        order_id=new_id(),
        subscription_id=new_id(),
        payment_id=new_id(),
        now=now,
    )
    await store.checkouts.save([after])
    store.publish(fact)
    await store.checkouts.add_attempt(_attempt(after, confirmation, now))
    purchase = Purchase(after, await write_order(after, now, is_new=checkout.order_id is None, store=store))
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
