"""The books in plain Python: what the ledger should do, one transaction after the other, with nothing clever."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from services.chassis.errors import BursarError
from services.ledger.domain.chart import CHART
from services.ledger.domain.errors import AmountOverflow, BalanceBoundExceeded, IdempotencyKeyReused, ReversalRefused
from services.ledger.domain.posting import Posted, Posting, Result

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class BookedEntry:
    code: str
    sequence: int
    transaction_id: int
    line: int
    amount: int
    balance_after_amount: int


@dataclass(slots=True)
class Oracle:
    """Every transaction and every balance, and how the answer to a posting follows from them."""

    transactions: list[Posting] = field(default_factory=list)
    """Transaction n is at n − 1."""
    entries: list[BookedEntry] = field(default_factory=list)
    debits: dict[str, int] = field(default_factory=dict)
    credits: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def post(self, batch: list[Posting]) -> list[Result]:
        return [self._post(posting) for posting in batch]

    def balance(self, code: str) -> int:
        return self.debits.get(code, 0) - self.credits.get(code, 0)

    def as_of_transaction(self, code: str, transaction_id: int) -> tuple[int, int]:
        """Balance and number of entries after a transaction."""
        amounts = [entry.amount for entry in self.entries if entry.code == code and entry.transaction_id <= transaction_id]
        return sum(amounts), len(amounts)

    def as_of_time(self, code: str, effective_at: datetime) -> int:
        effective = {
            number for number, posting in enumerate(self.transactions, 1) if posting.effective_at and posting.effective_at <= effective_at
        }
        return sum(entry.amount for entry in self.entries if entry.code == code and entry.transaction_id in effective)

    def _post(self, posting: Posting) -> Result:
        for number, known in enumerate(self.transactions, 1):
            if known.idempotency_key == posting.idempotency_key:
                same = known.request_hash == posting.request_hash
                return Posted(number, replayed=True) if same else IdempotencyKeyReused()
        if posting.reverses_id is not None and not self._reversible(posting):
            return ReversalRefused()
        refusal = self._refusal(posting)
        if refusal is not None:
            return refusal
        self.transactions.append(posting)
        for line, leg in enumerate(posting.legs, 1):
            code = leg.account.code
            side = self.debits if leg.amount > 0 else self.credits
            side[code] = side.get(code, 0) + abs(leg.amount)
            self.counts[code] = self.counts.get(code, 0) + 1
            self.entries.append(BookedEntry(code, self.counts[code], len(self.transactions), line, leg.amount, self.balance(code)))
        return Posted(len(self.transactions), replayed=False)

    def _refusal(self, posting: Posting) -> BursarError | None:
        for code in {leg.account.code for leg in posting.legs}:
            legs = [leg for leg in posting.legs if leg.account.code == code]
            line = CHART[legs[0].account.kind]
            debit = self.debits.get(code, 0) + sum(leg.amount for leg in legs if leg.amount > 0)
            credit = self.credits.get(code, 0) - sum(leg.amount for leg in legs if leg.amount < 0)
            if max(debit, credit) > _LARGEST:
                return AmountOverflow()
            if line.ceiling_amount is not None and debit - credit > line.ceiling_amount:
                return BalanceBoundExceeded()
        return None

    def _reversible(self, posting: Posting) -> bool:
        assert posting.reverses_id is not None
        if not 1 <= posting.reverses_id <= len(self.transactions):
            return False
        original = self.transactions[posting.reverses_id - 1]
        if any(known.reverses_id == posting.reverses_id for known in self.transactions):
            return False
        given = sorted((leg.account.code, -leg.amount) for leg in posting.legs)
        return original.organization_id == posting.organization_id and given == sorted(
            (leg.account.code, leg.amount) for leg in original.legs
        )
