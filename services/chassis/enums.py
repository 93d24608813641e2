"""Words of the domain for the numbers of enums in messages: `past_due` is SUBSCRIPTION_STATUS_PAST_DUE, and no word is unspecified."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from google.protobuf.descriptor import EnumDescriptor

if TYPE_CHECKING:
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper

V = TypeVar("V", bound=int)

_UNSPECIFIED = "UNSPECIFIED"


@cache
def word_of(enum: _EnumTypeWrapper[V], number: int) -> str:
    """The word of a number; empty for unspecified. ValueError for a number that the enum has not."""
    descriptor = enum.DESCRIPTOR
    value = descriptor.values_by_number.get(number)
    if value is None:
        raise ValueError(f"{descriptor.full_name} has no number {number}")
    return value.name.removeprefix(_prefix(descriptor)).lower() if number else ""


def number_of(enum: _EnumTypeWrapper[V], word: str | None) -> V:
    """The number of a word; unspecified for none. ValueError for a word that the enum has not."""
    return cast(V, _number_of(enum, word or _UNSPECIFIED))


@cache
def _number_of(enum: _EnumTypeWrapper[Any], word: str) -> int:
    return int(enum.Value(_prefix(enum.DESCRIPTOR) + word.upper()))


@cache
def _prefix(enum: EnumDescriptor) -> str:
    """What all names of an enum begin with."""
    return enum.values_by_number[0].name.removesuffix(_UNSPECIFIED)
