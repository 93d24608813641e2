"""What follows from facts about a source, in whatever order they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.benefits.domain.source import Observation, concerns_seats, evaluated, evaluated_seat, observed, unknown
from services.benefits.tests.builders import START, an_observation
from services.chassis.ids import new_id

STATUSES = ("incomplete", "trialing", "active", "past_due", "paused", "unpaid", "canceled")
NO_GRACE = timedelta(0)


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """The facts of one subscription as they were published, in order."""
    source_id, customer_id = new_id(), new_id()
    products = [new_id(), new_id()]
    told: list[Observation] = []
    for version, status in enumerate(draw(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=8)), start=1):
        changes: dict[str, Any] = {"product_id": draw(st.sampled_from(products)), "has_seats": draw(st.booleans())}
        told.append(an_observation(status, version, source_id=source_id, customer_id=customer_id, **changes))
    return told


@given(st.data())
def test_the_same_facts_in_any_order_and_number_end_in_the_same_source(data: st.DataObject) -> None:
    history = data.draw(histories())
    again = data.draw(st.lists(st.sampled_from(history), max_size=5))
    shuffled = data.draw(st.permutations([*history, *again]))
    assert reduce(observed, shuffled, unknown(history[0])) == reduce(observed, history, unknown(history[0]))


@pytest.mark.parametrize(
    ("status", "entitled"),
    [
        ("paid", True),
        ("trialing", True),
        ("active", True),
        ("past_due", False),
        ("paused", False),
        ("unpaid", False),
        ("canceled", False),
        ("incomplete", False),
        ("incomplete_expired", False),
    ],
)
def test_which_statuses_entitle(status: str, entitled: bool) -> None:
    seen = an_observation(status)
    source = evaluated(observed(unknown(seen), seen), NO_GRACE, customer_is_deleted=False, now=START)
    assert source.is_entitled is entitled


def test_a_deleted_customer_is_entitled_to_nothing() -> None:
    seen = an_observation("paid")
    assert not evaluated(observed(unknown(seen), seen), NO_GRACE, customer_is_deleted=True, now=START).is_entitled


def test_grace_counts_from_the_failure_and_not_from_later_changes() -> None:
    source_id = new_id()
    failed = an_observation("past_due", 2, source_id=source_id, past_due_at=START)
    edited = an_observation("past_due", 9, source_id=source_id, past_due_at=START)
    source = observed(observed(unknown(failed), edited), failed)
    ends = START + timedelta(days=1)
    in_time = evaluated(source, timedelta(days=1), customer_is_deleted=False, now=ends - timedelta(seconds=1))
    assert (in_time.is_entitled, in_time.entitled_until, in_time.grace_ends_at) == (True, ends, ends)
    assert not evaluated(source, timedelta(days=1), customer_is_deleted=False, now=ends).is_entitled


def test_a_second_failure_has_a_grace_of_its_own() -> None:
    source_id = new_id()
    first = an_observation("past_due", 1, source_id=source_id, past_due_at=START)
    paid = an_observation("active", 2, source_id=source_id)
    second = an_observation("past_due", 50, source_id=source_id, past_due_at=START + timedelta(days=9))
    source = reduce(observed, [first, paid, second], unknown(first))
    after = evaluated(source, timedelta(days=1), customer_is_deleted=False, now=START + timedelta(days=9, hours=1))
    assert after.entitled_until == START + timedelta(days=10)


def test_what_sells_seats_is_in_force_without_entitling_its_payer() -> None:
    seen = an_observation("active", has_seats=True, period_end=START + timedelta(days=30))
    source = evaluated(observed(unknown(seen), seen), NO_GRACE, customer_is_deleted=False, now=START)
    assert (source.in_force, source.is_entitled, source.entitled_until) == (True, False, START + timedelta(days=30))


@pytest.mark.parametrize(
    ("seat", "sold_by", "holder_is_deleted", "entitled"),
    [
        ("claimed", "active", False, True),
        ("claimed", "trialing", False, True),
        ("claimed", "paid", False, True),
        ("pending", "active", False, False),
        ("revoked", "active", False, False),
        ("claimed", "paused", False, False),
        ("claimed", "unpaid", False, False),
        ("claimed", "past_due", False, False),
        ("claimed", "canceled", False, False),
        ("claimed", "active", True, False),
    ],
)
def test_which_seats_entitle(seat: str, sold_by: str, holder_is_deleted: bool, entitled: bool) -> None:
    sold = an_observation(sold_by, has_seats=True, period_end=START + timedelta(days=30))
    container = evaluated(observed(unknown(sold), sold), NO_GRACE, customer_is_deleted=False, now=START)
    seen = an_observation(seat, container_id=sold.source_id, payer_id=sold.customer_id)
    source = evaluated_seat(observed(unknown(seen), seen), container, customer_is_deleted=holder_is_deleted)
    assert source.is_entitled is entitled
    assert source.entitled_until == (container.entitled_until if entitled else None)
    assert source.product_id == container.product_id


@pytest.mark.parametrize(
    ("has_seats", "change", "concerned"),
    [
        (True, {"status": "past_due"}, True),
        (True, {"period_end": START + timedelta(days=60)}, True),
        (True, {"product_id": new_id()}, True),
        (True, {"occurred_at": START + timedelta(hours=1)}, False),
        (False, {"status": "past_due"}, False),
    ],
)
def test_seats_are_looked_at_again_when_what_they_go_by_is_another(has_seats: bool, change: dict[str, Any], concerned: bool) -> None:
    seen = an_observation("active", has_seats=has_seats, period_end=START + timedelta(days=30))
    before = evaluated(observed(unknown(seen), seen), NO_GRACE, customer_is_deleted=False, now=START)
    later = replace(seen, version=seen.version + 1, **change)
    after = evaluated(observed(before, later), NO_GRACE, customer_is_deleted=False, now=START)
    assert concerns_seats(before, after) is concerned
