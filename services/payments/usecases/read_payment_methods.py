"""Read payment methods."""

from __future__ import annotations

from uuid import UUID

from services.chassis.pagination import Page
from services.payments.domain.errors import payment_method_not_found
from services.payments.domain.payment_method import PaymentMethod
from services.payments.usecases.ports import Ports


async def get_payment_method(ports: Ports, organization_id: UUID, method_id: UUID) -> PaymentMethod:
    """NotFound: PAYMENT_METHOD_NOT_FOUND."""
    async with ports.database.transaction(organization_id) as transaction:
        method = await ports.methods.get(transaction, organization_id, method_id)
    if method is None:
        raise payment_method_not_found(method_id)
    return method


async def list_payment_methods(ports: Ports, organization_id: UUID, customer_id: UUID, page: Page) -> tuple[list[PaymentMethod], str]:
    """A page of a customer's payment methods and the token of the next one."""
    async with ports.database.transaction(organization_id) as transaction:
        return await ports.methods.page(transaction, organization_id, customer_id, page)
