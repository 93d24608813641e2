"""Discounts as messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from bursar.checkout.v1 import discount_pb2, discount_service_pb2

from services.chassis.enums import number_of
from services.chassis.errors import Invalid
from services.chassis.field_mask import checked_paths
from services.chassis.ids import parse_id
from services.chassis.metadata import read_metadata, write_metadata
from services.chassis.validation import stripped
from services.checkout.domain.discount import (
    AppliedDiscount,
    Discount,
    DiscountDuration,
    DiscountTerms,
)
from services.checkout.domain.errors import DiscountDurationInvalid
from services.checkout.messages.types import enum_from_proto, set_time, text_of, time_of
from services.pricing.reduction import FixedReduction, Percentage, Reduction

_PATHS = (
    "name",
    "code",
    "percentage",
    "fixed",
    "duration_in_months",
    "starts_at",
    "ends_at",
    "max_redemptions",
    "max_redemptions_per_customer",
    "product_ids",
    "metadata",
)
_Request = discount_service_pb2.CreateDiscountRequest | discount_service_pb2.UpdateDiscountRequest


def discount_to_proto(discount: Discount) -> discount_pb2.Discount:
    terms = discount.terms
    message = discount_pb2.Discount(
        id=str(discount.id),
        organization_id=str(discount.organization_id),
        name=terms.name,
        code=terms.code,
        duration=_duration_to_proto(terms.duration),
        duration_in_months=terms.duration_in_months,
        max_redemptions=terms.max_redemptions,
        max_redemptions_per_customer=terms.max_redemptions_per_customer,
        redemptions_count=discount.redemptions_count,
        product_ids=[str(product_id) for product_id in terms.product_ids],
        version=discount.version,
    )
    _set_reduction(message, terms.reduction)
    set_time(message.starts_at, terms.starts_at)
    set_time(message.ends_at, terms.ends_at)
    set_time(message.created_at, discount.created_at)
    set_time(message.modified_at, discount.modified_at)
    write_metadata(terms.metadata, message.metadata)
    return message


def applied_discount_to_proto(discount: AppliedDiscount | None) -> discount_pb2.AppliedDiscount | None:
    if discount is None:
        return None
    message = discount_pb2.AppliedDiscount(
        discount_id=str(discount.discount_id),
        duration=_duration_to_proto(discount.duration),
        duration_in_months=discount.duration_in_months,
    )
    _set_reduction(message, discount.reduction)
    return message


def applied_discount_from_proto(message: discount_pb2.AppliedDiscount) -> AppliedDiscount:
    return AppliedDiscount(
        parse_id(message.discount_id, "discount.discount_id"),
        _reduction(message),
        enum_from_proto(DiscountDuration, discount_pb2.DiscountDuration, message.duration) or DiscountDuration.ONCE,
        _optional(message, "duration_in_months"),
    )


def discount_terms(request: discount_service_pb2.CreateDiscountRequest) -> DiscountTerms:
    duration = enum_from_proto(DiscountDuration, discount_pb2.DiscountDuration, request.duration)
    if duration is None:
        raise DiscountDurationInvalid
    return DiscountTerms(
        name=stripped(request.name, "name"),
        code=text_of(request, "code"),
        reduction=_reduction(request),
        duration=duration,
        duration_in_months=_optional(request, "duration_in_months"),
        starts_at=time_of(request, "starts_at"),
        ends_at=time_of(request, "ends_at"),
        max_redemptions=_optional(request, "max_redemptions"),
        max_redemptions_per_customer=_optional(request, "max_redemptions_per_customer"),
        product_ids=tuple(UUID(product_id) for product_id in request.product_ids),
        metadata=read_metadata(request.metadata),
    )


def discount_edit(request: discount_service_pb2.UpdateDiscountRequest) -> Callable[[DiscountTerms], DiscountTerms]:
    """What the fields named in the mask do to a discount."""
    paths = checked_paths(request.update_mask, _PATHS)
    for kind in ("percentage", "fixed"):
        if kind in paths and request.WhichOneof("type") != kind:
            raise Invalid("FIELD_INVALID", "say what it takes off; its kind cannot change", field=kind)

    def edit(terms: DiscountTerms) -> DiscountTerms:
        if "name" in paths:
            terms = replace(terms, name=stripped(request.name, "name"))
        if "code" in paths:
            terms = replace(terms, code=text_of(request, "code"))
        if "percentage" in paths or "fixed" in paths:
            terms = replace(terms, reduction=_reduction(request))
        if "product_ids" in paths:
            terms = replace(terms, product_ids=tuple(UUID(product_id) for product_id in request.product_ids))
        if "metadata" in paths:
            terms = replace(terms, metadata=read_metadata(request.metadata))
        return _with_limits(_with_dates(terms, request, paths), request, paths)

    return edit


def _with_dates(terms: DiscountTerms, request: discount_service_pb2.UpdateDiscountRequest, paths: frozenset[str]) -> DiscountTerms:
    if "starts_at" in paths:
        terms = replace(terms, starts_at=time_of(request, "starts_at"))
    if "ends_at" in paths:
        terms = replace(terms, ends_at=time_of(request, "ends_at"))
    return terms


def _with_limits(terms: DiscountTerms, request: discount_service_pb2.UpdateDiscountRequest, paths: frozenset[str]) -> DiscountTerms:
    if "duration_in_months" in paths:
        terms = replace(terms, duration_in_months=_optional(request, "duration_in_months"))
    if "max_redemptions" in paths:
        terms = replace(terms, max_redemptions=_optional(request, "max_redemptions"))
    if "max_redemptions_per_customer" in paths:
        terms = replace(terms, max_redemptions_per_customer=_optional(request, "max_redemptions_per_customer"))
    return terms


def _reduction(request: _Request | discount_pb2.AppliedDiscount) -> Reduction:
    if request.HasField("fixed"):
        return FixedReduction(dict(request.fixed.amounts))
    return Percentage(request.percentage.basis_points)


def _set_reduction(message: discount_pb2.Discount | discount_pb2.AppliedDiscount, reduction: Reduction) -> None:
    if isinstance(reduction, Percentage):
        message.percentage.basis_points = reduction.basis_points
    else:
        message.fixed.amounts.update(reduction.amounts)


def _duration_to_proto(duration: DiscountDuration) -> discount_pb2.DiscountDuration.ValueType:
    return number_of(discount_pb2.DiscountDuration, duration)


def _optional(request: _Request | discount_pb2.AppliedDiscount, field: str) -> int | None:
    return getattr(request, field) if request.HasField(field) else None  # type: ignore[arg-type]
