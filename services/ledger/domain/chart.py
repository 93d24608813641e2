"""The chart of accounts: which kinds there are, whose they are, and how their codes are spelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from uuid import UUID

from services.chassis.money import CURRENCIES
from services.ledger.domain.errors import AccountReferenceInvalid, CurrencyUnknown


class AccountKind(IntEnum):
    """A line of the chart."""

    BANK = 1000
    CLEARING = 1100
    DISPUTE_RECEIVABLE = 1200
    CUSTOMER_RECEIVABLE = 1210
    FX_POSITION = 1900
    MERCHANT_PAYABLE = 2000
    MERCHANT_DISPUTE_HOLD = 2010
    MERCHANT_RESERVE = 2020
    TAX_PAYABLE = 2100
    CUSTOMER_WALLET = 2200
    REFUND_IN_TRANSIT = 2300
    PAYOUT_IN_TRANSIT = 2310
    FEE_REVENUE = 4000
    PROCESSOR_FEE = 5000
    DISPUTE_LOSS = 5100
    PROMO_CREDIT = 5200
    FX_GAIN_LOSS = 5300
    ROUNDING = 5310


class Normal(Enum):
    """On which side an account's balance is expected; balances are debits − credits."""

    DEBIT = 1
    CREDIT = -1
    EITHER = 0


@dataclass(frozen=True, slots=True)
class Line:
    """What holds for all accounts of one kind."""

    normal: Normal
    of_organization: bool = False
    qualified: bool = False
    qualifiers: frozenset[str] = frozenset()
    """The only qualifiers there are; empty: any."""
    bounded: bool = False
    """The balance may never change to the side that is not normal."""

    @property
    def floor_amount(self) -> int | None:
        return 0 if self.bounded and self.normal is Normal.DEBIT else None

    @property
    def ceiling_amount(self) -> int | None:
        return 0 if self.bounded and self.normal is Normal.CREDIT else None


_FEES = frozenset(("payment", "intl", "subscription", "dispute", "payout"))
_COSTS = frozenset(("payment", "refund", "dispute", "payout", "tax"))

CHART: Mapping[AccountKind, Line] = {
    AccountKind.BANK: Line(Normal.DEBIT, qualified=True),
    AccountKind.CLEARING: Line(Normal.DEBIT, qualified=True),
    AccountKind.DISPUTE_RECEIVABLE: Line(Normal.DEBIT, qualified=True),
    # What a customer owes of orders that were carried on to the next ones (docs/decisions/0011).
    AccountKind.CUSTOMER_RECEIVABLE: Line(Normal.DEBIT, of_organization=True, qualified=True, bounded=True),
    AccountKind.FX_POSITION: Line(Normal.EITHER),
    # Refunds and disputes may take more than there is: only a payout asks what is left.
    AccountKind.MERCHANT_PAYABLE: Line(Normal.CREDIT, of_organization=True),
    AccountKind.MERCHANT_DISPUTE_HOLD: Line(Normal.CREDIT, of_organization=True),
    AccountKind.MERCHANT_RESERVE: Line(Normal.CREDIT, of_organization=True),
    AccountKind.TAX_PAYABLE: Line(Normal.CREDIT, qualified=True),
    AccountKind.CUSTOMER_WALLET: Line(Normal.CREDIT, of_organization=True, qualified=True, bounded=True),
    AccountKind.REFUND_IN_TRANSIT: Line(Normal.CREDIT, qualified=True),
    AccountKind.PAYOUT_IN_TRANSIT: Line(Normal.CREDIT, qualified=True),
    AccountKind.FEE_REVENUE: Line(Normal.CREDIT, qualified=True, qualifiers=_FEES),
    AccountKind.PROCESSOR_FEE: Line(Normal.DEBIT, qualified=True, qualifiers=_COSTS),
    AccountKind.DISPUTE_LOSS: Line(Normal.DEBIT),
    AccountKind.PROMO_CREDIT: Line(Normal.DEBIT),
    AccountKind.FX_GAIN_LOSS: Line(Normal.EITHER),
    AccountKind.ROUNDING: Line(Normal.EITHER),
}


@dataclass(frozen=True, slots=True)
class Account:
    """An account by what it stands for. `code` is its name in the books, e.g. `clearing:stripe:eur`."""

    kind: AccountKind
    currency: str
    organization_id: UUID | None
    code: str


def account(kind: AccountKind, currency: str, *, organization_id: UUID | None = None, qualifier: str = "") -> Account:
    """The account of that kind. Of an organization's kinds it is the organization's own, the others are the platform's.

    AccountReferenceInvalid where the chart has no such account, CurrencyUnknown for a currency that the suite has not.
    """
    line = CHART[kind]
    name = kind.name.lower()
    if currency not in CURRENCIES:
        raise CurrencyUnknown(currency)
    if line.qualified != bool(qualifier) or (line.qualifiers and qualifier not in line.qualifiers):
        raise AccountReferenceInvalid(name, qualifier)
    if line.of_organization and organization_id is None:
        raise AccountReferenceInvalid(name, qualifier)
    owner = organization_id if line.of_organization else None
    parts = (name, str(owner) if owner else "", qualifier, currency)
    return Account(kind, currency, owner, ":".join(filter(None, parts)))
