"""Domain values as JSON documents, where rows hold them whole."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, overload

from pydantic import TypeAdapter

from services.checkout.domain.address import Address
from services.checkout.domain.cart import Buyer, Cart, Pages
from services.checkout.domain.offer import Offer
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import PaymentAction, PaymentFailure
from services.checkout.domain.tax import TaxLine
from services.pricing.price import PriceAmount

T = TypeVar("T")


class Document(Generic[T]):
    """One type of document, both ways."""

    def __init__(self, adapter: TypeAdapter[T]) -> None:
        self._adapter = adapter

    @overload
    def dump(self, value: T) -> Any: ...
    @overload
    def dump(self, value: None) -> None: ...
    def dump(self, value: T | None) -> Any:
        """The value as plain dicts, lists and texts."""
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def load(self, document: object) -> T:
        """The value that a document holds."""
        return self._adapter.validate_python(document)

    def load_optional(self, document: object) -> T | None:
        """The value, or None where nothing is stored."""
        return None if document is None else self._adapter.validate_python(document)


ADDRESS = Document(TypeAdapter(Address))
BUYER = Document(TypeAdapter(Buyer))
CART = Document(TypeAdapter(Cart))
OFFER = Document(TypeAdapter(Offer))
ORGANIZATION = Document(TypeAdapter(Organization))
PAGES = Document(TypeAdapter(Pages))
PAYMENT_ACTION = Document(TypeAdapter(PaymentAction))
PAYMENT_FAILURE = Document(TypeAdapter(PaymentFailure))
PRICE_AMOUNT: Document[PriceAmount] = Document(TypeAdapter(PriceAmount))
TAX_LINES = Document(TypeAdapter(tuple[TaxLine, ...]))
