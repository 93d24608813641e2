"""Choose the payment method that a customer pays by from now on."""

from __future__ import annotations

from uuid import UUID

from services.chassis.database import Transaction
from services.payments.domain.errors import payment_method_not_found
from services.payments.domain.payment_method import PaymentMethod
from services.payments.usecases.ports import Ports


async def set_default_payment_method(ports: Ports, transaction: Transaction, organization_id: UUID, method_id: UUID) -> PaymentMethod:
    """The payment method afterwards. Choosing the default again changes nothing. NotFound: PAYMENT_METHOD_NOT_FOUND."""
    method = await ports.methods.get(transaction, organization_id, method_id)
    if method is None:
        raise payment_method_not_found(method_id)
    now_of = await ports.organization_clock.now_of(transaction, [organization_id])
    changed = await ports.methods.choose_default(transaction, method_id, now_of)
    ports.tell_methods(transaction, "payment_method.updated", changed)
    return next((each for each in changed if each.id == method_id), method)
