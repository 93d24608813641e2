"""Domain values as JSON documents, where rows hold them whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.chassis.documents import Document
from services.pricing.price import CustomPrice, FixedPrice, SeatBasedPrice, UnitBasedPrice
from services.subscription.domain.catalog import CatalogProduct
from services.subscription.domain.discount import AppliedDiscount
from services.subscription.domain.organization import Organization
from services.subscription.domain.price import Price
from services.subscription.domain.subscription import ChargingUpdate, PendingUpdate

APPLIED_DISCOUNT = Document(TypeAdapter(AppliedDiscount))
CHARGING_UPDATE = Document(TypeAdapter(ChargingUpdate))
ORGANIZATION = Document(TypeAdapter(Organization))
PENDING_UPDATE = Document(TypeAdapter(PendingUpdate))
PRODUCT = Document(TypeAdapter(CatalogProduct))
_PRICES = TypeAdapter(tuple[Price, ...])
_AMOUNTS: dict[str, TypeAdapter[Any]] = {
    "fixed": TypeAdapter(FixedPrice),
    "custom": TypeAdapter(CustomPrice),
    "seat_based": TypeAdapter(SeatBasedPrice),
    "unit_based": TypeAdapter(UnitBasedPrice),
}


class Prices:
    """The prices of a subscription. Every renewal reads them, so that the kind of an amount is looked up and not tried out."""

    def dump(self, prices: tuple[Price, ...]) -> Any:
        """As plain dicts, lists and texts."""
        return _PRICES.dump_python(prices, mode="json")

    def load(self, documents: Sequence[Mapping[str, Any]]) -> tuple[Price, ...]:
        """The prices that a document holds."""
        return tuple(map(_price, documents))


def _price(document: Mapping[str, Any]) -> Price:
    amount = document["amount"]
    return Price(
        id=UUID(document["id"]),
        product_id=UUID(document["product_id"]),
        currency=document["currency"],
        amount=_AMOUNTS[amount["amount_type"]].validate_python(amount),
        tax_behavior=document["tax_behavior"],
        created_at=datetime.fromisoformat(document["created_at"]),
        is_archived=document["is_archived"],
        chosen=document["chosen"],
    )


PRICES = Prices()
