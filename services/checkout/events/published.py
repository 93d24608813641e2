"""The facts of this service as they travel: domain fact → type, subject and message."""

from __future__ import annotations

from datetime import datetime
from functools import singledispatch
from uuid import UUID

from bursar.checkout.v1 import checkout_events_pb2 as events
from google.protobuf.message import Message

from services.chassis.ids import id_text
from services.chassis.metadata import write_metadata
from services.chassis.outbox import Fact
from services.checkout.domain import balance as balances
from services.checkout.domain import checkout as checkouts
from services.checkout.domain import customer as customers
from services.checkout.domain import discount as discounts
from services.checkout.domain import order_steps as orders
from services.checkout.domain import product as products
from services.checkout.domain.fact import DomainFact
from services.checkout.domain.order import Order
from services.checkout.messages.customer import customer_to_proto
from services.checkout.messages.discount import applied_discount_to_proto, discount_to_proto
from services.checkout.messages.order import reason_to_proto, status_to_proto
from services.checkout.messages.product import price_to_proto, product_to_proto
from services.checkout.messages.types import behavior_to_proto, interval_unit_to_proto, set_time, tax_line_to_proto

_Subject = products.Product | discounts.Discount | customers.Customer | checkouts.Checkout | Order


@singledispatch
def to_fact(fact: DomainFact) -> Fact:
    """The fact as the outbox keeps it."""
    raise TypeError(f"{type(fact).__name__} is not published")


@to_fact.register
def _(fact: products.ProductCreated) -> Fact:
    return _fact("product.created", fact.product, events.ProductCreated(product=product_to_proto(fact.product)))


@to_fact.register
def _(fact: products.ProductUpdated) -> Fact:
    return _fact("product.updated", fact.product, events.ProductUpdated(product=product_to_proto(fact.product)))


@to_fact.register
def _(fact: discounts.DiscountCreated) -> Fact:
    return _fact("discount.created", fact.discount, events.DiscountCreated(discount=discount_to_proto(fact.discount)))


@to_fact.register
def _(fact: discounts.DiscountUpdated) -> Fact:
    return _fact("discount.updated", fact.discount, events.DiscountUpdated(discount=discount_to_proto(fact.discount)))


@to_fact.register
def _(fact: discounts.DiscountDeleted) -> Fact:
    return _fact("discount.deleted", fact.discount, events.DiscountDeleted(discount_id=str(fact.discount.id)))


@to_fact.register
def _(fact: customers.CustomerCreated) -> Fact:
    return _fact("customer.created", fact.customer, events.CustomerCreated(customer=customer_to_proto(fact.customer)))


@to_fact.register
def _(fact: customers.CustomerUpdated) -> Fact:
    return _fact("customer.updated", fact.customer, events.CustomerUpdated(customer=customer_to_proto(fact.customer)))


@to_fact.register
def _(fact: customers.CustomerDeleted) -> Fact:
    customer = fact.customer
    message = events.CustomerDeleted(customer_id=str(customer.id), external_id=customer.details.external_id)
    return _fact("customer.deleted", customer, message)


@to_fact.register
def _(fact: balances.BalanceAdjusted) -> Fact:
    transaction, change = fact.transaction, fact.transaction.change
    message = events.CustomerBalanceAdjusted(
        customer_balance_transaction_id=str(transaction.id),
        customer_id=str(change.key.customer_id),
        currency=change.key.currency,
        amount=change.amount,
        reason=change.reason or "",
        balance_amount=transaction.balance_amount,
    )
    return Fact("customer.balance_adjusted", change.key.customer_id, change.key.organization_id, fact.version, change.at, message)


@to_fact.register
def _(fact: checkouts.CheckoutCreated) -> Fact:
    checkout = fact.checkout
    message = events.CheckoutCreated(
        checkout_id=str(checkout.id),
        product_id=str(checkout.cart.product_id),
        currency=checkout.cart.currency,
        total_amount=checkout.offer.quote.total_amount,
    )
    return _fact("checkout.created", checkout, message)


@to_fact.register
def _(fact: checkouts.CheckoutUpdated) -> Fact:
    checkout = fact.checkout
    message = events.CheckoutUpdated(
        checkout_id=str(checkout.id),
        status=checkout.status,
        product_id=str(checkout.cart.product_id),
        currency=checkout.cart.currency,
        total_amount=checkout.offer.quote.total_amount,
    )
    return _fact("checkout.updated", checkout, message)


@to_fact.register
def _(fact: checkouts.CheckoutGone) -> Fact:
    checkout = fact.checkout
    message = events.CheckoutExpired(checkout_id=str(checkout.id), subscription_id=id_text(checkouts.unbought_subscription_id(checkout)))
    return _fact("checkout.expired", checkout, message)


@to_fact.register
def _(fact: checkouts.CheckoutPaymentActionRequired) -> Fact:
    checkout = fact.checkout
    message = events.CheckoutPaymentActionRequired(checkout=_sold(checkout, checkout.modified_at))
    return _fact("checkout.payment_action_required", checkout, message)


@to_fact.register
def _(fact: checkouts.CheckoutSucceeded) -> Fact:
    return _fact("checkout.succeeded", fact.checkout, _sold(fact.checkout, fact.started_at))


def _sold(checkout: checkouts.Checkout, started_at: datetime) -> events.CheckoutSucceeded:
    """All that a subscription starts with."""
    offer = checkout.offer
    message = events.CheckoutSucceeded(
        checkout_id=str(checkout.id),
        order_id=str(checkout.order_id),
        customer_id=str(checkout.buyer.customer_id),
        external_customer_id=checkout.buyer.external_customer_id,
        product_id=str(checkout.cart.product_id),
        subscription_id=id_text(checkout.subscription_id),
        recurring_interval=interval_unit_to_proto(offer.recurring),
        recurring_interval_count=offer.recurring.count if offer.recurring else 0,
        time_zone=offer.time_zone,
        currency=offer.quote.currency,
        amount=offer.quote.subtotal_amount,
        prices=[price_to_proto(price) for price in offer.prices],
        discount=applied_discount_to_proto(offer.discount),
        tax_behavior=behavior_to_proto(offer.tax_behavior),
        payment_method_id=id_text(checkout.payment_method_id),
        product_name=offer.product_name,
        seats=offer.seats,
        units=offer.units,
        upgrades_subscription=checkout.cart.upgraded_subscription_id is not None,
        claim_seat_for_buyer=offer.seats is not None and checkout.pages.success_url is None,
        customer_email=checkout.buyer.email,
        forgone_subscription_id=id_text(checkout.forgone_subscription_id),
    )
    set_time(message.started_at, started_at)
    write_metadata(checkout.metadata, message.metadata)
    if offer.trial is not None:
        set_time(message.trial_end, offer.trial.after(started_at, offer.time_zone))
    return message


@to_fact.register
def _(fact: orders.OrderCreated) -> Fact:
    order, placement = fact.order, fact.order.placement
    message = events.OrderCreated(
        order_id=str(order.id),
        customer_id=str(placement.customer_id),
        checkout_id=id_text(placement.checkout_id),
        subscription_id=id_text(placement.subscription_id),
        billing_reason=reason_to_proto(placement.billing_reason),
        currency=order.quote.currency,
        total_amount=order.quote.total_amount,
        due_amount=order.due_amount,
    )
    return _fact("order.created", order, message)


@to_fact.register
def _(fact: orders.OrderUpdated) -> Fact:
    message = events.OrderUpdated(order_id=str(fact.order.id), status=status_to_proto(fact.order.status))
    return _fact("order.updated", fact.order, message)


@to_fact.register
def _(fact: orders.OrderPaid) -> Fact:
    order, placement, quote = fact.order, fact.order.placement, fact.order.quote
    message = events.OrderPaid(
        order_id=str(order.id),
        customer_id=str(placement.customer_id),
        external_customer_id=placement.external_customer_id,
        product_id=id_text(placement.product_id),
        checkout_id=id_text(placement.checkout_id),
        subscription_id=id_text(placement.subscription_id),
        billing_reason=reason_to_proto(placement.billing_reason),
        currency=quote.currency,
        subtotal_amount=quote.subtotal_amount,
        discount_amount=quote.discount_amount,
        net_amount=quote.net_amount,
        tax_amount=quote.tax_amount,
        total_amount=quote.total_amount,
        applied_balance_amount=order.applied_balance_amount,
        due_amount=order.due_amount,
        tax_lines=[tax_line_to_proto(line) for line in quote.tax_lines or ()],
        payment_id=id_text(order.payment_id),
        processor=order.processor,
        invoice_number=order.invoice_number or "",
        seats=placement.seats,
        restored_amount=fact.restored_amount,
    )
    set_time(message.paid_at, order.paid_at)
    return _fact("order.paid", order, message)


@to_fact.register
def _(fact: orders.OrderPaymentFailed) -> Fact:
    placement, failure = fact.order.placement, fact.declined.failure
    message = events.OrderPaymentFailed(
        order_id=str(fact.order.id),
        checkout_id=id_text(placement.checkout_id),
        subscription_id=id_text(placement.subscription_id),
        code=failure.code,
        decline_code=failure.decline_code,
        retryable=fact.declined.retryable,
        billing_reason=reason_to_proto(placement.billing_reason),
        customer_id=str(placement.customer_id),
    )
    if fact.order.dunning is not None:
        set_time(message.next_payment_attempt_at, fact.order.dunning.next_payment_attempt_at)
        set_time(message.past_due_at, fact.order.dunning.past_due_at)
    return _fact("order.payment_failed", fact.order, message)


@to_fact.register
def _(fact: orders.OrderDunningExhausted) -> Fact:
    placement = fact.order.placement
    message = events.OrderDunningExhausted(
        order_id=str(fact.order.id),
        customer_id=str(placement.customer_id),
        subscription_id=id_text(placement.subscription_id),
        billing_reason=reason_to_proto(placement.billing_reason),
    )
    return _fact("order.dunning_exhausted", fact.order, message)


@to_fact.register
def _(fact: orders.OrderVoided) -> Fact:
    order, placement = fact.order, fact.order.placement
    message = events.OrderVoided(
        order_id=str(order.id),
        customer_id=str(placement.customer_id),
        checkout_id=id_text(placement.checkout_id),
        subscription_id=id_text(placement.subscription_id),
        billing_reason=reason_to_proto(placement.billing_reason),
        currency=order.quote.currency,
        forfeited_amount=order.forfeited_amount,
    )
    return _fact("order.voided", fact.order, message)


def _fact(kind: str, subject: _Subject, message: Message) -> Fact:
    subject_id: UUID = subject.id
    occurred_at: datetime = subject.modified_at
    return Fact(kind, subject_id, subject.organization_id, subject.version, occurred_at, message)
