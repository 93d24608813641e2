"""Forget a payment method: here at once, at the processor right after."""

from __future__ import annotations

from uuid import UUID

from services.chassis.database import Transaction
from services.payments.domain.errors import payment_method_not_found
from services.payments.domain.payment_method import PaymentMethod
from services.payments.usecases.ports import Ports


async def delete_payment_method(ports: Ports, transaction: Transaction, organization_id: UUID, method_id: UUID) -> PaymentMethod:
    """The payment method as it was last. NotFound: PAYMENT_METHOD_NOT_FOUND."""
    method = await ports.methods.get(transaction, organization_id, method_id)
    if method is None:
        raise payment_method_not_found(method_id)
    now_of = await ports.organization_clock.now_of(transaction, [organization_id])
    gone, defaults = await ports.methods.forget(transaction, {method_id: organization_id}, now_of, ports.clock.now())
    if not gone:
        raise payment_method_not_found(method_id)
    ports.tell_methods(transaction, "payment_method.deleted", gone)
    ports.tell_methods(transaction, "payment_method.updated", defaults)
    return gone[0]
