"""A payment method and its row."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from services.chassis.database import Row
from services.chassis.ids import new_id
from services.payments.domain.payment_method import MethodDetails, PaymentMethod

DETAILS = ("type", "brand", "last4", "exp_month", "exp_year", "country", "fingerprint")


def new_row(organization_id: UUID, customer_id: UUID, details: MethodDetails, now: datetime) -> dict[str, Any]:
    """The row of one that is new."""
    return {
        "id": new_id(),
        "organization_id": organization_id,
        "customer_id": customer_id,
        **details_row(details),
        "version": 1,
        "detach_at": None,
        "deleted_at": None,
        "created_at": now,
        "modified_at": now,
    }


def details_row(details: MethodDetails) -> dict[str, Any]:
    return {"processor_id": details.processor_id, **{name: getattr(details, name) for name in DETAILS}}


def row_to_method(row: Row) -> PaymentMethod:
    """The row, and `is_default`."""
    return PaymentMethod(
        id=row["id"],
        organization_id=row["organization_id"],
        customer_id=row["customer_id"],
        details=MethodDetails(processor_id=row["processor_id"], **{name: row[name] for name in DETAILS}),
        is_default=row["is_default"],
        version=row["version"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )
