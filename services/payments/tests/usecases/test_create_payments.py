"""Charges by the hundred with nobody present: stored at once, all or none, made once each, told by facts."""

from __future__ import annotations

import grpc
import pytest
from bursar.payments.v1 import payment_method_service_pb2 as methods_pb2
from bursar.payments.v1 import payment_pb2, payment_service_pb2

from services.chassis.ids import new_id
from services.chassis.status import from_rpc_error
from services.payments.tests.builders import look_up
from services.payments.tests.charges import Customer, charge, create, intents, refused, told, with_card
from services.payments.tests.world import World
from tests.support.eventually import eventually


async def test_charges_are_made_and_told_with_what_the_processor_kept(world: World) -> None:
    customers = [(await with_card(world))[0] for _ in range(3)]
    payments = [charge(customer, amount=1000 + place) for place, customer in enumerate(customers)]
    await create(world, *payments)
    assert "payment.succeeded" not in await world.types()
    world.work()
    facts = await told(world, "payment.succeeded", 3)
    assert {(fact.payment_id, fact.amount) for fact in facts} == {(each.payment_id, each.amount) for each in payments}
    assert all(fact.payment_method_id for fact in facts)
    assert len(await told(world, "payment.settled", 3)) == 3
    assert len(await intents(world)) == 3


async def test_the_answer_of_the_one_call_says_all_so_nothing_is_read_again(world: World) -> None:
    await world.simulator.control("POST", "webhooks/hold")
    await world.simulator.control("POST", "faults", method="GET", path="/v1/*", status=500, times=100)
    used = (await world.simulator.control("GET", "faults"))["used"]
    customer, _ = await with_card(world)
    await create(world, charge(customer))
    world.work()
    await told(world, "payment.settled")
    assert (await world.simulator.control("GET", "faults"))["used"] == used


async def test_repeated_calls_charge_once(world: World) -> None:
    customer, _ = await with_card(world)
    first, second = charge(customer), charge(customer)
    await create(world, first)
    world.work()
    for _ in range(3):
        await create(world, first, second, first)
    await told(world, "payment.succeeded", 2)
    assert len(await intents(world)) == 2
    assert (await world.types()).count("payment.succeeded") == 2


async def test_the_preferred_card_pays_if_it_is_there_or_else_the_default(world: World) -> None:
    customer, default = await with_card(world)
    _, preferred = await with_card(world, "pm_card_mastercard", customer)
    _, deleted = await with_card(world, "pm_card_amex", customer)
    await world.read(world.methods, "DeletePaymentMethod", methods_pb2.DeletePaymentMethodRequest(id=deleted))
    _, others = await with_card(world)
    wanted = {preferred: preferred, deleted: default, others: default, str(new_id()): default}
    payments = {
        card: charge(customer, saved_payment_method=payment_service_pb2.SavedPaymentMethod(preferred_payment_method_id=card))
        for card in wanted
    }
    await create(world, *payments.values())
    world.work()
    paid_by = {fact.payment_id: fact.payment_method_id for fact in await told(world, "payment.succeeded", 4)}
    assert {card: paid_by[payment.payment_id] for card, payment in payments.items()} == wanted


async def test_without_a_saved_card_a_charge_fails_and_nobody_is_asked(world: World) -> None:
    customer = Customer(customer_id=str(new_id()), email="ada@example.com")
    await create(world, charge(customer))
    [fact] = await told(world, "payment.failed")
    assert (fact.code, fact.retryable, fact.customer_id) == ("payment_method_missing", True, customer.customer_id)
    alone = await world.command("CreatePayment", charge(customer))
    assert (alone.status, alone.failure_code) == (payment_pb2.PAYMENT_STATUS_FAILED, "payment_method_missing")
    assert (await world.simulator.api("GET", "/v1/customers")).json()["data"] == []


async def test_a_card_that_is_forgotten_while_its_charge_waits_is_missing_and_another_may_pay(world: World) -> None:
    customer, card = await with_card(world)
    await create(world, charge(customer))
    await world.read(world.methods, "DeletePaymentMethod", methods_pb2.DeletePaymentMethodRequest(id=card))
    assert await world.schedule("detach-payment-methods") == 1
    world.work()
    [fact] = await told(world, "payment.failed")
    assert (fact.code, fact.retryable) == ("payment_method_missing", True)


async def test_a_named_card_that_is_not_there_refuses_them_all(world: World) -> None:
    customer, card = await with_card(world)
    good, stranger = charge(customer, payment_method_id=card), charge((await with_card(world))[0], payment_method_id=card)
    error = await refused(world, good, stranger)
    assert (error.reason, [each.field for each in error.violations]) == ("PAYMENT_METHOD_NOT_FOUND", ["payments[1].payment_method_id"])
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await world.command("LookUpPayment", look_up(good))
    assert from_rpc_error(missing.value).reason == "PAYMENT_NOT_FOUND"


async def test_what_is_wrong_is_named_by_its_place(world: World) -> None:
    customer, _ = await with_card(world)
    good = charge(customer)
    await create(world, good)
    other_amount = charge(customer, order_id=good.order_id, amount=5)
    taken_id = charge(customer, payment_id=good.payment_id)
    token, currency, attempt = (
        charge(customer, confirmation_token_id="pm_card_visa"),
        charge(customer, currency="zzz"),
        charge(customer, attempt=0),
    )
    wrong = {
        "PAYMENT_AMOUNT_MISMATCH": (other_amount, "payments[1].amount"),
        "PAYMENT_METHOD_MISSING": (token, "payments[1].confirmation_token_id"),
        "CURRENCY_UNKNOWN": (currency, "payments[1].currency"),
        "FIELD_INVALID": (attempt, "payments[1].attempt"),
    }
    for reason, (payment, field) in wrong.items():
        error = await refused(world, charge(customer), payment)
        assert (error.reason, [each.field for each in error.violations]) == (reason, [field])
    assert (await refused(world, charge(customer), taken_id)).reason == "ATTEMPT_ID_TAKEN"


async def test_declines_say_whether_the_card_is_worth_another_try(world: World) -> None:
    cards = {"pm_card_chargeCustomerFail": ("card_declined", True)}
    customer, _ = await with_card(world, next(iter(cards)))
    stolen, _ = await with_card(world)
    await world.simulator.control("POST", "cards/decline", customer=stolen.customer_id, code="stolen_card", next=1)
    await create(world, charge(customer), charge(stolen))
    world.work()
    facts = {fact.customer_id: fact for fact in await told(world, "payment.failed", 2)}
    assert (facts[customer.customer_id].decline_code, facts[customer.customer_id].retryable) == ("generic_decline", True)
    assert (facts[stolen.customer_id].decline_code, facts[stolen.customer_id].retryable) == ("stolen_card", False)
    await create(world, charge(stolen, attempt=2))
    await told(world, "payment.succeeded")


async def test_a_bank_that_wants_the_owner_fails_the_charge_and_its_intent_is_closed(world: World) -> None:
    customer, _ = await with_card(world)
    await world.simulator.control("POST", "cards/decline", customer=customer.customer_id, code="authentication_required", next=1)
    await create(world, charge(customer))
    world.work()
    [fact] = await told(world, "payment.failed")
    assert (fact.code, fact.retryable) == ("authentication_required", True)

    async def closed() -> bool:
        return [intent["status"] for intent in await intents(world)] == ["canceled"]

    await eventually(closed, 10.0)


async def test_an_answer_that_got_lost_is_looked_up_and_charged_once(world: World) -> None:
    customer, _ = await with_card(world)
    await world.simulator.control("POST", "webhooks/hold")
    await world.simulator.control("POST", "faults", method="POST", path="/v1/payment_intents", when="after", times=3)
    await create(world, charge(customer))
    world.work()
    await told(world, "payment.succeeded")
    assert len(await intents(world)) == 1


async def test_many_are_charged_once_each_by_two_lanes(world: World) -> None:
    customers = [(await with_card(world))[0] for _ in range(4)]
    payments = [charge(customer) for customer in customers for _ in range(30)]
    await create(world, *payments)
    world.work()
    world.work()
    facts = await told(world, "payment.succeeded", len(payments))
    assert sorted(fact.order_id for fact in facts) == sorted(payment.order_id for payment in payments)
    totals = (await world.simulator.control("GET", "totals"))["currencies"]["usd"]
    assert totals["charged_amount"] == 1000 * len(payments)
