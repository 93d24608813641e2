"""The last terms before a yes: what is bought, by whom, whether anything is missing or forbids it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.checkout.domain.address import missing_parts
from services.checkout.domain.cart import Buyer, Cart, as_typed
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
    SubscriptionNotFree,
    TrialAlreadyUsed,
)
from services.checkout.domain.offer import Offer
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import AttemptKind
from services.checkout.domain.subscription import KnownSubscriptions, check_upgradable, is_subscribing, is_upgrading
from services.checkout.usecases.checkout_ports import TrialTrait
from services.checkout.usecases.choose import choose
from services.checkout.usecases.create_checkout import check_buyer
from services.checkout.usecases.outside_ports import TaxCalculator, TaxIds
from services.checkout.usecases.ports import Store
from services.checkout.usecases.price_cart import Chosen, price_cart
from services.checkout.usecases.take_customer import find_customer
from services.checkout.usecases.update_checkout import CheckoutEdit, edited_cart


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
    buyer = as_typed(edit.buyer(checkout.buyer))
    check_buyer(buyer, tax_ids)
    shown = [price.id for price in checkout.offer.prices] if cart.product_id == checkout.cart.product_id else []
    chosen = await choose(cart, organization, store=store, shown=shown)
    if shown and [price.id for price in chosen.prices] != shown:
        # The buyer was shown other prices; they are not for sale any more.
        raise ProductArchived
    if cart.discount_id is not None:
        if chosen.discount is None:
            raise DiscountNotApplicable("it has ended")
        check_applicable(chosen.discount, cart.product_id, cart.currency, now)
    offer = price_cart(cart, buyer, chosen, now, taxes=taxes)
    return Terms(cart, buyer, chosen, await find_customer(buyer, store=store), offer)


def asks_for_subscriptions(terms: Terms, organization: Organization) -> bool:
    """Whether what the customer already has decides: it sells a subscription to somebody who may have only one, or upgrades one."""
    is_alone = terms.offer.recurring is not None and not organization.allow_multiple_subscriptions
    return is_alone or terms.cart.upgraded_subscription_id is not None


async def check_subscriptions(
    terms: Terms, customer: Customer, known: KnownSubscriptions, organization: Organization, store: Store
) -> None:
    """AlreadySubscribed if the customer has another subscription, or is about to; SubscriptionNotFound, SubscriptionNotFree."""
    # The lock makes two purchases of one customer wait for each other; the later one sees the earlier, which may not have
    # become a subscription by the time it was asked for.
    await store.customers.lock(customer.id)
    others, upgraded_id = known.billable, terms.cart.upgraded_subscription_id
    if upgraded_id is not None:
        check_upgradable(known.upgraded, customer.id)
        others -= 1
    is_alone = not organization.allow_multiple_subscriptions
    if is_alone and (others or is_subscribing(await store.checkouts.subscription_purchases(customer.id), known)):
        raise AlreadySubscribed
    if upgraded_id is not None and is_upgrading(await store.checkouts.purchases_of_subscription(upgraded_id), known.upgraded):
        raise SubscriptionNotFree


async def check_complete(
    terms: Terms, kind: AttemptKind, confirmation_token_id: str | None, organization: Organization, store: Store
) -> None:
    """CustomerEmailMissing, BillingAddressMissing, PaymentMethodMissing, TrialAlreadyUsed. `kind`: what is asked of payments."""
    buyer, offer = terms.buyer, terms.offer
    # Whoever the merchant named is known by the customer's own address, whatever they typed.
    email = terms.customer.details.email if terms.customer else buyer.email
    if not email:
        raise CustomerEmailMissing
    full = buyer.require_billing_address or buyer.is_business
    missing = missing_parts(buyer.billing_address, full=full)
    if missing and (full or kind is not AttemptKind.NONE):
        raise BillingAddressMissing(missing)
    if kind is not AttemptKind.NONE and not confirmation_token_id:
        raise PaymentMethodMissing
    if offer.trial is not None and organization.prevent_trial_abuse:
        person = TrialTrait(organization.id, same_person(email))
        await store.trials.lock([person])
        if await store.trials.had(organization.id, person.text):
            raise TrialAlreadyUsed
