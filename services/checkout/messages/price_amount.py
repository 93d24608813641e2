"""What prices cost, as messages: one field of the `amount_type` for each kind."""

from __future__ import annotations

from collections.abc import Sequence

from bursar.checkout.v1 import product_pb2, product_service_pb2

from services.chassis.enums import number_of
from services.checkout.messages.types import enum_from_proto, number_in, text_of
from services.pricing.price import CustomPrice, FixedPrice, PriceAmount, SeatBasedPrice, UnitBasedPrice, UnitLabel
from services.pricing.tiers import Tier, TierType

_Tiered = product_pb2.SeatBasedPrice | product_pb2.UnitBasedPrice


def set_amount(message: product_pb2.ProductPrice, amount: PriceAmount) -> None:
    """Write a price's amount."""
    if isinstance(amount, FixedPrice):
        message.fixed.price_amount = amount.price_amount
    elif isinstance(amount, CustomPrice):
        message.custom.CopyFrom(
            product_pb2.CustomPrice(
                minimum_amount=amount.minimum_amount, maximum_amount=amount.maximum_amount, preset_amount=amount.preset_amount
            )
        )
    elif isinstance(amount, SeatBasedPrice):
        message.seat_based.CopyFrom(
            product_pb2.SeatBasedPrice(
                tier_type=number_of(product_pb2.TierType, amount.tier_type),
                tiers=_tiers_to_proto(amount.tiers),
                minimum_seats=amount.minimum_seats,
                maximum_seats=amount.maximum_seats,
            )
        )
    else:
        message.unit_based.CopyFrom(_unit_based_to_proto(amount))


def amount_from_proto(message: product_service_pb2.PriceInput) -> PriceAmount | None:
    """What a price is to cost; None if nothing was said."""
    if message.HasField("fixed"):
        return FixedPrice(message.fixed.price_amount)
    if message.HasField("custom"):
        custom = message.custom
        return CustomPrice(number_in(custom, "minimum_amount"), number_in(custom, "maximum_amount"), number_in(custom, "preset_amount"))
    if message.HasField("seat_based"):
        seats = message.seat_based
        smallest = number_in(seats, "minimum_seats")
        return SeatBasedPrice(_tiers(seats), _tier_type(seats), 1 if smallest is None else smallest, number_in(seats, "maximum_seats"))
    if message.HasField("unit_based"):
        units = message.unit_based
        labels = {locale: UnitLabel(label.other, text_of(label, "one")) for locale, label in units.unit_label.items()}
        return UnitBasedPrice(_tiers(units), _tier_type(units), units.minimum_units, number_in(units, "maximum_units"), labels)
    return None


def _unit_based_to_proto(amount: UnitBasedPrice) -> product_pb2.UnitBasedPrice:
    return product_pb2.UnitBasedPrice(
        tier_type=number_of(product_pb2.TierType, amount.tier_type),
        tiers=_tiers_to_proto(amount.tiers),
        minimum_units=amount.minimum_units,
        maximum_units=amount.maximum_units,
        unit_label={locale: product_pb2.UnitLabel(one=label.one, other=label.other) for locale, label in amount.unit_label.items()},
    )


def _tiers_to_proto(tiers: Sequence[Tier]) -> list[product_pb2.PriceTier]:
    return [product_pb2.PriceTier(bound=tier.bound, unit_amount=tier.unit_amount) for tier in tiers]


def _tiers(message: _Tiered) -> tuple[Tier, ...]:
    return tuple(Tier(number_in(tier, "bound"), tier.unit_amount) for tier in message.tiers)


def _tier_type(message: _Tiered) -> TierType:
    return enum_from_proto(TierType, product_pb2.TierType, message.tier_type) or TierType.VOLUME
