"""When an attempt is looked at again, and what happens to one that the processor does not know."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.payments.domain import attempt as a
from services.payments.domain.due import WhenAbsent, due_after, when_absent
from services.payments.tests.builders import NOW, payment, setup


def test_an_unknown_payment_is_looked_at_soon_and_then_less_and_less_often() -> None:
    waits = [due_after(payment(status=a.UNKNOWN, reads=reads), NOW) for reads in range(12)]
    assert [int((due - NOW).total_seconds()) for due in waits if due] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


@pytest.mark.parametrize(
    "attempt",
    [payment(status=a.CANCELED), payment(status=a.FAILED, closed=True), setup(status=a.SUCCEEDED)],
)
def test_what_is_over_is_never_due(attempt: a.Attempt) -> None:
    assert due_after(attempt, NOW) is None


def test_a_payment_that_is_never_settled_is_not_looked_at_for_ever() -> None:
    old = payment(status=a.SUCCEEDED, asked_at=NOW - timedelta(days=31))
    assert due_after(old, NOW) is None


@pytest.mark.parametrize(
    ("status", "age", "processor_id", "expected"),
    [
        (a.UNKNOWN, timedelta(seconds=30), None, WhenAbsent.SEND_AGAIN),
        (a.PENDING, timedelta(minutes=15), None, WhenAbsent.SEND_AGAIN),
        (a.UNKNOWN, timedelta(minutes=15, seconds=1), None, WhenAbsent.GIVE_UP),
        (a.UNKNOWN, timedelta(seconds=30), "pi_1", WhenAbsent.WAIT),
        (a.REQUIRES_ACTION, timedelta(days=2), None, WhenAbsent.WAIT),
        (a.SUCCEEDED, timedelta(days=2), None, WhenAbsent.WAIT),
    ],
)
def test_only_what_never_got_an_answer_is_sent_again(status: str, age: timedelta, processor_id: str | None, expected: WhenAbsent) -> None:
    attempt = payment(status=status, processor_id=processor_id, asked_at=NOW - age)
    assert when_absent(attempt, NOW) is expected
