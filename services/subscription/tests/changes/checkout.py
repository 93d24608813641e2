"""A checkout that knows some products and discounts, and makes orders of what it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bursar.checkout.v1 import (
    billing_pb2,
    billing_service_pb2,
    checkout_pb2,
    customer_pb2,
    customer_service_pb2,
    discount_pb2,
    order_pb2,
    product_pb2,
    product_service_pb2,
)

from services.chassis.call import Call
from services.chassis.errors import BursarError, NotFound, Unavailable
from services.chassis.peers import Peers
from services.chassis.server import Server
from services.chassis.tests.keys import signers
from services.pricing.reduction import reductions
from services.subscription.convert_price import read_applied
from services.subscription.tests.builders import NOW, timestamp

M = TypeVar("M")
_DESCRIPTORS = (
    billing_service_pb2.DESCRIPTOR.services_by_name["BillingService"],
    product_service_pb2.DESCRIPTOR.services_by_name["ProductService"],
    customer_service_pb2.DESCRIPTOR.services_by_name["CustomerService"],
)


@dataclass
class FakeCheckout:
    """`declines`, `loses_answers`, `refuses`: what the next charges come to."""

    products: dict[str, product_pb2.Product] = field(default_factory=dict)
    discounts: dict[str, discount_pb2.AppliedDiscount] = field(default_factory=dict)
    customers: dict[str, customer_pb2.Customer] = field(default_factory=dict)
    orders: dict[str, order_pb2.Order] = field(default_factory=dict)
    billings: list[billing_pb2.Billing] = field(default_factory=list)
    """What was charged, once an order."""
    redemptions: list[str] = field(default_factory=list)
    declines: bool = False
    loses_answers: bool = False
    is_away: bool = False
    refuses: BursarError | None = None
    refuses_discounts: BursarError | None = None

    async def GetProduct(self, request: product_service_pb2.GetProductRequest, call: Call) -> product_pb2.Product:
        return _found(self.products, request.id, "PRODUCT_NOT_FOUND")

    async def GetCustomer(self, request: customer_service_pb2.GetCustomerRequest, call: Call) -> customer_pb2.Customer:
        return _found(self.customers, request.id, "CUSTOMER_NOT_FOUND")

    async def RedeemDiscount(self, request: billing_service_pb2.RedeemDiscountRequest, call: Call) -> discount_pb2.AppliedDiscount:
        applied = _found(self.discounts, request.discount_id, "DISCOUNT_NOT_FOUND")
        if self.refuses_discounts is not None:
            raise self.refuses_discounts
        if not request.validate_only and request.request_id not in self.redemptions:
            self.redemptions.append(request.request_id)
        return applied

    async def QuoteBilling(self, request: billing_service_pb2.QuoteBillingRequest, call: Call) -> order_pb2.Order:
        if self.refuses is not None:
            raise self.refuses
        return _order(request.billing, order_pb2.ORDER_STATUS_DRAFT)

    async def BillNow(self, request: billing_service_pb2.BillNowRequest, call: Call) -> order_pb2.Order:
        if self.is_away:
            raise Unavailable("PAYMENTS_AWAY", "nobody is there")
        if self.refuses is not None:
            raise self.refuses
        billing = request.billing
        if billing.order_id not in self.orders:
            self.billings.append(billing)
            status = order_pb2.ORDER_STATUS_VOID if self.declines else order_pb2.ORDER_STATUS_PAID
            order = _order(billing, status)
            if self.declines:
                order.payment_failure.CopyFrom(checkout_pb2.PaymentFailure(code="card_declined", decline_code="insufficient_funds"))
            self.orders[billing.order_id] = order
        if self.loses_answers:
            raise Unavailable("ANSWER_LOST", "it was done, and nobody heard")
        return self.orders[billing.order_id]

    def __getattr__(self, name: str) -> Any:
        if not name[0].isupper():
            raise AttributeError(name)

        async def unserved(request: object, call: Call) -> None:
            raise AssertionError(f"nothing here asks for {name}")

        return unserved


@asynccontextmanager
async def serving_checkout(folder: Path) -> AsyncIterator[tuple[FakeCheckout, Peers]]:
    """The fake on a port of its own, and the way to it for the service under test."""
    made, verifier = signers(folder, ["subscription"])
    checkout, server = FakeCheckout(), Server(verifier, service="checkout")
    for descriptor in _DESCRIPTORS:
        server.add(descriptor, checkout)
    port = await server.start("127.0.0.1:0")
    peers = Peers({"checkout": f"127.0.0.1:{port}"}, made["subscription"])
    try:
        yield checkout, peers
    finally:
        await peers.close()
        await server.stop(drain_seconds=0, grace_seconds=1)


def _found(known: dict[str, M], key: str, reason: str) -> M:
    if key not in known:
        raise NotFound(reason, f"there is no {key}")
    return known[key]


def _order(billing: billing_pb2.Billing, status: order_pb2.OrderStatus.ValueType) -> order_pb2.Order:
    """Lines with the order's discount on those that are no prorations; no tax."""
    off = [0] * len(billing.lines)
    if billing.HasField("discount"):
        amounts = [0 if line.proration else line.amount for line in billing.lines]
        off = reductions(read_applied(billing.discount).reduction, billing.currency, amounts)
    total = sum(line.amount - part for line, part in zip(billing.lines, off, strict=True))
    return order_pb2.Order(
        id=billing.order_id,
        status=status,
        paid=status == order_pb2.ORDER_STATUS_PAID,
        billing_reason=billing.billing_reason,
        currency=billing.currency,
        total_amount=total,
        discount_amount=sum(off),
        version=2,
        paid_at=timestamp(NOW) if status == order_pb2.ORDER_STATUS_PAID else None,
        modified_at=timestamp(NOW),
        items=[
            order_pb2.OrderItem(
                id=line.billing_entry_id,
                label=line.label,
                amount=line.amount,
                discount_amount=part,
                proration=line.proration,
                billing_entry_type=line.type,
                description=line.description,
            )
            for line, part in zip(billing.lines, off, strict=True)
        ],
    )
