"""Stripe's test cards: which number, which token, and what happens to it."""

from dataclasses import dataclass
from typing import Any

from deploy.stripe_simulator.errors import invalid
from deploy.stripe_simulator.jsons import Json

LAST_VALID_MONTH = 12
WRONG_CVC = "99"


@dataclass(slots=True, frozen=True)
class Card:
    """`challenge`: never, optional, on_session (off-session passes), unless_set_up, always. `later`: what happens afterwards."""

    number: str
    tokens: tuple[str, ...] = ()
    brand: str = "visa"
    country: str = "US"
    code: str | None = None
    decline_code: str | None = None
    challenge: str = "never"
    declines_when_attached: bool = True
    risk_level: str = "normal"
    blocked: bool = False
    cvc_check: str = "pass"
    postal_code_check: str = "pass"
    funds_at_once: bool = False
    later: tuple[str, ...] = ()
    refund: str = "succeeds"

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def declines(self) -> bool:
        return self.code is not None


def _declined(number: str, name: str, decline_code: str, code: str = "card_declined", **more: Any) -> Card:
    tokens = (f"visa_chargeDeclined{name}", f"chargeDeclined{name}")
    return Card(number, tokens, code=code, decline_code=decline_code, **more)


CARDS = (
    Card("4242424242424242", ("visa",)),
    Card("4000056655665556", ("visa_debit",)),
    Card("5555555555554444", ("mastercard",), brand="mastercard"),
    Card("378282246310005", ("amex",), brand="amex"),
    Card("6011111111111117", ("discover",), brand="discover"),
    Card("4000008260000000", ("gb", "visa_gb"), country="GB"),
    Card("4000002760000016", ("de", "visa_de"), country="DE"),
    Card("4000000000000077", ("bypassPending",), funds_at_once=True),
    Card("4000000000003720", ("bypassPendingInternational",), country="GB", funds_at_once=True),
    _declined("4000000000000002", "", "generic_decline"),
    _declined("4000000000009995", "InsufficientFunds", "insufficient_funds"),
    _declined("4000000000009987", "LostCard", "lost_card"),
    _declined("4000000000009979", "StolenCard", "stolen_card"),
    _declined("4000000000000069", "ExpiredCard", "expired_card", code="expired_card"),
    _declined("4000000000000127", "IncorrectCvc", "incorrect_cvc", code="incorrect_cvc", cvc_check="fail"),
    _declined("4000000000000119", "ProcessingError", "processing_error", code="processing_error"),
    Card("4242424242424241", code="incorrect_number", decline_code="incorrect_number"),
    Card(
        "4000000000000341",
        ("chargeCustomerFail",),
        code="card_declined",
        decline_code="generic_decline",
        declines_when_attached=False,
    ),
    Card("4100000000000019", ("radarBlock",), code="card_declined", decline_code="fraudulent", risk_level="highest", blocked=True),
    Card("4000000000004954", ("riskLevelHighest",), risk_level="highest"),
    Card("4000000000009235", ("riskLevelElevated",), risk_level="elevated"),
    Card("4000000000000101", ("cvcCheckFail",), cvc_check="fail"),
    Card("4000000000000036", ("avsZipFail",), postal_code_check="fail"),
    Card("4000002500003155", ("authenticationRequiredOnSetup",), challenge="unless_set_up"),
    Card("4000002760003184", ("authenticationRequired",), challenge="always"),
    Card("4000003800000446", ("authenticationRequiredSetupForOffSession",), challenge="on_session"),
    Card(
        "4000008260003178",
        ("authenticationRequiredChargeDeclinedInsufficientFunds",),
        challenge="unless_set_up",
        code="card_declined",
        decline_code="insufficient_funds",
        declines_when_attached=False,
    ),
    Card("4000000000003220", ("threeDSecure2Required", "threeDSecureRequired"), challenge="always"),
    Card(
        "4000008400001629",
        ("threeDSecureRequiredChargeDeclined",),
        challenge="always",
        code="card_declined",
        decline_code="generic_decline",
        declines_when_attached=False,
    ),
    # The look-up itself fails, so there is nothing for the buyer to complete.
    Card("4000008400001280", ("threeDSecureRequiredProcessingError",), code="card_declined", decline_code="processing_error"),
    Card("4000000000003055", ("threeDSecureOptional",), challenge="optional"),
    Card("4000000000000259", ("createDispute",), later=("dispute:fraudulent:needs_response",)),
    Card(
        "4000000000002685",
        ("createDisputeProductNotReceived",),
        later=("dispute:product_not_received:needs_response",),
    ),
    Card("4000000000001976", ("createDisputeInquiry",), later=("dispute:general:warning_needs_response",)),
    Card(
        "4000000404000079",
        ("createMultipleDisputes",),
        later=("dispute:fraudulent:needs_response", "dispute:product_not_received:needs_response"),
    ),
    Card("4000000000005423", ("createIssuerFraudRecord",), later=("fraud_warning",)),
    Card("4000000000007726", ("pendingRefund",), refund="pending"),
    Card("4000000000005126", ("refundFail",), refund="fails"),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {f"{prefix}_{token}": card for card in CARDS for token in card.tokens for prefix in ("pm_card", "tok")}

MESSAGES = {
    "card_declined": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "insufficient_funds": "Your card has insufficient funds.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
ADVICE = {"lost_card": "do_not_try_again", "stolen_card": "do_not_try_again", "processing_error": "try_again_later"}


def with_number(number: str) -> Card:
    """A number that is not in the table behaves like 4242…; one that fails the Luhn check is incorrect."""
    digits = number.replace(" ", "").replace("-", "")
    if digits in BY_NUMBER:
        return BY_NUMBER[digits]
    if not digits.isdecimal() or not 12 <= len(digits) <= 19 or not _luhn(digits):
        return Card(digits or "0000", code="incorrect_number", decline_code="incorrect_number")
    return Card(digits)


def check_expiry(details: Json, year: int) -> None:
    """Refuse months and years that cannot be, and a security code that is too short."""
    if not 1 <= details["exp_month"] <= LAST_VALID_MONTH:
        raise invalid("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    given = details["exp_year"] if details["exp_year"] > 99 else 2000 + details["exp_year"]
    if not year <= given <= year + 50:
        raise invalid("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    if details.get("cvc") == WRONG_CVC:
        raise invalid("Your card's security code is invalid.", "invalid_cvc", "cvc")


def message(code: str, decline_code: str | None) -> str:
    return MESSAGES.get(decline_code or "") or MESSAGES[code]


def _luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
