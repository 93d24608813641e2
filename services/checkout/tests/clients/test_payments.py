"""How checkout asks payments, and what it makes of silence."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from bursar.payments.v1 import payment_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from services.chassis.deadline import set_deadline
from services.chassis.errors import BursarError, Conflict, Invalid, NotFound, Unavailable
from services.chassis.peers import Peers
from services.checkout.clients.payments import PaymentsOverGrpc
from services.checkout.domain.payment import AttemptKind, Declined, Outcome, Succeeded, Undecided
from services.checkout.domain.settlement import Purchase
from services.checkout.tests.builders import buyer, checkout, order

M = TypeVar("M", bound=Message)
PAID = payment_pb2.Payment(id=str(uuid4()), status=payment_pb2.PAYMENT_STATUS_SUCCEEDED, processor="stripe")
AWAY = Unavailable("PEER_FAILED", "connection refused")


@dataclass
class FakePeers(Peers):
    """Refuses as told, call by call, and then answers for ever."""

    refusals: list[BursarError] = field(default_factory=list)
    answer: Message = field(default_factory=lambda: PAID)
    asked: list[tuple[str, Message]] = field(default_factory=list)

    async def call(
        self,
        method: MethodDescriptor,
        request: Message,
        answer_type: type[M],
        *,
        organization_id: UUID | None,
        timeout_seconds: float = 2.0,
        service: str | None = None,
    ) -> M:
        self.asked.append((method.name, request))
        if self.refusals:
            raise self.refusals.pop(0)
        assert isinstance(self.answer, answer_type)
        return self.answer


def purchase() -> Purchase:
    attempt = checkout(attempt=1, attempt_kind=AttemptKind.CHARGE, payment_id=uuid4(), order_id=uuid4(), buyer=buyer(customer_id=uuid4()))
    return Purchase(attempt, order(id=attempt.order_id))


async def test_an_attempt_is_begun_again_while_payments_is_away() -> None:
    peers = FakePeers([AWAY, AWAY])
    outcome = await PaymentsOverGrpc(peers).attempt(purchase(), "ctoken")
    assert isinstance(outcome, Succeeded)
    assert [method for method, _ in peers.asked] == ["CreatePayment"] * 3
    assert peers.asked[0] == peers.asked[1] == peers.asked[2], "the same attempt, so that it stays one"


async def test_it_is_given_up_in_time_to_tell_the_buyer() -> None:
    peers = FakePeers([AWAY] * 100)

    async def call_with_a_second() -> Outcome:
        set_deadline(1.0)
        return await PaymentsOverGrpc(peers).attempt(purchase(), "ctoken")

    assert isinstance(await asyncio.create_task(call_with_a_second()), Undecided)
    assert 2 <= len(peers.asked) <= 4


@pytest.mark.parametrize(
    ("refusal", "outcome"), [(Conflict("ATTEMPT_RUNNING", "it runs"), Undecided), (Invalid("CURRENCY_UNKNOWN", "x"), Declined)]
)
async def test_only_silence_is_repeated(refusal: BursarError, outcome: type) -> None:
    peers = FakePeers([refusal])
    assert isinstance(await PaymentsOverGrpc(peers).attempt(purchase(), "ctoken"), outcome)
    assert len(peers.asked) == 1


async def test_what_payments_never_heard_of_is_nothing() -> None:
    peers = FakePeers([NotFound("PAYMENT_NOT_FOUND", "no such payment")])
    assert await PaymentsOverGrpc(peers).look_up(purchase().checkout) is None
