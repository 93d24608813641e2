"""Prices and discounts as checkout tells them, both ways."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from bursar.checkout.v1 import discount_pb2, product_pb2
from bursar.types.v1.tax_pb2 import TaxBehavior

from services.chassis.enums import number_of, word_of
from services.chassis.timestamps import from_timestamp, write_timestamp
from services.pricing.price import CustomPrice, FixedPrice, PriceAmount, SeatBasedPrice, UnitBasedPrice, UnitLabel
from services.pricing.reduction import FixedReduction, Percentage
from services.pricing.tiers import Tier, TierType
from services.subscription.domain.discount import AppliedDiscount, DiscountDuration
from services.subscription.domain.price import Price


def read_prices(messages: Iterable[product_pb2.ProductPrice], chosen: int | None = None) -> tuple[Price, ...]:
    """Prices; `chosen`: what the buyer pays at a custom one."""
    return tuple(read_price(message, chosen) for message in messages)


def read_price(message: product_pb2.ProductPrice, chosen: int | None = None) -> Price:
    amount = _read_amount(message)
    return Price(
        id=UUID(message.id),
        product_id=UUID(message.product_id),
        currency=message.price_currency,
        amount=amount,
        tax_behavior=word_of(TaxBehavior, message.tax_behavior),
        created_at=from_timestamp(message.created_at, "created_at"),
        is_archived=message.is_archived,
        chosen=chosen if isinstance(amount, CustomPrice) else None,
    )


def price_to_proto(price: Price) -> product_pb2.ProductPrice:
    message = product_pb2.ProductPrice(
        id=str(price.id),
        product_id=str(price.product_id),
        price_currency=price.currency,
        is_archived=price.is_archived,
        tax_behavior=number_of(TaxBehavior, price.tax_behavior),
    )
    write_timestamp(message.created_at, price.created_at)
    _write_amount(price.amount, message)
    return message


def read_applied(message: discount_pb2.AppliedDiscount) -> AppliedDiscount:
    """A discount as it was redeemed, or as it would be."""
    percentage = message.WhichOneof("type") == "percentage"
    return AppliedDiscount(
        discount_id=UUID(message.discount_id),
        reduction=Percentage(message.percentage.basis_points) if percentage else FixedReduction(dict(message.fixed.amounts)),
        duration=DiscountDuration(word_of(discount_pb2.DiscountDuration, message.duration)),
        duration_in_months=message.duration_in_months if message.HasField("duration_in_months") else None,
    )


def _read_amount(message: product_pb2.ProductPrice) -> PriceAmount:
    match message.WhichOneof("amount_type"):
        case "fixed":
            return FixedPrice(message.fixed.price_amount)
        case "custom":
            custom = message.custom
            return CustomPrice(
                custom.minimum_amount if custom.HasField("minimum_amount") else None,
                custom.maximum_amount if custom.HasField("maximum_amount") else None,
                custom.preset_amount if custom.HasField("preset_amount") else None,
            )
        case "seat_based":
            seat = message.seat_based
            return SeatBasedPrice(
                _read_tiers(seat.tiers),
                _read_tier_type(seat.tier_type),
                seat.minimum_seats if seat.HasField("minimum_seats") else 1,
                seat.maximum_seats if seat.HasField("maximum_seats") else None,
            )
        case "unit_based":
            unit = message.unit_based
            return UnitBasedPrice(
                _read_tiers(unit.tiers),
                _read_tier_type(unit.tier_type),
                unit.minimum_units if unit.HasField("minimum_units") else 0,
                unit.maximum_units if unit.HasField("maximum_units") else None,
                {key: UnitLabel(label.other, label.one if label.HasField("one") else None) for key, label in unit.unit_label.items()},
            )
        case other:
            raise ValueError(f"a price of kind {other!r} is not known here")


def _write_amount(amount: PriceAmount, message: product_pb2.ProductPrice) -> None:
    match amount:
        case FixedPrice():
            message.fixed.price_amount = amount.price_amount
            message.fixed.SetInParent()
        case CustomPrice():
            custom = product_pb2.CustomPrice(
                minimum_amount=amount.minimum_amount, maximum_amount=amount.maximum_amount, preset_amount=amount.preset_amount
            )
            message.custom.CopyFrom(custom)
        case SeatBasedPrice():
            message.seat_based.CopyFrom(
                product_pb2.SeatBasedPrice(
                    tier_type=number_of(product_pb2.TierType, amount.tier_type),
                    tiers=_tiers_to_proto(amount.tiers),
                    minimum_seats=amount.minimum_seats,
                    maximum_seats=amount.maximum_seats,
                )
            )
        case UnitBasedPrice():
            message.unit_based.CopyFrom(
                product_pb2.UnitBasedPrice(
                    tier_type=number_of(product_pb2.TierType, amount.tier_type),
                    tiers=_tiers_to_proto(amount.tiers),
                    minimum_units=amount.minimum_units,
                    maximum_units=amount.maximum_units,
                    unit_label={key: product_pb2.UnitLabel(one=label.one, other=label.other) for key, label in amount.unit_label.items()},
                )
            )


def _read_tiers(messages: Iterable[product_pb2.PriceTier]) -> tuple[Tier, ...]:
    return tuple(Tier(message.bound if message.HasField("bound") else None, message.unit_amount) for message in messages)


def _tiers_to_proto(tiers: Iterable[Tier]) -> list[product_pb2.PriceTier]:
    return [product_pb2.PriceTier(bound=tier.bound, unit_amount=tier.unit_amount) for tier in tiers]


def _read_tier_type(number: int) -> TierType:
    return TierType(word_of(product_pb2.TierType, number) or TierType.VOLUME)
