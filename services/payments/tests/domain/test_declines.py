"""What the buyer is told, and whether the same card may be tried again."""

from __future__ import annotations

from services.payments.domain.declines import DECLINES, declined, refused

# By docs.stripe.com/declines/codes: the bank says never, the card is none, or what was typed or asked for is wrong.
NEVER = """lost_card stolen_card fraudulent pickup_card restricted_card security_violation merchant_blacklist highest_risk_level blocklist
invalid_account new_account_information_available no_account account_closed revocation_of_all_authorizations revocation_of_authorization
stop_payment_order pin_try_exceeded expired_card"""
WRONG = """incorrect_number invalid_number incorrect_cvc invalid_cvc invalid_expiry_month invalid_expiry_year incorrect_zip invalid_amount
currency_not_supported card_not_supported transaction_not_allowed not_permitted service_not_allowed testmode_decline
live_mode_test_card"""


def test_a_hard_decline_is_not_worth_another_try_and_every_other_is() -> None:
    hard = {code for code in DECLINES if not declined("card_declined", code).retryable}
    assert hard == {*NEVER.split(), *WRONG.split()}


def test_the_decline_code_says_more_than_the_code() -> None:
    assert declined("card_declined", "insufficient_funds").message == "Your card has insufficient funds."
    assert declined("expired_card", None).retryable is False
    assert declined("card_declined", "a_code_of_next_year").retryable is True


def test_a_thief_is_not_warned() -> None:
    plain = declined("card_declined", "generic_decline").message
    assert {DECLINES[code][1] for code in ("lost_card", "stolen_card", "fraudulent", "pickup_card")} == {plain}


def test_a_refused_request_is_not_worth_repeating() -> None:
    assert refused("resource_missing").retryable is False
    assert refused("incorrect_number").message == "Your card number is incorrect."
