"""A customer's balance in the books: what they have in the wallet, and what they owe, each on an account of its own.

Facts arrive in any order, so a debt may come before the credit that it was paid from. Whatever comes takes from the one first and adds
to the other with the rest: in the end there is what there is, in whatever order it came (docs/decisions/0011).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from services.ledger.domain.chart import Account, AccountKind, account
from services.ledger.domain.posting import Leg


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose balance, in which currency."""

    organization_id: UUID
    customer_id: UUID
    currency: str

    @property
    def wallet(self) -> Account:
        return self._account(AccountKind.CUSTOMER_WALLET)

    @property
    def receivable(self) -> Account:
        return self._account(AccountKind.CUSTOMER_RECEIVABLE)

    def _account(self, kind: AccountKind) -> Account:
        return account(kind, self.currency, organization_id=self.organization_id, qualifier=str(self.customer_id))


@dataclass(slots=True)
class CustomerBalances:
    """The balances as they stand, while transactions are made one after the other. `booked`: keys of what is in them already."""

    amounts: dict[str, int] = field(default_factory=dict)
    """By code of the account, debits − credits."""
    booked: set[str] = field(default_factory=set)

    def change(self, holder: Holder, amount: int, key: str) -> list[Leg]:
        """The legs that change a balance by `amount`, positive in the customer's favour. What `key` names and is booked changes nothing
        any more: its legs are not posted again."""
        wallet, receivable = holder.wallet, holder.receivable
        had, owed = -self.amounts.get(wallet.code, 0), self.amounts.get(receivable.code, 0)
        settled = min(amount, owed) if amount > 0 else max(amount, -had)
        rest = amount - settled
        legs = [Leg(receivable, -settled), Leg(wallet, -rest)] if amount > 0 else [Leg(wallet, -settled), Leg(receivable, -rest)]
        if key not in self.booked:
            self.booked.add(key)
            for leg in legs:
                self.amounts[leg.account.code] = self.amounts.get(leg.account.code, 0) + leg.amount
        return legs
