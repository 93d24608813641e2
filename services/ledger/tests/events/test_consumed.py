"""Facts in, books out: through the reactor, in one transaction with the claim."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from bursar.checkout.v1.checkout_events_pb2 import CustomerBalanceAdjusted, OrderPaid, OrderVoided
from bursar.payments.v1.payments_events_pb2 import PaymentSettled
from bursar.types.v1.tax_pb2 import TaxLine
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.errors import BursarError
from services.chassis.event import Event
from services.chassis.ids import new_id, new_sandbox_id
from services.chassis.organization_clock import move_time
from services.chassis.reactor import Reactor
from services.ledger.domain.postings import PaidOrder, SettledPayment
from services.ledger.events.consumed import reactions
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.audit import audit
from services.ledger.storage.books import books_in
from services.ledger.storage.charges import charges
from services.ledger.storage.customer_balances import customer_balances
from services.ledger.storage.fee_plans import fee_plans
from services.ledger.tests.builders import (
    CUSTOMER,
    NOW,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    clearing,
    paid_order,
    payable,
    settled_payment,
    wallet,
)
from tests.support.databases import ServiceDatabase


def timestamp(at: datetime) -> Timestamp:
    answer = Timestamp()
    answer.FromDatetime(at)
    return answer


def order_paid(order: PaidOrder, restored_amount: int = 0) -> Event[Any]:
    message = OrderPaid(
        order_id=str(order.order_id),
        customer_id=str(order.customer_id),
        currency=order.currency,
        net_amount=order.net_amount,
        tax_lines=[TaxLine(jurisdiction=jurisdiction, amount=amount) for jurisdiction, amount in order.taxes],
        total_amount=order.total_amount,
        applied_balance_amount=order.applied_balance_amount,
        due_amount=order.due_amount,
        processor=order.processor or None,
        paid_at=timestamp(order.paid_at),
        restored_amount=restored_amount,
    )
    return Event(new_id(), "order.paid", order.organization_id, order.order_id, 1, NOW, message)


def payment_settled(payment: SettledPayment) -> Event[Any]:
    message = PaymentSettled(
        payment_id=str(payment.payment_id),
        order_id=str(payment.order_id),
        processor=payment.processor,
        currency=payment.currency,
        amount=payment.amount,
        fee_amount=payment.fee_amount,
        settled_at=timestamp(payment.settled_at),
    )
    return Event(new_id(), "payment.settled", payment.organization_id, payment.payment_id, 1, NOW, message)


@pytest.fixture
def reactor(database: ServiceDatabase, registry: AccountRegistry) -> Reactor:
    return Reactor(
        "ledger",
        reactions(books=books_in(registry), plans_of=fee_plans, charges_of=charges, balances_of=customer_balances),
        database.worker,
    )


async def balances(database: ServiceDatabase) -> dict[str, int]:
    async with database.worker.connection() as connection:
        query = "select code, debit_amount - credit_amount as amount from balance join account on id = account_id"
        rows = await (await connection.execute(query)).fetchall()
    return {row["code"]: row["amount"] for row in rows}


async def test_a_paid_order_and_its_settlement(database: ServiceDatabase, reactor: Reactor) -> None:
    order = paid_order()
    assert await reactor.take([order_paid(order), payment_settled(settled_payment(order))]) == set()
    assert await balances(database) == {
        clearing().code: 12000 - 378,
        payable().code: -10000 + 650,
        "tax_payable:DE:usd": -2000,
        "fee_revenue:payment:usd": -650,
        "processor_fee:payment:usd": 378,
    }


async def test_a_settlement_before_its_order_comes_later(database: ServiceDatabase, reactor: Reactor) -> None:
    order = paid_order()
    settled, paid = payment_settled(settled_payment(order)), order_paid(order)
    assert await reactor.take([settled]) == {settled.id}
    assert await balances(database) == {}
    await reactor.take([paid])
    assert await reactor.take([settled]) == set()
    assert (await balances(database))[clearing().code] == 12000 - 378


async def test_any_order_and_any_repetition_of_the_facts_ends_in_the_same_balances(database: ServiceDatabase, reactor: Reactor) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    orders = [paid_order(organization_id=chance.choice([ORGANIZATION, OTHER_ORGANIZATION])) for _ in range(12)]
    facts = [order_paid(order) for order in orders] + [payment_settled(settled_payment(order)) for order in orders]
    pending = [chance.choice(facts) for _ in range(30)] + facts
    chance.shuffle(pending)
    while pending:
        size = chance.randint(1, 8)
        early = await reactor.take(pending[:size])
        pending = pending[size:] + [fact for fact in pending[:size] if fact.id in early]
    after = await balances(database)
    assert after[clearing().code] == 12 * (12000 - 378), f"seed {seed}"
    assert after[payable().code] + after.get(payable(OTHER_ORGANIZATION).code, 0) == 12 * (650 - 10000), f"seed {seed}"
    assert (await audit(database.worker)).findings == []


async def test_a_fact_published_again_under_a_new_event_books_nothing(database: ServiceDatabase, reactor: Reactor) -> None:
    order = paid_order()
    await reactor.take([order_paid(order)])
    with psycopg.connect(database.urls.admin, autocommit=True) as admin:
        admin.execute("insert into fee_plan values (%s, 0, 0)", [ORGANIZATION])
    await reactor.take([order_paid(order)])
    assert (await balances(database))[payable().code] == -10000 + 650


async def test_other_facts_under_a_known_key_are_refused_with_their_batch(database: ServiceDatabase, reactor: Reactor) -> None:
    order = paid_order()
    await reactor.take([order_paid(order)])
    other = paid_order(order_id=order.order_id, net_amount=9000, total_amount=11000, due_amount=11000)
    with pytest.raises(BursarError) as caught:
        await reactor.take([order_paid(paid_order()), order_paid(other)])
    assert caught.value.reason == "IDEMPOTENCY_KEY_REUSED"
    assert (await balances(database))[clearing().code] == 12000


async def test_an_organizations_own_fee_plan_counts(database: ServiceDatabase, reactor: Reactor) -> None:
    with psycopg.connect(database.urls.admin, autocommit=True) as admin:
        admin.execute("insert into fee_plan values (%s, 40000, 40)", [ORGANIZATION])
    await reactor.take([order_paid(paid_order()), order_paid(paid_order(organization_id=OTHER_ORGANIZATION))])
    after = await balances(database)
    assert (after[payable().code], after[payable(OTHER_ORGANIZATION).code]) == (-9480, -9350)


async def test_the_exchange_of_a_settlement_in_another_currency(database: ServiceDatabase, reactor: Reactor) -> None:
    order = paid_order(currency="eur")
    settled = settled_payment(order, currency="usd", amount=12960, fee_amount=406)
    await reactor.take([order_paid(order), payment_settled(settled)])
    after = await balances(database)
    assert (after[clearing("eur").code], after[clearing("usd").code]) == (0, 12960 - 406)
    assert (after["fx_position:eur"], after["fx_position:usd"]) == (12000, -12960)


async def test_an_order_of_nothing_leaves_no_transaction(database: ServiceDatabase, reactor: Reactor) -> None:
    await reactor.take([order_paid(paid_order(net_amount=0, taxes=(), total_amount=0, due_amount=0, processor=""))])
    assert (await audit(database.worker)).transactions_checked == 0


async def test_clearing_equals_what_a_processor_would_say(database: ServiceDatabase, reactor: Reactor) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    processor: dict[str, int] = {}
    statement: dict[UUID, int] = {ORGANIZATION: 0, OTHER_ORGANIZATION: 0}
    facts: list[Event[Any]] = []
    for _ in range(40):
        net, tax = chance.randint(0, 50000), chance.randint(0, 9000)
        order = paid_order(
            organization_id=chance.choice(list(statement)),
            net_amount=net,
            taxes=(("DE", tax),),
            total_amount=net + tax,
            due_amount=net + tax,
            processor="stripe" if net + tax else "",
        )
        fee = chance.randint(0, 500)
        processor["usd"] = processor.get("usd", 0) + order.due_amount - (fee if order.due_amount else 0)
        statement[order.organization_id] += net - (((net + tax) * 5 + 50) // 100 + 50 if net + tax else 0)
        facts.append(order_paid(order))
        if order.due_amount:
            facts.append(payment_settled(settled_payment(order, fee_amount=fee)))
    await take_all(reactor, facts)
    after = await balances(database)
    assert after[clearing().code] == processor["usd"], f"seed {seed}"
    for organization_id, amount in statement.items():
        assert after[payable(organization_id).code] == -amount, f"seed {seed}"


async def take_all(reactor: Reactor, facts: Sequence[Event[Any]]) -> None:
    assert await reactor.take(facts) == set()


def order(total: int, applied: int, **fields: Any) -> Event[Any]:
    """An order without tax that did something to a balance."""
    due = total + applied
    processor = "stripe" if due else ""
    amounts = {"net_amount": total, "taxes": (), "total_amount": total, "applied_balance_amount": applied, "due_amount": due}
    return order_paid(paid_order(**amounts, processor=processor, **fields))


def balance_adjusted(amount: int) -> Event[Any]:
    transaction_id = new_id()
    message = CustomerBalanceAdjusted(
        customer_balance_transaction_id=str(transaction_id), customer_id=str(CUSTOMER), currency="usd", amount=amount, reason="thanks"
    )
    return Event(new_id(), "customer.balance_adjusted", ORGANIZATION, transaction_id, 1, NOW, message)


def customer_balance(after: dict[str, int]) -> tuple[int, int]:
    """What the customer has, and what they owe."""
    return -after.get(wallet().code, 0), after.get(f"customer_receivable:{ORGANIZATION}:{CUSTOMER}:usd", 0)


async def test_a_balance_is_granted_used_overdrawn_and_collected(database: ServiceDatabase, reactor: Reactor) -> None:
    steps = [(balance_adjusted(500), (500, 0)), (order(460, -460), (40, 0)), (order(70, -70), (0, 30))]
    steps += [(order(1000, 30), (0, 0)), (order(-6000, 6000), (6000, 0)), (balance_adjusted(-7000), (0, 1000))]
    for fact, expected in steps:
        await reactor.take([fact])
        assert customer_balance(await balances(database)) == expected
    assert (await audit(database.worker)).findings == []


async def test_balances_end_the_same_in_any_order_and_with_any_repetition(database: ServiceDatabase, reactor: Reactor) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    changes = [chance.randint(-900, 900) for _ in range(30)]
    facts = [balance_adjusted(change) if chance.random() < 0.4 else order(-change, change) for change in changes]
    pending = [chance.choice(facts) for _ in range(20)] + facts
    # Published again: as a new event about the same thing.
    pending += [fact._replace(id=new_id()) for fact in chance.sample(facts, 10)]
    chance.shuffle(pending)
    while pending:
        size = chance.randint(1, 9)
        assert await reactor.take(pending[:size]) == set(), f"seed {seed}"
        pending = pending[size:]
    expected = max(sum(changes), 0), max(-sum(changes), 0)
    assert customer_balance(await balances(database)) == expected, f"seed {seed}"
    assert (await audit(database.worker)).findings == []


def order_voided(order_id: UUID, forfeited: int, *, at: datetime = NOW) -> Event[Any]:
    message = OrderVoided(order_id=str(order_id), customer_id=str(CUSTOMER), currency="usd", forfeited_amount=forfeited)
    return Event(new_id(), "order.voided", ORGANIZATION, order_id, 2, at, message)


async def test_what_a_void_order_took_from_the_balance_is_the_merchants(database: ServiceDatabase, reactor: Reactor) -> None:
    unpaid = paid_order(net_amount=1000, taxes=(), total_amount=1000, due_amount=1000)
    credited, voided = order(-300, 300), order_voided(unpaid.order_id, 300)
    await reactor.take([credited, voided, order_voided(new_id(), 0)])
    after = await balances(database)
    assert (customer_balance(after), after[payable().code]) == ((0, 0), 0)
    await reactor.take([order_paid(unpaid, restored_amount=300)])
    after = await balances(database)
    assert (customer_balance(after), after[clearing().code]) == ((300, 0), 1000), "paid late: the customer has it again"
    assert (await audit(database.worker)).findings == []


async def test_void_and_late_payment_end_the_same_in_any_order_and_with_any_repetition(database: ServiceDatabase, reactor: Reactor) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    facts, expected = [balance_adjusted(500)], 500
    for _ in range(12):
        unpaid, lost, is_paid = paid_order(), chance.randint(0, 300), chance.random() < 0.5
        facts.append(order_voided(unpaid.order_id, lost))
        facts += [order_paid(unpaid, restored_amount=lost)] if is_paid else []
        expected -= 0 if is_paid else lost
    pending = facts + [fact._replace(id=new_id()) for fact in chance.sample(facts, 8)] + chance.sample(facts, 5)
    chance.shuffle(pending)
    while pending:
        size = chance.randint(1, 9)
        assert await reactor.take(pending[:size]) == set(), f"seed {seed}"
        pending = pending[size:]
    assert customer_balance(await balances(database)) == (max(expected, 0), max(-expected, 0)), f"seed {seed}"
    assert (await audit(database.worker)).findings == []


async def test_two_consumers_at_once_split_one_balance_right(database: ServiceDatabase, registry: AccountRegistry) -> None:
    reactors = [
        Reactor(
            "ledger",
            reactions(books=books_in(registry), plans_of=fee_plans, charges_of=charges, balances_of=customer_balances),
            database.worker,
        )
        for _ in range(3)
    ]
    changes = [100, -250, 70, -30, 400, -500, 90, -10, 60]
    await asyncio.gather(*(reactors[place % 3].take([balance_adjusted(change)]) for place, change in enumerate(changes)))
    assert customer_balance(await balances(database)) == (0, -sum(changes))


async def test_a_sandboxs_transactions_bear_its_time(database: ServiceDatabase, reactor: Reactor) -> None:
    start, later = datetime(2030, 1, 31, 12, tzinfo=UTC), datetime(2031, 1, 31, 12, tzinfo=UTC)
    sandbox = new_sandbox_id(start)
    await reactor.take([order_paid(paid_order(organization_id=sandbox, paid_at=start)), order_paid(paid_order())])
    async with database.worker.transaction() as transaction:
        await move_time(transaction, sandbox, later)
    await reactor.take([order_paid(paid_order(organization_id=sandbox, paid_at=later))])
    async with database.worker.connection() as connection:
        rows = await (await connection.execute("select organization_id, effective_at, posted_at from journal order by id")).fetchall()
        opened = await (await connection.execute("select opened_at from account where organization_id = %s", [sandbox])).fetchone()
    assert [(row["effective_at"], row["posted_at"]) for row in rows if row["organization_id"] == sandbox] == [
        (start, start),
        (later, later),
    ]
    assert [row["posted_at"].year < 2030 for row in rows if row["organization_id"] != sandbox] == [True]
    assert opened is not None
    assert opened["opened_at"] == start
