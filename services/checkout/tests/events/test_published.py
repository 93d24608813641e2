"""Facts as they travel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args
from uuid import UUID, uuid4

from bursar.checkout.v1 import checkout_events_pb2 as events

from services.chassis.outbox import Fact
from services.checkout.domain import checkout as checkouts
from services.checkout.domain import order_steps as orders
from services.checkout.domain.fact import DomainFact
from services.checkout.domain.order import Order
from services.checkout.domain.payment import Declined, PaymentFailure
from services.checkout.events.published import to_fact
from services.checkout.tests.builders import MONTHLY, NOW, buyer, checkout, offer, order, placement

CUSTOMER = uuid4()


def paid_order() -> Order:
    pending = order(placement=placement(customer_id=CUSTOMER))
    return orders.pay(pending, payment_id=uuid4(), processor="stripe", invoice_number="A-0001", receipt_number=None, now=NOW)[0]


def test_every_domain_fact_is_published() -> None:
    for kind in get_args(DomainFact):
        assert kind in to_fact.registry, kind.__name__


def test_a_fact_travels_under_the_name_of_its_message() -> None:
    order, cart = paid_order(), checkout()
    facts: Sequence[Fact] = [
        to_fact(fact)
        for fact in (
            orders.OrderCreated(order),
            orders.OrderUpdated(order),
            orders.OrderPaid(order),
            orders.OrderVoided(order),
            orders.OrderPaymentFailed(order, Declined(PaymentFailure("code", "No."), retryable=True)),
            checkouts.CheckoutCreated(cart),
            checkouts.CheckoutUpdated(cart),
            checkouts.CheckoutGone(cart),
            checkouts.CheckoutPaymentActionRequired(cart),
            checkouts.CheckoutSucceeded(cart, NOW),
        )
    ]
    for fact in facts:
        words = re.findall("[A-Z][a-z]+", fact.message.DESCRIPTOR.name)
        assert fact.type == f"{words[0]}.{'_'.join(words[1:])}".lower()
        assert fact.version in (order.version, cart.version)


def test_order_paid_carries_all_that_is_posted_and_granted_by() -> None:
    order = paid_order()
    message = to_fact(orders.OrderPaid(order)).message
    assert isinstance(message, events.OrderPaid)
    assert (message.subtotal_amount, message.total_amount, message.due_amount, message.currency) == (1190, 1190, 1190, "eur")
    assert (UUID(message.customer_id), message.external_customer_id, message.invoice_number) == (CUSTOMER, "u1", "A-0001")
    assert UUID(message.payment_id) == order.payment_id


def test_checkout_succeeded_carries_all_that_a_subscription_starts_with() -> None:
    trial = offer(recurring=MONTHLY, trial=MONTHLY)
    cart = checkout(offer=trial, buyer=buyer(customer_id=CUSTOMER), order_id=uuid4(), subscription_id=uuid4(), payment_method_id=uuid4())
    cart = replace(cart, metadata={"team": "red"})
    message = to_fact(checkouts.CheckoutSucceeded(cart, NOW)).message
    assert isinstance(message, events.CheckoutSucceeded)
    assert (message.amount, message.recurring_interval_count, message.time_zone) == (1000, 1, "Europe/Berlin")
    assert UUID(message.subscription_id) == cart.subscription_id
    assert message.trial_end.ToDatetime().isoformat() == "2026-04-30T12:00:00"
    assert [price.id for price in message.prices] == [str(price.id) for price in trial.prices]
    assert dict(message.metadata) == {"team": "red"}
