"""Read payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.chassis.pagination import Page
from services.payments.domain.attempt import Attempt, Kind
from services.payments.domain.errors import payment_not_found
from services.payments.usecases.ports import Ports


async def get_payment(ports: Ports, organization_id: UUID, payment_id: UUID) -> Attempt:
    """NotFound: PAYMENT_NOT_FOUND."""
    async with ports.database.transaction(organization_id) as transaction:
        payment = await ports.attempts.get(transaction, organization_id, Kind.PAYMENT, payment_id)
    if payment is None:
        raise payment_not_found()
    return payment


async def list_payments(
    ports: Ports, organization_id: UUID, page: Page, filters: Mapping[str, Sequence[object]]
) -> tuple[list[Attempt], str, int | None]:
    """A page of payments, the token of the next one, and the total if it was asked for."""
    async with ports.database.transaction(organization_id) as transaction:
        return await ports.attempts.page(transaction, organization_id, page, filters)
