"""A customer gets a subscription of a free product, without a checkout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chassis.metadata import MetadataValue
from services.pricing.price import SeatBasedPrice, UnitBasedPrice, is_free
from services.subscription.domain.catalog import CatalogProduct
from services.subscription.domain.change_errors import AlreadySubscribed, ProductNotFree
from services.subscription.domain.change_target import counted_price, offered
from services.subscription.domain.organization import Organization
from services.subscription.domain.seat import Holder
from services.subscription.domain.seat_errors import CustomerNotFound
from services.subscription.domain.start import Purchase, started
from services.subscription.domain.subscription import Subscription, Terms
from services.subscription.usecases.ports import Store


@dataclass(frozen=True, slots=True)
class FreeSubscription:
    """What is asked for."""

    id: UUID
    organization_id: UUID
    product: CatalogProduct
    customer: Holder
    metadata: Mapping[str, MetadataValue]


async def create_subscription(asked: FreeSubscription, now: datetime, *, store: Store) -> Subscription:
    """The active subscription. ProductArchived, ProductNotRecurring, ProductNotFree, CustomerNotFound, AlreadySubscribed."""
    organization = await store.organizations.get(asked.organization_id)
    terms = _terms(asked.product, organization)
    assert asked.customer.customer_id is not None
    key = (asked.organization_id, asked.customer.customer_id)
    known = (await store.customers.lock({key}))[key]
    if known.deleted_at is not None:
        raise CustomerNotFound
    if not organization.allow_multiple_subscriptions and await store.subscriptions.count_billable(*key):
        raise AlreadySubscribed
    purchase = Purchase(
        subscription_id=asked.id,
        organization_id=asked.organization_id,
        customer_id=asked.customer.customer_id,
        external_customer_id=asked.customer.external_customer_id or known.external_id,
        checkout_id=None,
        terms=terms,
        started_at=now,
        trial_end=None,
        metadata=asked.metadata,
    )
    change = started(purchase, now)
    await store.subscriptions.add([change.after])
    store.publisher.publish([change])
    return change.after


def _terms(product: CatalogProduct, organization: Organization) -> Terms:
    """What is free, in the organization's currency; with the fewest seats or units that are sold."""
    currency = organization.default_currency
    if product.prices and not product.prices_in(currency):
        currency = product.prices[0].currency
    if any(price.is_custom for price in product.prices_in(currency)):
        raise ProductNotFree
    recurrence, prices = offered(product, currency, organization.time_zone)
    if not all(is_free(price.amount) for price in prices):
        raise ProductNotFree
    seats, units = counted_price(prices, SeatBasedPrice), counted_price(prices, UnitBasedPrice)
    return Terms(
        product_id=product.id,
        product_name=product.name,
        currency=currency,
        recurrence=recurrence,
        prices=prices,
        tax_behavior=next((price.tax_behavior for price in prices if price.tax_behavior), organization.default_tax_behavior),
        seats=seats.minimum_seats if seats else None,
        units=units.minimum_units if units else None,
    )
