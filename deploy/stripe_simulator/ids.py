"""Object ids in Stripe's form: a prefix and random letters and digits, never parsed by anyone."""

import random
import string

_ALPHABET = string.ascii_letters + string.digits
_random = random.Random()

PREFIXES = {
    "account": "acct",
    "balance_transaction": "txn",
    "charge": "ch",
    "confirmation_token": "ctoken",
    "customer": "cus",
    "dispute": "du",
    "event": "evt",
    "mandate": "mandate",
    "payment_intent": "pi",
    "payment_method": "pm",
    "payout": "po",
    "radar.early_fraud_warning": "issfr",
    "refund": "re",
    "request": "req",
    "setup_attempt": "setatt",
    "setup_intent": "seti",
    "token": "tok",
    "transfer": "tr",
    "transfer_reversal": "trr",
    "webhook_endpoint": "we",
}


def mint(kind: str, length: int = 24) -> str:
    """A new id for a kind of object, e.g. `pi_` and 24 characters."""
    return f"{PREFIXES[kind]}_{letters(length)}"


def letters(length: int) -> str:
    return "".join(_random.choices(_ALPHABET, k=length))
