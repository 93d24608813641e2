"""The last terms before a yes: what is bought, by whom, whether anything is missing or forbids it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.checkout.domain.address import missing_parts
from services.checkout.domain.cart import Buyer, Cart
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.customer import Customer
from services.checkout.domain.discount import check_applicable, same_person
from services.checkout.domain.errors import (
    AlreadySubscribed,
    BillingAddressMissing,
    CustomerEmailMissing,
    DiscountNotApplicable,
    PaymentMethodMissing,
    ProductArchived,
    TrialAlreadyUsed,
)
from services.checkout.domain.offer import Offer
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import AttemptKind
from services.checkout.usecases.choose import choose
from services.checkout.usecases.create_checkout import check_buyer
from services.checkout.usecases.ports import Store, TaxCalculator, TaxIds
from services.checkout.usecases.price_cart import Chosen, price_cart
from services.checkout.usecases.take_customer import find_customer
from services.checkout.usecases.update_checkout import CheckoutEdit, edited_cart

_STARTING = timedelta(seconds=10)
"""Longer than a subscription takes from the purchase to its first row."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Who buys what, and for how much."""

    cart: Cart
    buyer: Buyer
    chosen: Chosen
    customer: Customer | None
    offer: Offer


async def agree_terms(
    checkout: Checkout,
    edit: CheckoutEdit,
    organization: Organization,
    now: datetime,
    store: Store,
    taxes: TaxCalculator,
    tax_ids: TaxIds,
) -> Terms:
    """The terms with the last edit. A discount must apply, and the price must be the one that the buyer was shown."""
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
    return Terms(cart, buyer, chosen, await find_customer(buyer, store=store), offer)


def allows_one_subscription(terms: Terms, organization: Organization) -> bool:
    """Whether it sells a subscription to somebody who may have only one."""
    return terms.offer.recurring is not None and not organization.allow_multiple_subscriptions


async def check_not_subscribed(customer: Customer, subscriptions: int, now: datetime, store: Store) -> None:
    """AlreadySubscribed if the customer has a subscription, or is about to."""
    # The lock makes two purchases of one customer wait for each other; the later one sees the earlier, which may not have
    # become a subscription yet.
    await store.customers.lock(customer.id)
    if subscriptions or await store.checkouts.is_subscribing(customer.id, now - _STARTING):
        raise AlreadySubscribed


async def check_complete(terms: Terms, confirmation_token_id: str | None, organization: Organization, store: Store) -> None:
    """CustomerEmailMissing, BillingAddressMissing, PaymentMethodMissing, TrialAlreadyUsed."""
    buyer, offer = terms.buyer, terms.offer
    email = buyer.email or (terms.customer.details.email if terms.customer else None)
    if not email:
        raise CustomerEmailMissing
    full = buyer.require_billing_address or buyer.is_business
    missing = missing_parts(buyer.billing_address, full=full)
    if missing and (full or offer.attempt_kind is not AttemptKind.NONE):
        raise BillingAddressMissing(missing)
    if offer.attempt_kind is not AttemptKind.NONE and not confirmation_token_id:
        raise PaymentMethodMissing
    if offer.trial is not None and organization.prevent_trial_abuse and await store.checkouts.had_trial(same_person(email)):
        raise TrialAlreadyUsed
