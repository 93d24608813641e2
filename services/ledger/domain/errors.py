"""What the ledger refuses, by name."""

from __future__ import annotations

from services.chassis.errors import Exhausted, Invalid, NotFound, NotPossibleNow, Unavailable


class AccountNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("ACCOUNT_NOT_FOUND", "there is no such account")


class TransactionNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("TRANSACTION_NOT_FOUND", "there is no such transaction")


class AsOfMissing(Invalid):
    def __init__(self) -> None:
        super().__init__("AS_OF_MISSING", "say as of which transaction or which instant", field="as_of")


class CurrencyUnknown(Invalid):
    def __init__(self, currency: str) -> None:
        super().__init__("CURRENCY_UNKNOWN", f"{currency!r} is not a currency of the suite", field="currency")


class AccountReferenceInvalid(Invalid):
    def __init__(self, kind: str, qualifier: str) -> None:
        super().__init__("ACCOUNT_REFERENCE_INVALID", f"the chart has no account {kind} with the qualifier {qualifier!r}", field="account")


class TransactionUnbalanced(Invalid):
    def __init__(self, why: str) -> None:
        super().__init__("TRANSACTION_UNBALANCED", why, field="legs")


class AmountOverflow(Invalid):
    def __init__(self) -> None:
        super().__init__("AMOUNT_OVERFLOW", "an amount, or a balance with it, is too large", field="legs")


class IdempotencyKeyReused(Invalid):
    def __init__(self) -> None:
        message = "this idempotency key was used for another transaction"
        super().__init__("IDEMPOTENCY_KEY_REUSED", message, field="idempotency_key")


class BalanceBoundExceeded(NotPossibleNow):
    def __init__(self) -> None:
        super().__init__("BALANCE_BOUND_EXCEEDED", "an account has not enough for this transaction")


class ReversalRefused(NotPossibleNow):
    def __init__(self) -> None:
        message = "not the exact negation of one of the organization's transactions that nobody has taken back"
        super().__init__("REVERSAL_REFUSED", message)


class LedgerBusy(Exhausted):
    def __init__(self) -> None:
        super().__init__("LEDGER_BUSY", "too many transactions wait to be posted; try again shortly", retry_after_seconds=0.2)


class LedgerUnavailable(Unavailable):
    """Nobody knows whether it was posted; the same idempotency key finds it out."""

    def __init__(self) -> None:
        super().__init__("LEDGER_UNAVAILABLE", "the books cannot be reached; try again with the same key", retry_after_seconds=1.0)
