"""A merchant opens a checkout session for somebody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.chassis.ids import new_id
from services.checkout.domain import checkout as rules
from services.checkout.domain.cart import Buyer, Cart, Pages
from services.checkout.domain.checkout import Checkout
from services.checkout.domain.errors import CustomerNotFound, ProductArchived, ProductNotFound
from services.checkout.domain.metadata import Metadata
from services.checkout.domain.product import Product
from services.checkout.usecases.choose import choose, find_discount
from services.checkout.usecases.ports import Store, TaxCalculator, TaxIds
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
    store: Store,
    taxes: TaxCalculator,
    tax_ids: TaxIds,
) -> tuple[Checkout, Product]:
    """The open checkout and its selected product. The errors of the contract's CreateCheckout."""
    organization = await store.organizations.get(organization_id)
    cart = replace(new.cart, currency=new.cart.currency or organization.default_currency)
    await _check_products(cart, store)
    buyer = await known_buyer(new.buyer, store=store)
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
    if buyer.tax_id is not None:
        tax_ids.check(buyer.tax_id, buyer.billing_address.country if buyer.billing_address else "")


async def _check_products(cart: Cart, store: Store) -> None:
    found = await store.products.many(cart.product_ids)
    if len(found) < len(cart.product_ids):
        raise ProductNotFound
    if any(product.terms.is_archived for product in found.values()):
        raise ProductArchived
