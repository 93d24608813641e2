"""Domain values as JSON documents, where rows hold them whole."""

from __future__ import annotations

from pydantic import TypeAdapter

from services.chassis.documents import Document
from services.checkout.domain.address import Address
from services.checkout.domain.cart import Buyer, Cart, Pages
from services.checkout.domain.offer import Offer
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import PaymentAction, PaymentFailure
from services.checkout.domain.tax import TaxLine
from services.pricing.price import PriceAmount

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
