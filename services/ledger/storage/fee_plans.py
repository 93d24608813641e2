"""Fee plans: an organization's own, or the default."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select

from services.chassis.database import Transaction
from services.chassis.sql import compile_statement
from services.ledger.domain.fees import FeePlan
from services.ledger.storage.tables import fee_plan

_PLANS = compile_statement(
    select(fee_plan).where(or_(fee_plan.c.organization_id == func.any(bindparam("organization_ids")), fee_plan.c.organization_id.is_(None)))
)


async def fee_plans(transaction: Transaction, organization_ids: Collection[UUID]) -> Mapping[UUID, FeePlan]:
    """The plan of each organization."""
    rows = await transaction.all(_PLANS, organization_ids=list(organization_ids))
    plans = {row["organization_id"]: FeePlan(row["rate_ppm"], row["fixed_amount"]) for row in rows}
    return {organization_id: plans.get(organization_id, plans[None]) for organization_id in organization_ids}
