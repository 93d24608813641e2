"""Why a payment was declined, in words for the buyer, and whether the same payment method may work another time.

By Stripe's decline codes and error codes (docs.stripe.com/declines/codes). The buyer is never told that a card is reported lost,
stolen or suspect: that would warn a thief. A code that is not here is a plain decline, worth another try.
"""

from __future__ import annotations

from services.payments.domain.attempt import Failure

_DECLINED = "Your card was declined. Please try another card or ask your bank."
_PLAIN = (True, _DECLINED)
_HARD = (False, _DECLINED)
_NOT_ALLOWED = (False, "Your card does not support this kind of purchase. Please use another card.")
_LATER = (True, "Your bank could not process the payment. Please try again in a moment.")
_AUTHENTICATE = (True, "Your bank wants you to confirm this payment. Please try again and follow its instructions.")

DECLINES: dict[str, tuple[bool, str]] = {
    "insufficient_funds": (True, "Your card has insufficient funds."),
    "withdrawal_count_limit_exceeded": (True, "Your card is over its limit. Please try another card."),
    "card_velocity_exceeded": (True, "Your card is over its limit. Please try another card."),
    "authentication_required": _AUTHENTICATE,
    "authentication_not_handled": _AUTHENTICATE,
    "payment_intent_authentication_failure": (True, "Your bank could not confirm that it is you. Please try again or use another card."),
    "setup_intent_authentication_failure": (True, "Your bank could not confirm that it is you. Please try again or use another card."),
    "processing_error": _LATER,
    "issuer_not_available": _LATER,
    "reenter_transaction": _LATER,
    "try_again_later": _LATER,
    "approve_with_id": _LATER,
    "duplicate_transaction": (True, "A payment of the same amount was made a moment ago. Please check before you try again."),
    "generic_decline": _PLAIN,
    "card_declined": _PLAIN,
    "do_not_honor": _PLAIN,
    "no_action_taken": _PLAIN,
    "call_issuer": _PLAIN,
    "expired_card": (False, "Your card has expired. Please use another card."),
    "incorrect_number": (False, "Your card number is incorrect."),
    "invalid_number": (False, "Your card number is incorrect."),
    "incorrect_cvc": (False, "Your card's security code is incorrect."),
    "invalid_cvc": (False, "Your card's security code is incorrect."),
    "invalid_expiry_month": (False, "Your card's expiration month is invalid."),
    "invalid_expiry_year": (False, "Your card's expiration year is invalid."),
    "incorrect_zip": (False, "Your postal code does not match the card's."),
    "currency_not_supported": (False, "Your card does not support this currency. Please use another card."),
    "card_not_supported": _NOT_ALLOWED,
    "transaction_not_allowed": _NOT_ALLOWED,
    "not_permitted": _NOT_ALLOWED,
    "service_not_allowed": _NOT_ALLOWED,
    "testmode_decline": _NOT_ALLOWED,
    "live_mode_test_card": _NOT_ALLOWED,
    "lost_card": _HARD,
    "stolen_card": _HARD,
    "fraudulent": _HARD,
    "pickup_card": _HARD,
    "restricted_card": _HARD,
    "security_violation": _HARD,
    "merchant_blacklist": _HARD,
    "highest_risk_level": _HARD,
    "blocklist": _HARD,
    "invalid_account": _HARD,
    "new_account_information_available": _HARD,
    "no_account": _HARD,
    "account_closed": _HARD,
    "invalid_amount": _HARD,
    "revocation_of_all_authorizations": _HARD,
    "revocation_of_authorization": _HARD,
    "stop_payment_order": _HARD,
    "pin_try_exceeded": _HARD,
}
_REFUSED = "The payment could not be processed. Please try again with another payment method."

METHOD_MISSING = Failure("payment_method_missing", None, "There is no saved payment method to pay with. Please add one.", retryable=True)
CANCELED = Failure("canceled", None, "The payment was canceled.", retryable=True)
NEVER_ARRIVED = Failure("processor_unreachable", None, "The payment could not be processed. You were not charged.", retryable=True)


def declined(code: str, decline_code: str | None) -> Failure:
    """The bank or the processor's risk check said no. The decline code says more than the code."""
    retryable, message = DECLINES.get(decline_code or code) or DECLINES.get(code, _PLAIN)
    return Failure(code, decline_code, message, retryable)


def owner_absent() -> Failure:
    """The bank wants the owner of the card, who is not there."""
    return declined("authentication_required", "authentication_required")


def refused(code: str) -> Failure:
    """The processor did not accept the request: the same again would not be accepted either."""
    if code in DECLINES:
        return declined(code, None)
    return Failure(code, None, _REFUSED, retryable=False)
