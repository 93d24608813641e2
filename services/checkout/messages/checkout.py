"""Checkouts as messages."""

from __future__ import annotations

from bursar.checkout.v1 import checkout_pb2

from services.chassis.enums import number_of, word_of
from services.chassis.ids import id_text
from services.chassis.metadata import write_metadata
from services.checkout.domain.checkout import Checkout, CheckoutStatus
from services.checkout.domain.offer import Offer
from services.checkout.domain.payment import PaymentAction, PaymentFailure
from services.checkout.domain.product import Product
from services.checkout.domain.quantity import counted, window
from services.checkout.messages.product import price_to_proto, product_to_proto
from services.checkout.messages.types import address_to_proto, behavior_to_proto, interval_unit_to_proto, set_time, tax_line_to_proto
from services.pricing.price import SeatBasedPrice, UnitBasedPrice

_PLACEHOLDER = "{CHECKOUT_ID}"


def checkout_to_proto(checkout: Checkout, product: Product) -> checkout_pb2.Checkout:
    cart, offer = checkout.cart, checkout.offer
    message = checkout_pb2.Checkout(
        id=str(checkout.id),
        organization_id=str(checkout.organization_id),
        status=number_of(checkout_pb2.CheckoutStatus, checkout.status),
        client_secret=checkout.client_secret,
        product_ids=[str(product_id) for product_id in cart.product_ids],
        product_id=str(cart.product_id),
        product_price_id=str(offer.prices[0].id),
        prices=[price_to_proto(price) for price in offer.prices],
        product=product_to_proto(product),
        discount_id=id_text(cart.discount_id),
        discount_code=cart.discount_code,
        allow_discount_codes=cart.allow_discount_codes,
        allow_trial=cart.allow_trial,
        success_url=with_checkout_id(checkout.pages.success_url, checkout),
        return_url=checkout.pages.return_url,
        order_id=id_text(checkout.order_id),
        subscription_id=id_text(checkout.subscription_id),
        upgraded_subscription_id=id_text(cart.upgraded_subscription_id),
        payment_action=action_to_proto(checkout.payment_action),
        payment_failure=failure_to_proto(checkout.payment_failure),
        version=checkout.version,
    )
    _set_buyer(message, checkout)
    _set_offer(message, offer)
    _set_quantity(message, checkout)
    set_time(message.expires_at, checkout.expires_at)
    set_time(message.created_at, checkout.created_at)
    set_time(message.modified_at, checkout.modified_at)
    write_metadata(checkout.metadata, message.metadata)
    return message


def for_buyer(message: checkout_pb2.Checkout) -> checkout_pb2.Checkout:
    """Without what is only between the merchant and us: whoever has the client secret may be anybody."""
    for name in ("external_customer_id", "customer_metadata", "metadata"):
        message.ClearField(name)
    return message


def status_word(number: int) -> CheckoutStatus | None:
    """The status of a filter."""
    return CheckoutStatus(word_of(checkout_pb2.CheckoutStatus, number)) if number else None


def with_checkout_id(url: str | None, checkout: Checkout) -> str | None:
    """The address with the checkout's id where it was asked for."""
    return None if url is None else url.replace(_PLACEHOLDER, str(checkout.id))


def _set_buyer(message: checkout_pb2.Checkout, checkout: Checkout) -> None:
    buyer = checkout.buyer
    message.MergeFrom(
        checkout_pb2.Checkout(
            customer_id=id_text(buyer.customer_id),
            external_customer_id=buyer.external_customer_id,
            customer_name=buyer.name,
            customer_email=buyer.email,
            customer_billing_name=buyer.billing_name,
            customer_billing_address=address_to_proto(buyer.billing_address),
            customer_tax_id=buyer.tax_id,
            is_business_customer=buyer.is_business,
            require_billing_address=buyer.require_billing_address,
            locale=buyer.locale,
        )
    )
    write_metadata(buyer.metadata, message.customer_metadata)


def _set_offer(message: checkout_pb2.Checkout, offer: Offer) -> None:
    quote = offer.quote
    known = quote.tax_lines is not None
    message.MergeFrom(
        checkout_pb2.Checkout(
            currency=quote.currency,
            amount=quote.subtotal_amount,
            discount_amount=quote.discount_amount,
            net_amount=quote.net_amount,
            tax_amount=quote.tax_amount if known else None,
            tax_behavior=behavior_to_proto(offer.tax_behavior),
            tax_lines=[tax_line_to_proto(line) for line in quote.tax_lines or ()],
            total_amount=quote.total_amount,
            is_discount_applicable=offer.discount is not None,
            is_free_product_price=offer.is_free,
            is_payment_required=offer.is_payment_required,
            is_payment_setup_required=offer.is_payment_setup_required,
            active_trial_interval=interval_unit_to_proto(offer.trial),
            active_trial_interval_count=offer.trial.count if offer.trial else 0,
        )
    )
    set_time(message.trial_end, offer.trial_end)


def _set_quantity(message: checkout_pb2.Checkout, checkout: Checkout) -> None:
    price = counted(checkout.offer.prices)
    if isinstance(price, SeatBasedPrice):
        smallest, largest = window(checkout.cart.seats, price)
        message.MergeFrom(checkout_pb2.Checkout(seats=checkout.offer.seats, min_seats=smallest, max_seats=largest))
    elif isinstance(price, UnitBasedPrice):
        smallest, largest = window(checkout.cart.units, price)
        message.MergeFrom(checkout_pb2.Checkout(units=checkout.offer.units, min_units=smallest, max_units=largest))


def action_to_proto(action: PaymentAction | None) -> checkout_pb2.PaymentAction | None:
    if action is None:
        return None
    return checkout_pb2.PaymentAction(redirect_url=action.redirect_url, processor_client_secret=action.processor_client_secret)


def failure_to_proto(failure: PaymentFailure | None) -> checkout_pb2.PaymentFailure | None:
    if failure is None:
        return None
    return checkout_pb2.PaymentFailure(code=failure.code, decline_code=failure.decline_code, message=failure.message)
