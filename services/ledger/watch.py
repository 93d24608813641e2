"""What runs by itself: sealing, and the checks that nobody has to ask for."""

from __future__ import annotations

from collections.abc import Sequence

from services.chassis.clock import Clock
from services.chassis.database import Database
from services.ledger.domain.audit import Audit
from services.ledger.events.published import imbalance_found
from services.ledger.metrics import FINDINGS, IMBALANCE
from services.ledger.storage.audit import audit, imbalances


async def check_balances(database: Database, clock: Clock) -> None:
    """Whether each currency's balances add up to 0; cheap enough for every minute. Says so if not."""
    async with database.transaction() as transaction:
        amounts = await imbalances(transaction)
        for currency, amount in amounts.items():
            IMBALANCE.labels(currency).set(amount)
        wrong = [f"the balances in {currency} add up to {amount} and not to 0" for currency, amount in amounts.items() if amount]
        if wrong:
            transaction.publish(imbalance_found(wrong, clock.now()))


async def audit_books(database: Database, clock: Clock) -> Audit:
    """The whole audit; its findings are published."""
    found = await audit(database)
    FINDINGS.set(len(found.findings))
    if not found.sound:
        await _tell(database, found.findings, clock)
    return found


async def _tell(database: Database, findings: Sequence[str], clock: Clock) -> None:
    async with database.transaction() as transaction:
        transaction.publish(imbalance_found(findings, clock.now()))
