"""What the database refuses whatever the service asks for, and what a batch may hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import psycopg
import pytest

from services.ledger.domain.chart import Account
from services.ledger.domain.errors import (
    AmountOverflow,
    BalanceBoundExceeded,
    IdempotencyKeyReused,
    ReversalRefused,
    TransactionUnbalanced,
)
from services.ledger.domain.posting import Leg, Posted, Posting, Result
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.audit import audit
from services.ledger.storage.books import TransactionBooks
from services.ledger.storage.post import post
from services.ledger.storage.prepared import prepare
from services.ledger.tests.builders import OTHER_ORGANIZATION, clearing, many_legged, negated, payable, transfer, unchecked, wallet
from tests.support.databases import ServiceDatabase


async def posted(database: ServiceDatabase, registry: AccountRegistry, *batch: Posting) -> list[Result]:
    async with database.worker.transaction() as transaction:
        return await TransactionBooks(transaction, registry).post(batch)


async def balance_of(database: ServiceDatabase, account: Account) -> int:
    async with database.worker.connection() as connection:
        query = "select debit_amount - credit_amount as amount from balance join account on id = account_id where code = %s"
        row = await (await connection.execute(query, [account.code])).fetchone()
    return int(row["amount"]) if row else 0


async def test_a_batch_posts_and_a_replay_answers_the_same(database: ServiceDatabase, registry: AccountRegistry) -> None:
    batch = [transfer(100), transfer(200), transfer(300)]
    assert await posted(database, registry, *batch) == [Posted(1, False), Posted(2, False), Posted(3, False)]
    assert await posted(database, registry, *batch[::-1]) == [Posted(3, True), Posted(2, True), Posted(1, True)]
    assert await balance_of(database, clearing()) == 600


async def test_a_key_twice_in_one_batch_posts_once(database: ServiceDatabase, registry: AccountRegistry) -> None:
    first, other = transfer(5, key="k"), transfer(6, key="k")
    one, two, three = await posted(database, registry, first, first, other)
    assert (one, two) == (Posted(1, False), Posted(1, True))
    assert isinstance(three, IdempotencyKeyReused)
    assert await balance_of(database, clearing()) == 5


async def test_known_keys_between_new_ones_leave_the_order(database: ServiceDatabase, registry: AccountRegistry) -> None:
    known = [transfer(1) for _ in range(3)]
    await posted(database, registry, *known)
    mixed = [transfer(2), known[1], transfer(3), transfer(4), known[0]]
    ids = [result.transaction_id for result in await posted(database, registry, *mixed) if isinstance(result, Posted)]
    assert ids == [4, 2, 5, 6, 1]


async def test_a_bound_holds_after_each_transaction_and_the_guilty_leaves_no_trace(
    database: ServiceDatabase, registry: AccountRegistry
) -> None:
    fund, spends = transfer(100, credit=wallet()), [transfer(60, debit=wallet(), credit=clearing()) for _ in range(3)]
    too_early, funding, first, second, third = await posted(database, registry, spends[0], fund, *spends[1:], transfer(7))
    assert isinstance(too_early, BalanceBoundExceeded)
    assert (funding, first, third) == (Posted(1, False), Posted(2, False), Posted(3, False))
    assert isinstance(second, BalanceBoundExceeded)
    assert await balance_of(database, wallet()) == -40
    assert (await audit(database.worker)).findings == []


async def test_a_transaction_may_cross_a_bound_on_its_way(database: ServiceDatabase, registry: AccountRegistry) -> None:
    crossing = many_legged([Leg(wallet(), 10), Leg(wallet(), -10), Leg(clearing(), 10), Leg(payable(), -10)])
    assert await posted(database, registry, crossing) == [Posted(1, False)]


async def test_the_database_refuses_what_does_not_balance(database: ServiceDatabase, registry: AccountRegistry) -> None:
    wrong = unchecked(transfer(5), [Leg(clearing(), 5), Leg(payable(), -4)])
    its_mirror = unchecked(transfer(5), [Leg(clearing(), 4), Leg(payable(), -5)])
    without_legs = unchecked(transfer(5), [])
    results = await posted(database, registry, wrong, transfer(1), its_mirror, without_legs)
    assert [type(result) for result in results] == [TransactionUnbalanced, Posted, TransactionUnbalanced, TransactionUnbalanced]


async def test_balances_beyond_eight_bytes_are_refused_cleanly(database: ServiceDatabase, registry: AccountRegistry) -> None:
    huge = [unchecked(transfer(1), [Leg(clearing(), 2**62), Leg(payable(), -(2**62))]) for _ in range(3)]
    results = await posted(database, registry, *huge)
    assert results[0] == Posted(1, False)
    assert [type(result) for result in results[1:]] == [AmountOverflow, AmountOverflow]
    assert await posted(database, registry, transfer(1)) == [Posted(2, False)]


async def test_the_size_of_batches_makes_no_difference(service_database: Callable[[str], Awaitable[ServiceDatabase]]) -> None:
    accounts = [clearing(), payable(), payable(OTHER_ORGANIZATION)]
    batch = [transfer(place + 1, debit=accounts[place % 3], credit=accounts[(place * 7 + 1) % 3]) for place in range(60)]
    balances = set()
    for size in (1, 7, 60):
        database = await service_database("ledger")
        registry = AccountRegistry(database.worker)
        for start in range(0, len(batch), size):
            await posted(database, registry, *batch[start : start + size])
        balances.add(tuple([await balance_of(database, account) for account in accounts]))
        assert (await audit(database.worker)).sound
    assert len(balances) == 1


async def test_a_reversal_takes_all_back_once(database: ServiceDatabase, registry: AccountRegistry) -> None:
    original = transfer(100)
    await posted(database, registry, original)
    assert await posted(database, registry, negated(original, 1)) == [Posted(2, False)]
    assert await balance_of(database, clearing()) == 0
    refused = [
        negated(original, 1),
        negated(original, 99),
        negated(transfer(101), 2),
        negated(original, 2, organization_id=OTHER_ORGANIZATION),
    ]
    assert {type(result) for result in await posted(database, registry, *refused)} == {ReversalRefused}


async def test_a_batch_that_is_too_large_is_refused_before_any_write(database: ServiceDatabase, registry: AccountRegistry) -> None:
    posting = transfer(1)
    ids = await registry.ids([posting])
    async with database.worker.transaction() as transaction:
        with pytest.raises(ValueError):
            await post(transaction.connection, [prepare(posting, ids)] * 1001)


@pytest.mark.parametrize(
    "statement",
    [
        "update entry set amount = 1",
        "delete from journal",
        "truncate entry",
        "update account set code = 'x'",
        "delete from seal",
        "truncate journal",
        "delete from balance",
        "update reversal set reverses_id = 1",
    ],
)
async def test_what_is_written_stays(database: ServiceDatabase, registry: AccountRegistry, statement: str) -> None:
    await posted(database, registry, transfer(1))
    with psycopg.connect(database.urls.owner) as owner, pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute(statement.encode())


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "update balance set debit_amount = 0",
        "insert into entry values (1, 1, 1, 1, 1, 1, 'usd')",
        "insert into journal select * from journal",
        "alter table entry disable trigger entry_balanced",
        "update fee_plan set rate_ppm = 0",
    ],
)
def test_the_services_roles_write_only_by_the_functions(database: ServiceDatabase, role: str, statement: str) -> None:
    with psycopg.connect(getattr(database.urls, role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_the_app_role_cannot_post(database: ServiceDatabase) -> None:
    with psycopg.connect(database.urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select seal_next(1)")
