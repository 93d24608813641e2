"""Customers whose subscriptions are billed, and what they are billed for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from bursar.checkout.v1 import billing_pb2, customer_service_pb2, order_pb2, order_service_pb2
from bursar.identity.v1 import identity_events_pb2, organization_pb2
from bursar.payments.v1 import payments_events_pb2
from bursar.subscription.v1 import subscription_events_pb2
from bursar.types.v1 import address_pb2, tax_pb2

from services.chassis.ids import new_id
from services.chassis.timestamps import to_timestamp
from services.checkout.tests.builders import NOW
from services.checkout.tests.shop import Shop
from services.checkout.usecases.ask_charges import ask_charges

CYCLE = order_pb2.ORDER_BILLING_REASON_SUBSCRIPTION_CYCLE
UPDATE = order_pb2.ORDER_BILLING_REASON_SUBSCRIPTION_UPDATE


async def known_organization(shop: Shop, **settings: Any) -> None:
    """The service has heard of the shop's organization."""
    told = organization_pb2.Organization(id=str(shop.organization_id), version=1, country="DE", default_presentment_currency="eur")
    told.settings.CopyFrom(organization_pb2.OrganizationSettings(invoice_prefix="ACME", **settings))
    await shop.react("organization.updated", identity_events_pb2.OrganizationUpdated(organization=told))


async def subscriber(shop: Shop, country: str = "DE") -> str:
    """The id of a new customer."""
    request = customer_service_pb2.CreateCustomerRequest(request_id=str(uuid4()), email=f"{uuid4().hex}@example.com")
    if country:
        request.billing_address.CopyFrom(address_pb2.Address(country=country))
    return (await shop.customers.CreateCustomer(request, shop.call())).id


def line(amount: int, **fields: Any) -> billing_pb2.BillingLine:
    made = billing_pb2.BillingLine(billing_entry_id=str(new_id()), type=order_pb2.BILLING_ENTRY_TYPE_CYCLE, label="Pro", amount=amount)
    made.MergeFrom(billing_pb2.BillingLine(description=f"Pro: {amount}", **fields))
    made.start_timestamp.CopyFrom(to_timestamp(NOW))
    made.end_timestamp.CopyFrom(to_timestamp(NOW + timedelta(days=30)))
    return made


def billing(customer_id: str, *lines: billing_pb2.BillingLine, days: int = 0, **fields: Any) -> billing_pb2.Billing:
    """A cycle of a subscription, 1000 unless told otherwise, that began after so many days."""
    given = {
        "order_id": str(new_id()),
        "subscription_id": str(new_id()),
        "product_id": str(uuid4()),
        "billing_reason": CYCLE,
        "currency": "eur",
        "tax_behavior": tax_pb2.TAX_BEHAVIOR_INCLUSIVE,
        "description": "Pro",
        **fields,
    }
    made = billing_pb2.Billing(customer_id=customer_id, lines=lines or [line(1000)], **given)
    made.period_start.CopyFrom(to_timestamp(NOW + timedelta(days=days)))
    made.period_end.CopyFrom(to_timestamp(NOW + timedelta(days=days + 30)))
    return made


async def cycled(shop: Shop, *billings: billing_pb2.Billing) -> list[UUID]:
    """The service hears of cycles; how many came too early."""
    return await shop.react("subscription.cycled", *(subscription_events_pb2.SubscriptionCycled(billing=each) for each in billings))


async def ask(shop: Shop) -> int:
    """The lane asks for all charges."""
    return await ask_charges(shop.clock.now(), open_store=shop.open_all, payments=shop.charges)


async def succeeded(shop: Shop, order_id: str, attempt: int = 1) -> None:
    fact = payments_events_pb2.PaymentSucceeded(payment_id=str(uuid4()), order_id=order_id, attempt=attempt, processor="stripe")
    await shop.react("payment.succeeded", fact)


async def declined(shop: Shop, *order_ids: str, attempt: int = 1, retryable: bool = True) -> None:
    facts = [
        payments_events_pb2.PaymentFailed(order_id=each, attempt=attempt, code="card_declined", message="No.", retryable=retryable)
        for each in order_ids
    ]
    await shop.react("payment.failed", *facts)


async def order(shop: Shop, order_id: str) -> order_pb2.Order:
    return await shop.orders.GetOrder(order_service_pb2.GetOrderRequest(id=order_id), shop.call())
