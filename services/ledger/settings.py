"""What this service is told."""

from __future__ import annotations

from pydantic import Field

from services.chassis.settings import Settings


class LedgerSettings(Settings):
    """The suite's settings, and how the books are watched."""

    posting_queue_limit: int = Field(8_192, ge=1, description="transactions that may wait to be posted; more are refused")
    seal_seconds: float = Field(1.0, gt=0, description="between two rounds of sealing")
    balance_check_seconds: float = Field(60.0, gt=0, description="between two looks at each currency's balances")
    audit_seconds: float = Field(86_400.0, gt=0, description="between two audits of the whole")
