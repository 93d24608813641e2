"""Values for tests, complete unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.checkout.domain import order_steps as orders
from services.checkout.domain.address import Address
from services.checkout.domain.cart import Buyer, Cart, Pages
from services.checkout.domain.checkout import Checkout, CheckoutStatus
from services.checkout.domain.discount import Discount, DiscountDuration, DiscountTerms
from services.checkout.domain.interval import Interval, IntervalUnit
from services.checkout.domain.invoice import InvoiceNumbering
from services.checkout.domain.offer import Offer
from services.checkout.domain.order import BillingReason, Order, Placement
from services.checkout.domain.organization import Organization
from services.checkout.domain.payment import AttemptKind
from services.checkout.domain.price import Price, PriceTerms, TaxBehavior
from services.checkout.domain.product import Product, ProductTerms, Visibility
from services.checkout.domain.quote import Line, Quote
from services.pricing.price import FixedPrice, PriceAmount, SeatBasedPrice, UnitBasedPrice
from services.pricing.reduction import Percentage
from services.pricing.tiers import Tier

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
MONTHLY = Interval(IntervalUnit.MONTH, 1)
GERMAN = Address("DE", city="Berlin", postal_code="10115", line1="Invalidenstr. 1")
NEW_YORKER = Address("US", "NY", "New York", "10001", "1 Broadway")


def organization(organization_id: UUID | None = None, **changes: Any) -> Organization:
    made = Organization(
        id=organization_id or uuid4(),
        version=1,
        country="DE",
        default_currency="eur",
        default_tax_behavior=TaxBehavior.LOCATION,
        invoice_prefix="ACME",
        invoice_numbering=InvoiceNumbering.CUSTOMER,
        allow_multiple_subscriptions=False,
        allow_trial_without_payment_method=False,
        prevent_trial_abuse=False,
        time_zone="Europe/Berlin",
        tax_registrations=(),
    )
    return replace(made, **changes)


def product_terms(**changes: Any) -> ProductTerms:
    made = ProductTerms("Handbook", None, Visibility.PUBLIC, False, None, None, {})
    return replace(made, **changes)


def fixed(amount: int, currency: str = "eur", behavior: TaxBehavior | None = None) -> PriceTerms:
    return PriceTerms(currency, FixedPrice(amount), behavior)


def seats(*rates: int, **bounds: Any) -> SeatBasedPrice:
    """A price a seat: these rates up to 10, 20, … seats, the last one from there on."""
    return SeatBasedPrice(_tiers(rates), **bounds)


def units(*rates: int, **bounds: Any) -> UnitBasedPrice:
    """A price a unit, alike."""
    return UnitBasedPrice(_tiers(rates), **bounds)


def _tiers(rates: Sequence[int]) -> tuple[Tier, ...]:
    bounds = [10 * number for number in range(1, len(rates))]
    return tuple(Tier(bound, rate) for bound, rate in zip([*bounds, None], rates, strict=True))


def price(amount: int | PriceAmount = 1000, currency: str = "eur", **changes: Any) -> Price:
    made = Price(uuid4(), uuid4(), currency, FixedPrice(amount) if isinstance(amount, int) else amount, None, False, NOW)
    return replace(made, **changes)


def product(*prices: Price, **changes: Any) -> Product:
    product_id = uuid4()
    own = tuple(replace(each, product_id=product_id) for each in prices or (price(),))
    return Product(product_id, uuid4(), product_terms(**changes), own, 1, NOW, NOW)


def discount_terms(**changes: Any) -> DiscountTerms:
    made = DiscountTerms("Spring", "SPRING", Percentage(2000), DiscountDuration.ONCE, None, None, None, None, None, (), {})
    return replace(made, **changes)


def discount(**changes: Any) -> Discount:
    return Discount(uuid4(), uuid4(), discount_terms(**changes), 0, 1, None, NOW, NOW)


def cart(**changes: Any) -> Cart:
    product_id = uuid4()
    return replace(Cart((product_id,), product_id, "eur", None, None, None, True, True, None), **changes)


def buyer(**changes: Any) -> Buyer:
    made = Buyer(None, None, "Ada", "ada@example.com", None, GERMAN, None, False, False, None, {})
    return replace(made, **changes)


def quote(*amounts: int, currency: str = "eur", inclusive: bool = True) -> Quote:
    return Quote(currency, inclusive, tuple(Line("Handbook", amount) for amount in amounts or (1000,)), ())


def offer(**changes: Any) -> Offer:
    made = Offer("Handbook", (price(),), TaxBehavior.INCLUSIVE, quote(1000), None, None, None, None, True, "Europe/Berlin")
    return replace(made, **changes)


def checkout(**changes: Any) -> Checkout:
    made = Checkout(
        id=uuid4(),
        organization_id=uuid4(),
        status=CheckoutStatus.OPEN,
        client_secret=uuid4().hex,
        cart=cart(),
        buyer=buyer(),
        offer=offer(),
        pages=Pages(None, None),
        order_id=None,
        subscription_id=None,
        attempt=0,
        attempt_kind=AttemptKind.NONE,
        payment_id=None,
        payment_method_id=None,
        payment_action=None,
        payment_failure=None,
        version=1,
        expires_at=NOW.replace(month=4, day=1),
        created_at=NOW,
        modified_at=NOW,
        metadata={},
    )
    return replace(made, **changes)


def placement(**changes: Any) -> Placement:
    made = Placement(uuid4(), "u1", BillingReason.PURCHASE, None, None, None, None, "Handbook", None, None, None, {})
    return replace(made, **changes)


def order(quoted: Quote | None = None, **changes: Any) -> Order:
    """A pending order of one line unless quoted otherwise."""
    quoted = quoted or quote(1190)
    made, _ = orders.place(uuid4(), uuid4(), placement(), quoted, tuple(uuid4() for _ in quoted.lines), now=NOW)
    return replace(made, **changes)
