"""Discounts: when they apply, what they take off, what is frozen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.chassis.errors import BursarError
from services.checkout.domain import discount as rules
from services.checkout.domain.discount import DiscountDuration
from services.checkout.tests.builders import NOW, discount, discount_terms
from services.pricing.reduction import FixedReduction, Percentage

PRODUCT = uuid4()
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"duration": DiscountDuration.REPEATING}, "DISCOUNT_DURATION_INVALID"),
        ({"duration_in_months": 3}, "DISCOUNT_DURATION_INVALID"),
        ({"starts_at": NOW, "ends_at": NOW}, "DISCOUNT_DATES_INVALID"),
        ({"reduction": FixedReduction({"xxx": 100})}, "CURRENCY_UNKNOWN"),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: dict[str, Any], reason: str) -> None:
    with pytest.raises(BursarError) as refused:
        rules.create(uuid4(), uuid4(), discount_terms(**terms), now=NOW)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("terms", "count", "reason"),
    [
        ({"starts_at": NOW + DAY}, 0, "DISCOUNT_NOT_APPLICABLE"),
        ({"ends_at": NOW}, 0, "DISCOUNT_NOT_APPLICABLE"),
        ({"product_ids": (uuid4(),)}, 0, "DISCOUNT_NOT_APPLICABLE"),
        ({"reduction": FixedReduction({"usd": 100})}, 0, "DISCOUNT_NOT_APPLICABLE"),
        ({"max_redemptions": 3}, 3, "DISCOUNT_EXHAUSTED"),
        ({"max_redemptions": 3}, 2, None),
        ({"product_ids": (PRODUCT,), "starts_at": NOW, "ends_at": NOW + DAY}, 0, None),
    ],
)
def test_when_a_discount_applies(terms: dict[str, Any], count: int, reason: str | None) -> None:
    given_discount = replace(discount(**terms), redemptions_count=count)
    assert rules.is_applicable(given_discount, PRODUCT, "eur", NOW) == (reason is None)
    if reason is not None:
        with pytest.raises(BursarError) as refused:
            rules.check_applicable(given_discount, PRODUCT, "eur", NOW)
        assert refused.value.reason == reason


def test_after_the_first_redemption_amounts_are_frozen_and_the_name_is_not() -> None:
    redeemed = replace(discount(), redemptions_count=1)
    renamed, _ = rules.update(redeemed, replace(redeemed.terms, name="Summer"), now=NOW)
    assert renamed.terms.name == "Summer"
    with pytest.raises(BursarError) as refused:
        rules.update(redeemed, replace(redeemed.terms, reduction=Percentage(100)), now=NOW)
    assert refused.value.reason == "DISCOUNT_REDEEMED"


def test_its_kind_never_changes() -> None:
    with pytest.raises(BursarError) as refused:
        rules.update(discount(), discount_terms(reduction=FixedReduction({"eur": 100})), now=NOW)
    assert refused.value.reason == "DISCOUNT_REDEEMED"


def test_a_person_is_recognized_behind_aliases() -> None:
    assert rules.same_person("Ada+Trial@Example.com") == rules.same_person("ada@example.com") == "ada@example.com"
