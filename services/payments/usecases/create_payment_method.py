"""Save a payment method that the customer adds, without a charge; it becomes the one to pay by."""

from __future__ import annotations

from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.ids import new_id
from services.payments.domain.attempt import PENDING, Attempt, Kind
from services.payments.domain.customer import Customer
from services.payments.usecases.create_attempt import Begun, NewAttempt, begin_attempt
from services.payments.usecases.look_up_attempt import find_attempt
from services.payments.usecases.ports import Ports


async def create_payment_method(ports: Ports, transaction: Transaction, customer: Customer, source: str, return_url: str | None) -> Begun:
    """The setup, stored and not asked for yet. Invalid: PAYMENT_METHOD_MISSING."""
    setup_id = new_id()
    now = ports.clock.now()
    attempt = Attempt(
        id=setup_id,
        organization_id=customer.organization_id,
        kind=Kind.SETUP,
        status=PENDING,
        customer_id=customer.customer_id,
        subject_id=setup_id,
        checkout_id=None,
        number=1,
        source=source,
        off_session=False,
        keep_method=True,
        return_url=return_url,
        created_at=now,
        modified_at=now,
    )
    return await begin_attempt(ports, transaction, NewAttempt(attempt, customer))


async def find_setup(ports: Ports, organization_id: UUID, setup_id: UUID, customer: Customer) -> Begun:
    """One that was begun before."""
    return Begun(await find_attempt(ports, organization_id, Kind.SETUP, setup_id, 1), customer, is_new=False)
