"""The life of a seat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.errors import NotPossibleNow
from services.chassis.ids import new_id
from services.subscription.domain.seat import (
    INVITATION_LASTS,
    SEAT,
    Assignment,
    Holder,
    Invitation,
    Seat,
    SeatChange,
    SeatFact,
    SeatStatus,
    assigned,
    claimed,
    invited_again,
    revoked,
)
from services.subscription.domain.seat_container import Container, ContainerKind
from services.subscription.domain.seat_errors import SeatNotPending
from services.subscription.tests.builders import NOW, ORGANIZATION

CONTAINER = Container(ContainerKind.SUBSCRIPTION, new_id(), ORGANIZATION, new_id(), new_id(), "Team plan", 3, 3)
ANN = Holder(new_id(), "ext-1", "ann@example.com")
_S = SeatStatus


def given_to(before: Seat | None, holder: Holder = ANN) -> SeatChange:
    number = before.invitation + 1 if before else 1
    return assigned(before, new_id(), Assignment(CONTAINER, holder), Invitation(number, bytes([number])), NOW)


def invite(seat: Seat) -> SeatChange:
    return invited_again(seat, Invitation(seat.invitation + 1, b"again"), NOW)


VERBS: dict[str, Callable[[Seat], SeatChange]] = {
    "assign": given_to,
    "invite": invite,
    "claim": lambda seat: claimed(seat, ANN, NOW),
    "revoke": lambda seat: revoked(seat, NOW),
}


def a_seat(status: SeatStatus) -> Seat:
    seat = given_to(None).after
    if status is not _S.PENDING:
        seat = claimed(seat, ANN, NOW).after
    return revoked(seat, NOW).after if status is _S.REVOKED else seat


@pytest.mark.parametrize(
    ("verb", "before", "after", "facts"),
    [
        ("assign", _S.REVOKED, _S.PENDING, [SeatFact.ASSIGNED]),
        ("assign", _S.PENDING, None, None),
        ("assign", _S.CLAIMED, None, None),
        ("invite", _S.PENDING, _S.PENDING, [SeatFact.ASSIGNED]),
        ("invite", _S.CLAIMED, None, None),
        ("invite", _S.REVOKED, None, None),
        ("claim", _S.PENDING, _S.CLAIMED, [SeatFact.CLAIMED]),
        ("claim", _S.CLAIMED, _S.CLAIMED, []),
        ("claim", _S.REVOKED, None, None),
        ("revoke", _S.PENDING, _S.REVOKED, [SeatFact.REVOKED]),
        ("revoke", _S.CLAIMED, _S.REVOKED, [SeatFact.REVOKED]),
        ("revoke", _S.REVOKED, _S.REVOKED, []),
    ],
)
def test_what_each_verb_does_in_each_status(verb: str, before: SeatStatus, after: SeatStatus | None, facts: Any) -> None:
    seat = a_seat(before)
    if after is None:
        with pytest.raises(NotPossibleNow):
            VERBS[verb](seat)
        return
    change = VERBS[verb](seat)
    assert (change.after.status, list(change.facts)) == (after, facts)
    assert change.after.version == seat.version + len(change.facts)


def test_the_table_has_every_status_and_only_these() -> None:
    assert SEAT.statuses == set(_S)
    with pytest.raises(SeatNotPending):
        invite(a_seat(_S.CLAIMED))


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=12))
def test_whatever_is_done_to_a_seat_versions_and_invitations_have_no_gaps(verbs: list[str]) -> None:
    seat, told = given_to(None).after, 1
    for verb in verbs:
        try:
            change = VERBS[verb](seat)
        except NotPossibleNow:
            continue
        told += len(change.facts)
        seat = change.after
        assert seat.version == told
        assert (seat.status is _S.REVOKED) == (seat.revoked_at is not None)
        assert seat.status is not _S.CLAIMED or (seat.claimed_at is not None and seat.customer_id is not None)


def test_a_seat_used_again_has_nothing_of_its_former_holder() -> None:
    before = a_seat(_S.REVOKED)
    after = given_to(before, Holder(email="bob@example.com")).after
    assert (after.id, after.created_at) == (before.id, before.created_at)
    assert (after.customer_id, after.external_customer_id, after.claimed_at, after.revoked_at) == (None, None, None, None)
    assert after.invitation == before.invitation + 1


def test_an_invitation_lasts_a_day() -> None:
    seat = given_to(None).after
    assert seat.is_invited(NOW + INVITATION_LASTS - timedelta(microseconds=1))
    assert not seat.is_invited(NOW + INVITATION_LASTS)
