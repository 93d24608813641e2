"""Where a sandbox's clock may start and go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.chassis.ids import new_id
from services.identity.domain import clock_advance as rules
from services.identity.domain.clock import LATEST, Target, clock_start, destination
from services.identity.domain.errors import ClockBackwards, ClockStartInvalid, ClockTooFar, OrganizationNotSandbox
from services.identity.tests.builders import NOW, a_happening, an_advance

DAY = timedelta(days=1)


def test_a_sandbox_starts_now_unless_somebody_says_otherwise() -> None:
    assert clock_start("sandbox", None, NOW) == NOW
    for start in (datetime(2000, 1, 1, tzinfo=UTC), NOW + DAY):
        assert clock_start("sandbox", start, NOW) == start
    for start in (datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), NOW + DAY + timedelta(microseconds=1)):
        with pytest.raises(ClockStartInvalid):
            clock_start("sandbox", start, NOW)


@pytest.mark.parametrize("mode", ["", "live"])
def test_a_live_organization_starts_no_clock(mode: str) -> None:
    assert clock_start(mode, None, NOW) is None
    with pytest.raises(OrganizationNotSandbox):
        clock_start(mode, NOW, NOW)


@pytest.mark.parametrize(
    ("now", "furthest"),
    [
        (datetime(2026, 3, 1, tzinfo=UTC), datetime(2036, 3, 1, tzinfo=UTC)),
        (datetime(2024, 2, 29, 12, tzinfo=UTC), datetime(2034, 2, 28, 12, tzinfo=UTC)),
        (datetime(2995, 1, 1, tzinfo=UTC), LATEST),
    ],
)
def test_one_advance_covers_ten_years_at_most(now: datetime, furthest: datetime) -> None:
    assert destination(now, Target(to=furthest)) == furthest
    assert destination(now, Target(by=furthest - now)) == furthest
    for target in (Target(to=furthest + timedelta(microseconds=1)), Target(by=furthest - now + timedelta(microseconds=1))):
        with pytest.raises(ClockTooFar):
            destination(now, target)


@pytest.mark.parametrize("target", [Target(to=NOW - DAY), Target(by=timedelta(0)), Target(by=-DAY), Target(by=timedelta.min)])
def test_a_clock_moves_forward_only_and_the_error_names_both_instants(target: Target) -> None:
    with pytest.raises(ClockBackwards) as caught:
        destination(NOW, target)
    assert caught.value.details["now"] == "2026-03-01T12:30:00Z"


def test_a_clock_may_stay_where_it_is() -> None:
    assert destination(NOW, Target(to=NOW)) == NOW


def test_counts_add_up_over_an_advance() -> None:
    advance = rules.settled(an_advance(new_id()), [a_happening(), a_happening(position=8)])
    assert rules.settled(advance, [a_happening(position=9)]).counts == {"order.paid": 3}
    assert (advance.begun, advance.happenings_count) == (True, 2)


def test_an_advance_ends_at_its_target_only() -> None:
    advance = an_advance(new_id())
    with pytest.raises(AssertionError):
        rules.finished(advance, NOW)
    with pytest.raises(AssertionError):
        rules.moved(advance, NOW - DAY, due=True)
    there = rules.moved(advance, advance.to_time, due=False)
    after, fact = rules.finished(there, NOW)
    assert (after.status, after.finished_at, after.steps, fact.advance) == ("finished", NOW, 0, after)


def test_facts_of_one_instant_are_told_in_the_order_of_the_services() -> None:
    told = [
        a_happening("ledger", 1, NOW),
        a_happening("checkout", 9, NOW),
        a_happening("checkout", 3, NOW),
        a_happening("identity", 1, NOW + DAY),
    ]
    assert [(each.service, each.position) for each in sorted(told, key=rules.order_told)] == [
        ("checkout", 3),
        ("checkout", 9),
        ("ledger", 1),
        ("identity", 1),
    ]
