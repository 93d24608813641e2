"""Words and numbers of enums."""

from __future__ import annotations

import pytest
from bursar.subscription.v1.subscription_pb2 import SubscriptionStatus

from services.chassis.enums import number_of, word_of


def test_every_number_has_a_word_and_every_word_its_number() -> None:
    for number in SubscriptionStatus.values():
        assert number_of(SubscriptionStatus, word_of(SubscriptionStatus, number)) == number
    assert word_of(SubscriptionStatus, SubscriptionStatus.SUBSCRIPTION_STATUS_PAST_DUE) == "past_due"


def test_no_word_is_unspecified() -> None:
    assert (word_of(SubscriptionStatus, 0), number_of(SubscriptionStatus, ""), number_of(SubscriptionStatus, None)) == ("", 0, 0)


def test_what_the_enum_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="has no number 99"):
        word_of(SubscriptionStatus, 99)
    with pytest.raises(ValueError, match="SUBSCRIPTION_STATUS_ASLEEP"):
        number_of(SubscriptionStatus, "asleep")
