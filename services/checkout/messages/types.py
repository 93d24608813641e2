"""What the messages of every noun share: enums, times, addresses, tax lines."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from bursar.types.v1 import address_pb2, intervals_pb2, tax_pb2
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.countries import COUNTRIES
from services.chassis.enums import number_of, word_of
from services.chassis.timestamps import from_timestamp, write_timestamp
from services.checkout.domain.address import Address
from services.checkout.domain.errors import CountryUnknown, RecurringIntervalMissing, TrialIncomplete
from services.checkout.domain.interval import Interval, IntervalUnit
from services.checkout.domain.price import TaxBehavior
from services.checkout.domain.tax import TaxLine

if TYPE_CHECKING:
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper

E = TypeVar("E", bound=StrEnum)
V = TypeVar("V", bound=int)


def enum_from_proto(words: type[E], kind: _EnumTypeWrapper[V], number: int) -> E | None:
    """The word of a number; unspecified is None."""
    return words(word_of(kind, number)) if number else None


def set_time(into: Timestamp, instant: datetime | None) -> None:
    """Write an instant into a message's field; None leaves it absent."""
    if instant is not None:
        write_timestamp(into, instant)


def time_of(message: Message, field: str) -> datetime | None:
    """The instant in a message's field, or None if it is absent."""
    return from_timestamp(getattr(message, field), field) if message.HasField(field) else None


def text_of(message: Message, field: str) -> str | None:
    """An optional text; empty counts as absent."""
    text: str = getattr(message, field)
    return text or None


def id_of(message: Message, field: str) -> UUID | None:
    """An optional id."""
    text = text_of(message, field)
    return UUID(text) if text else None


def interval_unit_to_proto(interval: Interval | None) -> intervals_pb2.RecurringInterval.ValueType:
    return number_of(intervals_pb2.RecurringInterval, interval.unit if interval else None)


def number_in(message: Message, field: str) -> int | None:
    """An optional number."""
    return getattr(message, field) if message.HasField(field) else None


def recurring_from_proto(unit: int, count: int) -> Interval | None:
    """How often a product is billed; without a count every one. A count alone is refused: RecurringIntervalMissing."""
    word = enum_from_proto(IntervalUnit, intervals_pb2.RecurringInterval, unit)
    if word is None and count:
        raise RecurringIntervalMissing
    return Interval(word, count or 1) if word else None


def trial_from_proto(unit: int, count: int) -> Interval | None:
    """How long a trial is. TrialIncomplete unless both are given, or neither."""
    word = enum_from_proto(IntervalUnit, intervals_pb2.RecurringInterval, unit)
    if word is None and not count:
        return None
    if word is None or not count:
        raise TrialIncomplete("trial_interval" if word is None else "trial_interval_count")
    return Interval(word, count)


def behavior_to_proto(behavior: TaxBehavior | None) -> tax_pb2.TaxBehavior.ValueType:
    return number_of(tax_pb2.TaxBehavior, behavior)


def behavior_from_proto(number: int) -> TaxBehavior | None:
    return enum_from_proto(TaxBehavior, tax_pb2.TaxBehavior, number)


def address_to_proto(address: Address | None) -> address_pb2.Address | None:
    if address is None:
        return None
    return address_pb2.Address(
        country=address.country,
        state=address.state,
        city=address.city,
        postal_code=address.postal_code,
        line1=address.line1,
        line2=address.line2,
    )


def address_from_proto(message: address_pb2.Address, field: str) -> Address:
    """The address in a request's field. CountryUnknown."""
    if message.country not in COUNTRIES:
        raise CountryUnknown(message.country, f"{field}.country")
    return Address(
        country=message.country,
        state=text_of(message, "state"),
        city=text_of(message, "city"),
        postal_code=text_of(message, "postal_code"),
        line1=text_of(message, "line1"),
        line2=text_of(message, "line2"),
    )


def tax_line_to_proto(line: TaxLine) -> tax_pb2.TaxLine:
    return tax_pb2.TaxLine(
        jurisdiction=line.jurisdiction,
        name=line.name,
        rate_ppm=line.rate_ppm,
        taxable_amount=line.taxable_amount,
        amount=line.amount,
        reason=number_of(tax_pb2.TaxabilityReason, line.reason),
    )
