"""What the use cases, the API and the reactions need from elsewhere. All is bound in app.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page
from services.ledger.domain.audit import Audit
from services.ledger.domain.balance import AsOf
from services.ledger.domain.customer_balance import CustomerBalances, Holder
from services.ledger.domain.fees import FeePlan
from services.ledger.domain.posting import Posting, Result
from services.ledger.domain.postings import Charge


class Books(Protocol):
    """Where transactions are posted: through the lane of this process, or inside an open database transaction."""

    async def post(self, postings: Sequence[Posting]) -> list[Result]:
        """What came of each, in their order."""
        ...


class Reads(Protocol):
    """The books as one transaction of the database sees them."""

    async def account(self, account_id: int) -> Row | None: ...
    async def accounts(self, page: Page, *, kind: int, currency: str) -> tuple[Sequence[Row], str]: ...
    async def transaction(self, transaction_id: int) -> Row | None: ...
    async def transactions(self, page: Page, *, source_id: UUID | None, account_id: int | None, kind: int) -> tuple[Sequence[Row], str]: ...
    async def entries(self, transaction_ids: Sequence[int]) -> Mapping[int, Sequence[Row]]: ...
    async def as_of_transaction(self, account_id: int, transaction_id: int) -> AsOf | None: ...
    async def as_of_time(self, account_id: int, effective_at: datetime) -> AsOf | None: ...
    async def trial_balance(self) -> Sequence[Row]: ...


BooksIn = Callable[[Transaction], Books]
ReadsIn = Callable[[Transaction], Reads]
PlansOf = Callable[[Transaction, Collection[UUID]], Awaitable[Mapping[UUID, FeePlan]]]
ChargesOf = Callable[[Transaction, Collection[UUID]], Awaitable[Mapping[UUID, Charge]]]
BalancesOf = Callable[[Transaction, Collection[Holder], Collection[str]], Awaitable[CustomerBalances]]
AuditAll = Callable[[], Awaitable[Audit]]
