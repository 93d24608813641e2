"""What becomes of terms by a change of product: the discount's cycles are those of the new interval."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.subscription.domain.discount import Discount
from services.subscription.domain.pending import updated_terms
from services.subscription.domain.periods import Interval, Recurrence
from services.subscription.domain.subscription import PendingUpdate, ProductTarget
from services.subscription.tests.builders import NOW, discount, price, terms

_MONTHLY, _YEARLY = Recurrence(Interval.MONTH, 1, "UTC"), Recurrence(Interval.YEAR, 1, "UTC")


@pytest.mark.parametrize(
    ("duration", "months", "before", "after", "left", "expected"),
    [
        ("repeating", 12, _MONTHLY, _YEARLY, 12, 1),
        ("repeating", 3, _MONTHLY, _YEARLY, 2, 1),
        ("repeating", 24, _MONTHLY, _YEARLY, 13, 2),
        ("repeating", 12, _YEARLY, _MONTHLY, 1, 12),
        ("repeating", 3, _MONTHLY, Recurrence(Interval.WEEK, 2, "UTC"), 1, 3),
        ("repeating", 3, _MONTHLY, _MONTHLY, 2, 2),
        ("repeating", 3, _MONTHLY, _YEARLY, 0, 0),
        ("once", None, _MONTHLY, _YEARLY, 1, 1),
        ("forever", None, _MONTHLY, _YEARLY, None, None),
    ],
)
def test_cycles_that_are_left_of_a_discount(
    duration: str, months: int | None, before: Recurrence, after: Recurrence, left: int | None, expected: int | None
) -> None:
    sold = terms(recurrence=before, discount=Discount(discount(duration, months), 1, left))
    target = ProductTarget(sold.product_id, "Other", after, (price(),), "exclusive")
    updated = updated_terms(sold, PendingUpdate(NOW, NOW, product=target))
    assert sold.discount is not None
    assert updated.discount == replace(sold.discount, cycles_left=expected)
