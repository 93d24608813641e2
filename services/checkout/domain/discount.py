"""A reduction of a price, by code or by API, for one billed order, for some months or for ever."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.chassis.money import Money
from services.checkout.domain.errors import (
    DiscountDatesInvalid,
    DiscountDurationInvalid,
    DiscountExhausted,
    DiscountNotApplicable,
    DiscountRedeemed,
)
from services.checkout.domain.metadata import Metadata
from services.pricing.reduction import WHOLE, FixedReduction, Percentage, Reduction


class DiscountDuration(StrEnum):
    """How many billed orders a discount reduces."""

    ONCE = "once"
    REPEATING = "repeating"
    FOREVER = "forever"


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """A discount as the merchant describes it."""

    name: str
    code: str | None
    """Without a code only the API applies it."""
    reduction: Reduction
    duration: DiscountDuration
    duration_in_months: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    max_redemptions: int | None
    max_redemptions_per_customer: int | None
    product_ids: tuple[UUID, ...]
    """Empty: all products."""
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount and how often it was redeemed."""

    id: UUID
    organization_id: UUID
    terms: DiscountTerms
    redemptions_count: int
    version: int
    deleted_at: datetime | None
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    """A discount as it was when it was redeemed."""

    discount_id: UUID
    reduction: Reduction
    duration: DiscountDuration
    duration_in_months: int | None

    @property
    def makes_free_for_ever(self) -> bool:
        """Whether nothing will ever be charged."""
        return self.duration is DiscountDuration.FOREVER and self.reduction == Percentage(WHOLE)


@dataclass(frozen=True, slots=True)
class DiscountCreated:
    """A discount is to be had."""

    discount: Discount


@dataclass(frozen=True, slots=True)
class DiscountUpdated:
    """A discount is described differently."""

    discount: Discount


@dataclass(frozen=True, slots=True)
class DiscountDeleted:
    """A discount is no longer to be had."""

    discount: Discount


def create(discount_id: UUID, organization_id: UUID, terms: DiscountTerms, *, now: datetime) -> tuple[Discount, DiscountCreated]:
    """A new discount. DiscountDurationInvalid, DiscountDatesInvalid, CURRENCY_UNKNOWN."""
    _check_terms(terms)
    discount = Discount(discount_id, organization_id, terms, 0, 1, None, now, now)
    return discount, DiscountCreated(discount)


def update(discount: Discount, terms: DiscountTerms, *, now: datetime) -> tuple[Discount, DiscountUpdated]:
    """The discount described by `terms`. DiscountRedeemed if what is frozen would change. Its kind never changes."""
    _check_terms(terms)
    old = discount.terms
    if type(terms.reduction) is not type(old.reduction):
        raise DiscountRedeemed
    if discount.redemptions_count and (terms.reduction, terms.duration_in_months) != (old.reduction, old.duration_in_months):
        raise DiscountRedeemed
    after = replace(discount, terms=terms, version=discount.version + 1, modified_at=now)
    return after, DiscountUpdated(after)


def delete(discount: Discount, *, now: datetime) -> tuple[Discount, DiscountDeleted]:
    """The discount without further redemptions."""
    after = replace(discount, version=discount.version + 1, deleted_at=now, modified_at=now)
    return after, DiscountDeleted(after)


def check_applicable(discount: Discount, product_id: UUID, currency: str, now: datetime) -> None:
    """DiscountNotApplicable or DiscountExhausted unless it reduces this product in this currency now."""
    terms = discount.terms
    if terms.starts_at is not None and now < terms.starts_at:
        raise DiscountNotApplicable("it has not begun")
    if discount.deleted_at is not None or (terms.ends_at is not None and now >= terms.ends_at):
        raise DiscountNotApplicable("it has ended")
    if terms.product_ids and product_id not in terms.product_ids:
        raise DiscountNotApplicable("it is for other products")
    if isinstance(terms.reduction, FixedReduction) and currency not in terms.reduction.amounts:
        raise DiscountNotApplicable(f"it has no amount in {currency}")
    if terms.max_redemptions is not None and discount.redemptions_count >= terms.max_redemptions:
        raise DiscountExhausted


def is_applicable(discount: Discount, product_id: UUID, currency: str, now: datetime) -> bool:
    """Whether `check_applicable` passes."""
    try:
        check_applicable(discount, product_id, currency, now)
    except (DiscountNotApplicable, DiscountExhausted):
        return False
    return True


def applied(discount: Discount) -> AppliedDiscount:
    """What a redemption keeps of it."""
    terms = discount.terms
    return AppliedDiscount(discount.id, terms.reduction, terms.duration, terms.duration_in_months)


def same_person(email: str) -> str:
    """The e-mail address without case and without the part after a plus sign, to recognize a person by."""
    name, _, domain = email.strip().lower().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


def _check_terms(terms: DiscountTerms) -> None:
    if (terms.duration_in_months is not None) != (terms.duration is DiscountDuration.REPEATING):
        raise DiscountDurationInvalid
    if terms.starts_at is not None and terms.ends_at is not None and terms.starts_at >= terms.ends_at:
        raise DiscountDatesInvalid
    if isinstance(terms.reduction, FixedReduction):
        for currency in terms.reduction.amounts:
            Money(currency, 0)
