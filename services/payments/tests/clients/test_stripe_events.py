"""What Stripe's events mean to us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.chassis.ids import new_id
from services.payments.clients.stripe_events import read_event, stored_event
from services.payments.domain.occurrence import AttemptMoved, MethodDetached, MethodUpdated, Nothing, Occurrence

PAYMENT_ID = new_id()


def meaning(type: str, shown: dict[str, Any]) -> Occurrence:
    return read_event(orjson.dumps({"id": "evt_1", "object": "event", "type": type, "created": 1, "data": {"object": shown}}))


def intent(status: str, **more: Any) -> dict[str, Any]:
    metadata = {"bursar_payment_id": str(PAYMENT_ID)}
    return {"id": "pi_1", "status": status, "amount": 5, "currency": "usd", "metadata": metadata, "client_secret": "s", **more}


ERROR = {"type": "card_error", "code": "card_declined", "decline_code": "lost_card", "payment_method": {"type": "card"}}


@pytest.mark.parametrize(
    ("shown", "verb"),
    [
        (intent("requires_payment_method"), "wait"),
        (intent("requires_payment_method", last_payment_error=ERROR), "fail"),
        (intent("requires_confirmation"), "wait"),
        (intent("requires_action", next_action={"type": "use_stripe_sdk"}), "require_action"),
        (intent("processing"), "process"),
        (intent("requires_capture"), "wait"),
        (intent("succeeded"), "succeed"),
        (intent("canceled", last_payment_error=ERROR), "cancel"),
    ],
)
def test_the_status_of_an_intent_says_what_happened(shown: dict[str, Any], verb: str) -> None:
    moved = meaning("payment_intent.anything", shown)
    assert isinstance(moved, AttemptMoved)
    assert (moved.attempt_id, moved.outcome.verb, moved.outcome.amount) == (PAYMENT_ID, verb, 5)


def test_a_booked_charge_is_worth_a_look_at_once_and_another_in_a_moment() -> None:
    charge: dict[str, Any] = {"id": "ch_1", "status": "succeeded", "payment_intent": "pi_1", "metadata": {}, "balance_transaction": None}
    moved = meaning("charge.succeeded", charge)
    assert isinstance(moved, AttemptMoved)
    assert (moved.attempt_id, moved.processor_id, moved.outcome.verb) == (None, "pi_1", "wait")
    assert moved.outcome.read_after == timedelta(seconds=3)
    booked = meaning("charge.updated", charge | {"balance_transaction": "txn_1"})
    assert isinstance(booked, AttemptMoved)
    assert booked.outcome.read_after == timedelta(0)


def test_payment_methods_come_and_go() -> None:
    card = {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2031, "country": "US", "fingerprint": "f"}
    method = {"id": "pm_1", "type": "card", "card": card}
    updated = meaning("payment_method.automatically_updated", method)
    assert isinstance(updated, MethodUpdated)
    assert (updated.details.exp_year, len(updated.details.fingerprint or "")) == (2031, 32)
    assert meaning("payment_method.detached", method) == MethodDetached("pm_1")


@pytest.mark.parametrize("type", ["customer.created", "invoice.paid", "payout.paid", "a.type.of.next.year"])
def test_other_types_are_nothing_to_us(type: str) -> None:
    assert meaning(type, {"id": "x", "object": "x"}) == Nothing()


def test_another_systems_intent_bears_no_id_of_ours() -> None:
    moved = meaning("payment_intent.succeeded", intent("succeeded") | {"metadata": {"bursar_payment_id": "not a uuid"}})
    assert isinstance(moved, AttemptMoved)
    assert moved.attempt_id is None
    assert isinstance(PAYMENT_ID, UUID)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"nul",
        b'{"object":"event","id":"evt_1","type":"x","created":"soon","data":{}}',
        b'{"object":"event","id":"","type":"x","created":1,"data":{}}',
        b'{"object":"v2.core.event","id":"evt_1","type":"x","created":1,"data":{}}',
    ],
)
def test_what_is_no_event_is_not_stored(body: bytes) -> None:
    with pytest.raises(ValueError):
        stored_event(body)
