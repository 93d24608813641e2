"""Something that a merchant sells, once or again and again. Archived products are no longer sold; what was sold goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.checkout.domain.errors import (
    CurrencyNotOffered,
    PriceCombinationInvalid,
    PriceCurrencyMissing,
    PriceNotFound,
    ProductArchived,
    TrialNeedsRecurring,
    UnitPriceNeedsRecurring,
)
from services.checkout.domain.interval import Interval
from services.checkout.domain.metadata import Metadata
from services.checkout.domain.price import Price, PriceTerms, completed
from services.pricing.price import CustomPrice, FixedPrice, SeatBasedPrice, UnitBasedPrice

# What a currency may be sold by; prices of usage, once there are any, go beside each of these.
_COMBINATIONS = frozenset(
    {
        frozenset({CustomPrice}),
        frozenset({FixedPrice}),
        frozenset({SeatBasedPrice}),
        frozenset({UnitBasedPrice}),
        frozenset({FixedPrice, SeatBasedPrice}),
        frozenset({FixedPrice, UnitBasedPrice}),
    }
)


class Visibility(StrEnum):
    """Who is shown a product."""

    PUBLIC = "public"
    PRIVATE = "private"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """A product as the merchant describes it."""

    name: str
    description: str | None
    visibility: Visibility
    is_archived: bool
    recurring: Interval | None
    """None: sold once. Cannot change."""
    trial: Interval | None
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Product:
    """A product with all its prices, archived ones too."""

    id: UUID
    organization_id: UUID
    terms: ProductTerms
    prices: tuple[Price, ...]
    version: int
    created_at: datetime
    modified_at: datetime

    @property
    def active_prices(self) -> tuple[Price, ...]:
        """What it is sold for now."""
        return tuple(price for price in self.prices if not price.is_archived)


@dataclass(frozen=True, slots=True)
class ProductCreated:
    """A product is on offer."""

    product: Product


@dataclass(frozen=True, slots=True)
class ProductUpdated:
    """A product is described or priced differently."""

    product: Product


def create(
    product_id: UUID,
    organization_id: UUID,
    terms: ProductTerms,
    prices: Sequence[PriceTerms],
    *,
    price_ids: Sequence[UUID],
    default_currency: str,
    now: datetime,
) -> tuple[Product, ProductCreated]:
    """A new product. `price_ids` are fresh ids, one for each price. PriceNotFound if one says that it is there."""
    _check_terms(terms)
    if any(price.id is not None for price in prices):
        raise PriceNotFound
    made = tuple(
        _made(price, product_id, price_id, default_currency, now, at=f"prices[{index}]")
        for index, (price, price_id) in enumerate(zip(prices, price_ids, strict=True))
    )
    _check_combination(made, terms, default_currency)
    product = Product(product_id, organization_id, terms, made, 1, now, now)
    return product, ProductCreated(product)


def update(
    product: Product,
    terms: ProductTerms,
    prices: Sequence[PriceTerms] | None,
    *,
    price_ids: Sequence[UUID],
    default_currency: str,
    now: datetime,
) -> tuple[Product, ProductUpdated]:
    """The product described by `terms`. `prices` is the full list: those with an id stay, the others are archived or new."""
    _check_terms(terms)
    all_prices = product.prices
    if prices is not None:
        all_prices = _repriced(product, prices, price_ids, default_currency, now)
        _check_combination([price for price in all_prices if not price.is_archived], terms, default_currency)
    after = replace(product, terms=terms, prices=all_prices, version=product.version + 1, modified_at=now)
    return after, ProductUpdated(after)


def prices_in(product: Product, currency: str) -> tuple[Price, ...]:
    """What a sale in `currency` sells, all of them at once. ProductArchived, CurrencyNotOffered."""
    if product.terms.is_archived:
        raise ProductArchived
    prices = tuple(price for price in product.active_prices if price.currency == currency)
    if not prices:
        raise CurrencyNotOffered(currency)
    return prices


def _repriced(
    product: Product, prices: Sequence[PriceTerms], price_ids: Sequence[UUID], default_currency: str, now: datetime
) -> tuple[Price, ...]:
    kept = {price.id for price in prices if price.id is not None}
    if not kept <= {price.id for price in product.active_prices}:
        raise PriceNotFound
    old = tuple(price if price.id in kept else replace(price, is_archived=True) for price in product.prices)
    fresh = tuple(
        _made(price, product.id, price_id, default_currency, now, at=f"prices[{index}]")
        for index, (price, price_id) in enumerate(zip(prices, price_ids, strict=True))
        if price.id is None
    )
    return old + fresh


def _made(terms: PriceTerms, product_id: UUID, price_id: UUID, default_currency: str, now: datetime, *, at: str) -> Price:
    currency = terms.currency or default_currency
    if terms.amount is None:
        raise PriceCombinationInvalid("every price needs its kind: fixed, custom, seat_based or unit_based", at)
    return Price(price_id, product_id, currency, completed(terms.amount, currency, at=at), terms.tax_behavior, False, now)


def _check_terms(terms: ProductTerms) -> None:
    if terms.trial is not None and terms.recurring is None:
        raise TrialNeedsRecurring


def _check_combination(prices: Sequence[Price], terms: ProductTerms, default_currency: str) -> None:
    by_currency: dict[str, list[Price]] = {}
    for price in prices:
        by_currency.setdefault(price.currency, []).append(price)
    if default_currency not in by_currency:
        raise PriceCurrencyMissing(default_currency)
    for currency, own in by_currency.items():
        kinds = frozenset(type(price.amount) for price in own)
        if kinds not in _COMBINATIONS or len(kinds) < len(own):
            raise PriceCombinationInvalid(
                f"{currency}: a currency has a fixed price, one by seats or units, or both; or a custom one alone"
            )
        if len({price.tax_behavior for price in own}) > 1:
            raise PriceCombinationInvalid(f"{currency}: the prices of one currency have the same tax_behavior")
    if len({frozenset(type(price.amount) for price in own) for own in by_currency.values()}) > 1:
        raise PriceCombinationInvalid("every currency has the same kinds of price")
    if terms.recurring is None and any(isinstance(price.amount, UnitBasedPrice) for price in prices):
        raise UnitPriceNeedsRecurring("recurring_interval")
