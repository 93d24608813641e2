"""What follows from facts about a source, in whatever order they come."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.benefits.domain.source import Observation, Source, evaluated, observed
from services.benefits.tests.builders import START, an_observation
from services.chassis.ids import new_id

STATUSES = ("incomplete", "trialing", "active", "past_due", "paused", "unpaid", "canceled")
NO_GRACE = timedelta(0)


def unknown(of: Observation) -> Source:
    return Source(of.source_id, of.organization_id, of.kind, of.customer_id, of.product_id)


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """The facts of one subscription as they were published, in order."""
    source_id, customer_id = new_id(), new_id()
    products = [new_id(), new_id()]
    told: list[Observation] = []
    for version, status in enumerate(draw(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=8)), start=1):
        begins = status == "past_due" and (not told or told[-1].status != "past_due")
        changes: dict[str, Any] = {"product_id": draw(st.sampled_from(products)), "begins_past_due": begins}
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
    failed = an_observation("past_due", 2, source_id=source_id, begins_past_due=True)
    edited = an_observation("past_due", 9, source_id=source_id)
    source = observed(observed(unknown(failed), edited), failed)
    ends = failed.occurred_at + timedelta(days=1)
    in_time = evaluated(source, timedelta(days=1), customer_is_deleted=False, now=ends - timedelta(seconds=1))
    assert (in_time.is_entitled, in_time.entitled_until) == (True, ends)
    assert not evaluated(source, timedelta(days=1), customer_is_deleted=False, now=ends).is_entitled


def test_a_second_failure_has_a_grace_of_its_own() -> None:
    source_id = new_id()
    first = an_observation("past_due", 1, source_id=source_id, begins_past_due=True)
    paid = an_observation("active", 2, source_id=source_id)
    second = an_observation("past_due", 50, source_id=source_id)
    source = reduce(observed, [first, paid, second], unknown(first))
    after = evaluated(source, timedelta(days=1), customer_is_deleted=False, now=second.occurred_at + timedelta(hours=1))
    assert after.entitled_until == second.occurred_at + timedelta(days=1)
