"""A merchant opens a checkout session for somebody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.checkout.domain import checkout as rules
from services.checkout.domain.cart import Buyer, Cart, Pages
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.errors import (
    CustomerNotFound,
    ProductArchived,
    ProductNotFound,
    ProductNotRecurring,
    SubscriptionNotFound,
    TaxIdInvalid,
    TrialNeedsRecurring,
)
from services.checkout.domain.metadata import Metadata
from services.checkout.domain.product import Product
from services.checkout.domain.quantity import check_bounds
from services.checkout.domain.subscription import StandingSubscription, check_upgradable
from services.checkout.usecases.choose import choose, find_discount
from services.checkout.usecases.outside_ports import TaxCalculator, TaxIds
from services.checkout.usecases.ports import Store
from services.checkout.usecases.price_cart import price_cart


@dataclass(frozen=True, slots=True)
class NewCheckout:
    """What the merchant asks for. An empty currency takes the organization's."""

    cart: Cart
    buyer: Buyer
    pages: Pages
    metadata: Metadata


async def create_checkout(
    organization_id: UUID,
    new: NewCheckout,
    client_secret: str,
    now: datetime,
    *,
    upgraded: StandingSubscription | None,
    store: Store,
    taxes: TaxCalculator,
    tax_ids: TaxIds,
) -> tuple[Checkout, Product]:
    """The open checkout and its selected product. `upgraded`: the subscription that the cart names to be upgraded, if there is one.

    The errors of the contract's CreateCheckout.
    """
    organization = await store.organizations.get(organization_id)
    cart = replace(new.cart, currency=new.cart.currency or organization.default_currency)
    await _check_products(cart, store)
    buyer = await known_buyer(new.buyer, store=store)
    if cart.upgraded_subscription_id is not None:
        cart, buyer = _upgrading(cart, buyer, upgraded)
        buyer = await known_buyer(buyer, store=store)
    check_buyer(buyer, tax_ids)
    discount = await find_discount(cart, store=store, now=now)
    cart = replace(cart, discount_id=discount.id if discount else None, discount_code=discount.terms.code if discount else None)
    chosen = await choose(cart, organization, store=store)
    offer = price_cart(cart, buyer, chosen, now, taxes=taxes)
    checkout, fact = rules.create(
        new_id(), organization_id, client_secret, cart=cart, buyer=buyer, offer=offer, pages=new.pages, metadata=new.metadata, now=now
    )
    await store.checkouts.add(checkout)
    store.publish(fact)
    return checkout, chosen.product


async def known_buyer(buyer: Buyer, *, store: Store) -> Buyer:
    """The buyer with what is known of the customer they are; what they said themselves counts. CustomerNotFound."""
    if buyer.customer_id is not None:
        customer = await store.customers.get(buyer.customer_id)
        if customer is None or customer.deleted_at is not None:
            raise CustomerNotFound
    elif buyer.external_customer_id is not None:
        customer = await store.customers.by_external_id(buyer.external_customer_id)
    else:
        return buyer
    if customer is None:
        return buyer
    details = customer.details
    return replace(
        buyer,
        customer_id=customer.id,
        external_customer_id=details.external_id,
        name=buyer.name or details.name,
        email=buyer.email or details.email,
        billing_name=buyer.billing_name or details.billing_name,
        billing_address=buyer.billing_address or details.billing_address,
        tax_id=buyer.tax_id or (details.tax_id if buyer.is_business else None),
        locale=buyer.locale or details.locale,
    )


def check_buyer(buyer: Buyer, tax_ids: TaxIds) -> None:
    """TaxIdInvalid unless the tax id is one of the billing address's country."""
    if buyer.tax_id is None:
        return
    country = buyer.billing_address.country if buyer.billing_address else ""
    try:
        tax_ids.check(buyer.tax_id, country)
    except TaxIdInvalid:
        raise TaxIdInvalid(country, "customer_tax_id") from None


async def _check_products(cart: Cart, store: Store) -> None:
    found = await store.products.many(cart.product_ids)
    if len(found) < len(cart.product_ids):
        raise ProductNotFound
    if any(product.terms.is_archived for product in found.values()):
        raise ProductArchived
    if cart.trial_override is not None and all(product.terms.recurring is None for product in found.values()):
        raise TrialNeedsRecurring
    if cart.upgraded_subscription_id is not None and any(product.terms.recurring is None for product in found.values()):
        raise ProductNotRecurring
    check_bounds(cart, [price for product in found.values() for price in product.active_prices])


def _upgrading(cart: Cart, buyer: Buyer, upgraded: StandingSubscription | None) -> tuple[Cart, Buyer]:
    """The subscription's customer buys, and keeps the seats that may be assigned already."""
    if buyer.customer_id is None and buyer.external_customer_id is not None:
        # Somebody who is no customer yet.
        raise SubscriptionNotFound
    subscription = check_upgradable(upgraded, buyer.customer_id)
    if subscription.seats is not None:
        cart = replace(cart, seats=replace(cart.seats, minimum=max(subscription.seats, cart.seats.minimum or 1)))
    return cart, replace(buyer, customer_id=subscription.customer_id, is_named=True)
