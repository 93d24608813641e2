"""One decision for all: whatever the processor says, in whatever order and however often, ends the same and is told once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.ids import new_id
from services.payments.domain import attempt as a
from services.payments.domain.attempt import Attempt, Failure, NextAction, Settlement
from services.payments.domain.decide import decide, disagrees
from services.payments.domain.outcome import WAIT, Outcome
from services.payments.domain.payment_method import MethodDetails
from services.payments.tests.builders import NOW, payment, setup

SETTLEMENT = Settlement("usd", 1000, 59, 941, NOW, NOW + timedelta(days=2))
FAILURE = Failure("card_declined", "generic_decline", "no", True)
METHOD = new_id()
TOLD_AT = NOW + timedelta(days=400)
"""By the organization's clock."""
CARD = MethodDetails("pm_1", "card", "visa", "4242", 8, 2030)


def said(verb: str, **more: object) -> Outcome:
    return Outcome(verb, processor_id="pi_1", amount=1000, currency="usd", method="card", **more)  # type: ignore[arg-type]


CREATED = said(WAIT)
ACTION = said("require_action", next_action=NextAction("https://bank.example", "pi_1_secret_x"))
PROCESSING = said("process")
FAILED = said("fail", failure=FAILURE)
CANCELED = said("cancel", closed=True)
SUCCEEDED = said("succeed")
SUCCEEDED_WITH_CARD = said("succeed", details=CARD, payment_method_id=METHOD)
CHARGED = Outcome(WAIT, read_after=timedelta(0))
SETTLED = said("succeed", settlement=SETTLEMENT)

# What the processor tells in one life of a payment, and the facts that must come of it.
LIVES = {
    "paid": ([CREATED, SUCCEEDED, CHARGED, SETTLED], a.SUCCEEDED, ["payment.succeeded", "payment.settled"]),
    "paid after 3-D Secure": ([CREATED, ACTION, PROCESSING, SUCCEEDED, SETTLED], a.SUCCEEDED, ["payment.succeeded", "payment.settled"]),
    "declined and closed": ([CREATED, FAILED, CANCELED], a.FAILED, ["payment.failed"]),
    "declined after 3-D Secure": ([CREATED, ACTION, FAILED], a.FAILED, ["payment.failed"]),
    "given up": ([CREATED, ACTION, CANCELED], a.CANCELED, ["payment.failed"]),
    "thought lost, then paid": (
        [Outcome("lose_track"), CREATED, SUCCEEDED, SETTLED],
        a.SUCCEEDED,
        ["payment.succeeded", "payment.settled"],
    ),
}


def lived(attempt: Attempt, outcomes: list[Outcome]) -> tuple[Attempt, list[tuple[str, int]]]:
    facts: list[tuple[str, int]] = []
    for outcome in outcomes:
        attempt, happened = decide(attempt, outcome, NOW, TOLD_AT)
        facts += [(fact.type, fact.version) for fact in happened]
    return attempt, facts


def test_nobody_can_act_in_the_owners_absence_so_the_charge_fails_and_is_closed_next() -> None:
    after, facts = lived(payment(off_session=True), [ACTION])
    assert (after.status, after.closed, facts) == (a.FAILED, False, [("payment.failed", 1)])
    assert after.failure is not None
    assert (after.failure.code, after.failure.retryable) == ("authentication_required", True)
    assert after.due_at == NOW


def test_a_method_that_is_added_on_its_own_is_told_by_its_own_fact() -> None:
    after, facts = lived(setup(checkout_id=None), [said("succeed", details=CARD, payment_method_id=METHOD)])
    assert (after.status, after.payment_method_id, facts) == (a.SUCCEEDED, METHOD, [])


def test_what_is_told_bears_the_organizations_time_and_what_is_due_the_machines() -> None:
    after, _ = lived(payment(), [SUCCEEDED])
    assert (after.succeeded_at, after.modified_at) == (TOLD_AT, TOLD_AT)
    assert after.due_at is not None
    assert after.due_at < TOLD_AT


@given(life=st.sampled_from(sorted(LIVES)), data=st.data())
def test_order_and_repetition_change_nothing(life: str, data: st.DataObject) -> None:
    outcomes, status, final_facts = LIVES[life]
    repeated = outcomes + data.draw(st.lists(st.sampled_from(outcomes), max_size=5))
    shuffled = data.draw(st.permutations(repeated))
    start = payment()
    expected, _ = lived(start, outcomes)
    after, facts = lived(start, shuffled)
    assert after.status == status
    assert [type for type, _ in facts if type != "payment.requires_action"] == final_facts
    assert max(Counter(type for type, _ in facts).values()) == 1
    assert [version for _, version in facts] == list(range(1, len(facts) + 1))
    assert after.version == len(facts)
    assert (after.failure, after.settlement, after.processor_id, after.closed, after.next_action) == (
        expected.failure,
        expected.settlement,
        expected.processor_id,
        expected.closed,
        expected.next_action,
    )


@given(st.lists(st.sampled_from([CREATED, ACTION, SUCCEEDED, CHARGED]), max_size=4), st.integers(0, 4))
def test_a_payment_that_keeps_its_card_succeeds_with_the_card_wherever_that_is_told(others: list[Outcome], place: int) -> None:
    outcomes = [*others[:place], SUCCEEDED_WITH_CARD, *others[place:]]
    after, facts = lived(payment(keep_method=True), outcomes)
    assert (after.status, after.payment_method_id) == (a.SUCCEEDED, METHOD)
    assert [type for type, _ in facts].count("payment.succeeded") == 1


def test_money_that_arrives_after_a_failure_wins() -> None:
    after, facts = lived(payment(), [FAILED, SUCCEEDED])
    assert after.status == a.SUCCEEDED
    assert after.failure is None
    assert [type for type, _ in facts] == ["payment.failed", "payment.succeeded"]


def test_a_success_that_shall_leave_a_card_waits_for_the_card() -> None:
    waiting, facts = lived(payment(keep_method=True), [SUCCEEDED])
    assert (waiting.status, facts) == (a.PROCESSING, [])
    assert waiting.due_at is not None
    assert waiting.due_at <= NOW + timedelta(seconds=2)
    after, facts = lived(waiting, [SUCCEEDED_WITH_CARD])
    assert after.payment_method_id == METHOD
    assert [type for type, _ in facts] == ["payment.succeeded"]


def test_a_setup_tells_facts_of_its_own_and_never_settles() -> None:
    start = setup()
    outcome = Outcome("succeed", processor_id="seti_1", details=CARD, payment_method_id=METHOD)
    after, facts = lived(start, [Outcome("require_action", next_action=NextAction(None, "s")), outcome])
    assert [type for type, _ in facts] == ["payment.setup_requires_action", "payment.setup_succeeded"]
    assert after.due_at is None
    assert after.next_action is None


def test_a_failed_payment_is_due_for_closing_and_then_never_again() -> None:
    failed, _ = lived(payment(), [FAILED])
    assert failed.due_at == NOW
    closed, facts = lived(failed, [CANCELED])
    assert (closed.status, closed.closed, closed.due_at, facts) == (a.FAILED, True, None, [])


def test_a_settled_payment_is_due_never_again() -> None:
    after, _ = lived(payment(), [SUCCEEDED])
    assert after.due_at == NOW + timedelta(seconds=20)
    hinted, _ = lived(after, [CHARGED])
    assert hinted.due_at == NOW
    done, _ = lived(hinted, [SETTLED])
    assert done.due_at is None


def test_whoever_lost_track_looks_soon_and_leaves_the_lease_to_a_call_in_hand() -> None:
    attempt = payment()
    out_of_time, _ = decide(attempt, Outcome("lose_track"), NOW, TOLD_AT)
    assert (out_of_time.status, out_of_time.due_at) == (a.UNKNOWN, attempt.due_at)
    without_answer, _ = decide(attempt, Outcome("lose_track", read_after=timedelta(seconds=1)), NOW, TOLD_AT)
    assert (without_answer.status, without_answer.due_at) == (a.UNKNOWN, NOW + timedelta(seconds=1))


def test_while_the_call_is_in_hand_a_hint_leaves_its_lease_alone() -> None:
    start = payment()
    after, _ = lived(start, [CHARGED])
    assert after is start


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (said("succeed"), False),
        (Outcome("succeed", processor_id="pi_1", amount=999, currency="usd"), True),
        (Outcome("succeed", processor_id="pi_1", amount=1000, currency="eur"), True),
        (Outcome("succeed", processor_id="pi_2", amount=1000, currency="usd"), True),
        (Outcome("fail", failure=FAILURE), False),
    ],
)
def test_what_is_not_this_payment_is_noticed(outcome: Outcome, expected: bool) -> None:
    assert disagrees(payment(processor_id="pi_1"), outcome) is expected
