"""What the buyer is told, and whether the same card may be tried again."""

from __future__ import annotations

import pytest

from services.payments.domain.declines import DECLINES, declined, refused

NEVER_AGAIN = ("lost_card", "stolen_card", "expired_card", "fraudulent", "pickup_card", "restricted_card", "incorrect_number")


@pytest.mark.parametrize("code", NEVER_AGAIN)
def test_a_hard_decline_is_not_worth_another_try(code: str) -> None:
    assert declined("card_declined", code).retryable is False


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
