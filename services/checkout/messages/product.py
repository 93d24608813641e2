"""Products and prices as messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bursar.checkout.v1 import product_pb2, product_service_pb2

from services.chassis.enums import number_of
from services.chassis.field_mask import checked_paths
from services.chassis.metadata import read_metadata, write_metadata
from services.chassis.validation import stripped
from services.checkout.domain.interval import Interval
from services.checkout.domain.price import Price, PriceTerms
from services.checkout.domain.product import Product, ProductTerms, Visibility
from services.checkout.messages.price_amount import amount_from_proto, set_amount
from services.checkout.messages.types import (
    behavior_from_proto,
    behavior_to_proto,
    enum_from_proto,
    id_of,
    interval_unit_to_proto,
    recurring_from_proto,
    set_time,
    text_of,
    trial_from_proto,
)

_PATHS = ("name", "description", "visibility", "is_archived", "trial_interval", "trial_interval_count", "prices", "metadata")


def product_to_proto(product: Product) -> product_pb2.Product:
    terms = product.terms
    message = product_pb2.Product(
        id=str(product.id),
        organization_id=str(product.organization_id),
        name=terms.name,
        description=terms.description,
        visibility=number_of(product_pb2.ProductVisibility, terms.visibility),
        is_archived=terms.is_archived,
        is_recurring=terms.recurring is not None,
        recurring_interval=interval_unit_to_proto(terms.recurring),
        recurring_interval_count=terms.recurring.count if terms.recurring else 0,
        trial_interval=interval_unit_to_proto(terms.trial),
        trial_interval_count=terms.trial.count if terms.trial else 0,
        prices=[price_to_proto(price) for price in product.active_prices],
        version=product.version,
    )
    set_time(message.created_at, product.created_at)
    set_time(message.modified_at, product.modified_at)
    write_metadata(terms.metadata, message.metadata)
    return message


def price_to_proto(price: Price) -> product_pb2.ProductPrice:
    message = product_pb2.ProductPrice(
        id=str(price.id),
        product_id=str(price.product_id),
        price_currency=price.currency,
        is_archived=price.is_archived,
        tax_behavior=behavior_to_proto(price.tax_behavior),
    )
    set_amount(message, price.amount)
    set_time(message.created_at, price.created_at)
    return message


def product_terms(request: product_service_pb2.CreateProductRequest) -> ProductTerms:
    return ProductTerms(
        name=stripped(request.name, "name", shortest=3),
        description=text_of(request, "description"),
        visibility=_visibility(request.visibility),
        is_archived=False,
        recurring=recurring_from_proto(request.recurring_interval, request.recurring_interval_count),
        trial=trial_from_proto(request.trial_interval, request.trial_interval_count),
        metadata=read_metadata(request.metadata),
    )


def price_terms(message: product_service_pb2.PriceInput) -> PriceTerms:
    return PriceTerms(message.price_currency, amount_from_proto(message), behavior_from_proto(message.tax_behavior), id_of(message, "id"))


def product_edit(request: product_service_pb2.UpdateProductRequest) -> Callable[[ProductTerms], ProductTerms]:
    """What the fields named in the mask do to a product."""
    paths = checked_paths(request.update_mask, _PATHS)

    def edit(terms: ProductTerms) -> ProductTerms:
        if "name" in paths:
            terms = replace(terms, name=stripped(request.name, "name", shortest=3))
        if "description" in paths:
            terms = replace(terms, description=text_of(request, "description"))
        if "visibility" in paths:
            terms = replace(terms, visibility=_visibility(request.visibility))
        if "is_archived" in paths:
            terms = replace(terms, is_archived=request.is_archived)
        if "trial_interval" in paths or "trial_interval_count" in paths:
            terms = replace(terms, trial=_edited_trial(terms, request, paths))
        if "metadata" in paths:
            terms = replace(terms, metadata=read_metadata(request.metadata))
        return terms

    return edit


def edited_prices(request: product_service_pb2.UpdateProductRequest) -> list[PriceTerms] | None:
    """The full list of prices, or None if the mask leaves them alone."""
    return [price_terms(price) for price in request.prices] if "prices" in request.update_mask.paths else None


def _edited_trial(terms: ProductTerms, request: product_service_pb2.UpdateProductRequest, paths: frozenset[str]) -> Interval | None:
    unit = request.trial_interval if "trial_interval" in paths else interval_unit_to_proto(terms.trial)
    count = request.trial_interval_count if "trial_interval_count" in paths else (terms.trial.count if terms.trial else 0)
    return trial_from_proto(unit, count)


def _visibility(number: int) -> Visibility:
    return enum_from_proto(Visibility, product_pb2.ProductVisibility, number) or Visibility.PUBLIC
