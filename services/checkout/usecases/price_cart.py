"""What a cart costs this buyer now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.checkout.domain.cart import Buyer, Cart
from services.checkout.domain.discount import AppliedDiscount, Discount, applied, is_applicable
from services.checkout.domain.offer import Offer
from services.checkout.domain.organization import Organization
from services.checkout.domain.price import Price, TaxBehavior, check_choice
from services.checkout.domain.product import Product
from services.checkout.domain.quantity import bought
from services.checkout.domain.quote import Line, price_lines
from services.checkout.domain.tax import TaxRate, is_inclusive
from services.checkout.usecases.outside_ports import Sale, TaxCalculator
from services.pricing.errors import QuantityNotAllowed
from services.pricing.price import LARGEST_PRICE, amount_of, quantity_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a cart names, as it stands now."""

    product: Product
    prices: tuple[Price, ...]
    """All that are bought at once."""
    discount: Discount | None
    organization: Organization


def price_cart(cart: Cart, buyer: Buyer, chosen: Chosen, now: datetime, *, taxes: TaxCalculator) -> Offer:
    """The offer. A discount that does not apply leaves the prices alone. AmountNotAllowed, QuantityNotAllowed."""
    terms, organization = chosen.product.terms, chosen.organization
    discount = _applied(chosen, cart.currency, now)
    country = buyer.billing_address.country if buyer.billing_address else organization.country
    inclusive = is_inclusive(chosen.prices[0].tax_behavior or organization.default_tax_behavior, country)
    trial = (cart.trial_override or terms.trial) if terms.recurring and cart.allow_trial else None
    seats, units = bought(cart, chosen.prices)
    return Offer(
        product_name=terms.name,
        prices=chosen.prices,
        tax_behavior=TaxBehavior.INCLUSIVE if inclusive else TaxBehavior.EXCLUSIVE,
        quote=price_lines(
            cart.currency,
            _lines(cart, chosen, seats, units),
            reduction=discount.reduction if discount else None,
            rates=_rates(buyer, organization, now, taxes),
            inclusive=inclusive,
        ),
        discount=discount,
        recurring=terms.recurring,
        trial=trial,
        trial_end=trial.after(now, organization.time_zone) if trial else None,
        trial_needs_card=not organization.allow_trial_without_payment_method,
        time_zone=organization.time_zone,
        seats=seats,
        units=units,
        locale=buyer.locale,
    )


def _lines(cart: Cart, chosen: Chosen, seats: int | None, units: int | None) -> list[Line]:
    for price in chosen.prices:
        check_choice(price, cart.amount)
    lines = [
        Line(
            label=chosen.product.terms.name,
            amount=amount_of(price.amount, seats=seats, units=units, chosen=cart.amount),
            price_id=price.id,
            quantity=quantity_of(price.amount, seats=seats, units=units),
        )
        for price in chosen.prices
    ]
    if sum(line.amount for line in lines) > LARGEST_PRICE:
        # Of what is fixed or chosen alone each price knows its own limit.
        raise QuantityNotAllowed(f"that many come to more than {LARGEST_PRICE} (minor units)", "units" if seats is None else "seats")
    return lines


def _applied(chosen: Chosen, currency: str, now: datetime) -> AppliedDiscount | None:
    discount = chosen.discount
    return applied(discount) if discount is not None and is_applicable(discount, chosen.product.id, currency, now) else None


def _rates(buyer: Buyer, organization: Organization, now: datetime, taxes: TaxCalculator) -> tuple[TaxRate, ...] | None:
    address = buyer.billing_address
    if address is None or not address.tells_tax:
        return None
    return taxes.rates(
        Sale(
            seller_country=organization.country,
            registrations=organization.tax_registrations,
            buyer_country=address.country,
            buyer_state=address.state,
            is_business=buyer.is_business,
            has_valid_tax_id=buyer.tax_id is not None,
            on=now.date(),
        )
    )
