"""How checkout has orders charged, and what it makes of the answers."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.errors import BursarError, Conflict, Invalid, NotFound, Unavailable
from services.checkout.clients.charges import ChargesOverGrpc
from services.checkout.domain.charge import Charge, ChargeStatus, ChargeTrigger
from services.checkout.domain.payment import Declined, Succeeded, Undecided
from services.checkout.tests.builders import NOW
from services.checkout.tests.clients.test_payments import PAID, FakePeers
from services.checkout.usecases.order_ports import Bill

CARD = uuid4()


def wanted(trigger: ChargeTrigger = ChargeTrigger.BILLING, organization_id: UUID | None = None) -> tuple[Charge, Bill]:
    charge = Charge(uuid4(), organization_id or uuid4(), 2, trigger, ChargeStatus.UNASKED, uuid4(), NOW)
    return charge, Bill(charge.order_id, 1000, "eur", "Pro " * 200, CARD, uuid4(), "ada@example.com", "Ada")


async def test_many_charges_travel_in_one_call() -> None:
    peers = FakePeers(answer=payment_service_pb2.CreatePaymentsResponse())
    organization_id = uuid4()
    charges = [wanted(ChargeTrigger.DUNNING, organization_id) for _ in range(3)]
    await ChargesOverGrpc(peers).ask(charges)
    ((method, request),) = peers.asked
    assert method == "CreatePayments"
    assert isinstance(request, payment_service_pb2.CreatePaymentsRequest)
    first, (charge, bill) = request.payments[0], charges[0]
    assert (first.order_id, first.attempt, first.payment_id) == (str(charge.order_id), 2, str(charge.payment_id))
    assert (first.amount, first.currency, first.customer.customer_id) == (1000, "eur", str(bill.customer_id))
    assert first.saved_payment_method.preferred_payment_method_id == str(CARD)
    assert first.trigger == payment_pb2.PAYMENT_TRIGGER_RETRY_DUNNING
    assert len(first.description) == 500


async def test_what_the_buyer_brought_is_charged_and_kept() -> None:
    peers = FakePeers([Unavailable("PEER_FAILED", "away")])
    outcome = await ChargesOverGrpc(peers).charge(*wanted(ChargeTrigger.CUSTOMER), "ctoken", "https://shop.example")
    assert isinstance(outcome, Succeeded)
    assert peers.asked[0] == peers.asked[1]
    request = peers.asked[0][1]
    assert isinstance(request, payment_service_pb2.CreatePaymentRequest)
    assert (request.WhichOneof("source"), request.save_payment_method, request.return_url) == (
        "confirmation_token_id",
        True,
        "https://shop.example",
    )


@pytest.mark.parametrize(
    ("refusal", "outcome"), [(Conflict("ATTEMPT_RUNNING", "it runs"), Undecided), (Invalid("CURRENCY_UNKNOWN", "x"), Declined)]
)
async def test_a_refused_charge_moved_nothing_and_a_silent_one_may_have(refusal: BursarError, outcome: type) -> None:
    answered = await ChargesOverGrpc(FakePeers([refusal])).charge(*wanted(), None, None)
    assert isinstance(answered, outcome)


async def test_a_charge_that_payments_never_heard_of_is_nothing() -> None:
    charge, _ = wanted()
    assert await ChargesOverGrpc(FakePeers([NotFound("PAYMENT_NOT_FOUND", "no such payment")])).look_up(charge) is None
    assert isinstance(await ChargesOverGrpc(FakePeers(answer=PAID)).look_up(charge), Succeeded)
    canceled = payment_pb2.Payment(id=str(uuid4()), status=payment_pb2.PAYMENT_STATUS_CANCELED)
    assert isinstance(await ChargesOverGrpc(FakePeers(answer=canceled)).give_up(charge), Declined)
