"""Random batches into PostgreSQL and into the oracle: every answer and every row must be the same after each step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from psycopg import AsyncConnection

from services.chassis.arrays import adapt
from services.chassis.database import Database
from services.chassis.errors import BursarError
from services.ledger.domain.posting import Leg, Posting, Result
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.post import post
from services.ledger.storage.prepared import prepare
from services.ledger.storage.seals import seal
from services.ledger.tests.builders import CUSTOMER, NOW, ORGANIZATION, OTHER_ORGANIZATION, clearing, many_legged, negated, payable, wallet
from services.ledger.tests.oracle import BookedEntry, Oracle
from tests.support.databases import ServiceUrls

QUICK = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
_ACCOUNTS = [
    *(clearing(), payable(), payable(OTHER_ORGANIZATION), wallet(), wallet(ORGANIZATION)),
    *(clearing("eur"), payable(currency="eur"), wallet(CUSTOMER, "eur")),
]
_PAST = """
select coalesce((select balance_after_amount from entry where account_id = %(id)s and sequence = s), 0), s
from sequence_as_of(%(id)s, %(number)s) s
"""
_accounts = st.sampled_from(_ACCOUNTS)
_amounts = st.one_of(st.integers(1, 300), st.integers(1, 300), st.just(2**53 - 1))
_times = st.integers(-5 * 24, 5 * 24).map(lambda hours: NOW + timedelta(hours=hours))


@st.composite
def postings(draw: Callable[..., Any]) -> Posting:
    """Balanced, of few accounts and few keys, so that replays, reuse and lack of funds happen."""
    legs: list[Leg] = []
    for _ in range(draw(st.integers(1, 3))):
        debit = draw(_accounts)
        credit = draw(st.sampled_from([each for each in _ACCOUNTS if each.currency == debit.currency]))
        amount = draw(_amounts)
        legs += [Leg(debit, amount), Leg(credit, -amount)]
    return many_legged(legs, key=f"key:{draw(st.integers(1, 40))}", effective_at=draw(_times))


class PostingMachine(RuleBasedStateMachine):
    """Subclasses say where the databases come from."""

    create: Callable[[], ServiceUrls]
    drop: Callable[[ServiceUrls], None]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.urls = type(self).create()
        self.oracle = Oracle()
        self.runner.run(self._open())

    async def _open(self) -> None:
        self.database = Database(self.urls.worker, name="machine", pool_size=1)
        await self.database.open()
        self.registry = AccountRegistry(self.database)
        self.connection = await AsyncConnection.connect(self.urls.worker, autocommit=True)
        adapt(self.connection)

    def teardown(self) -> None:
        self.runner.run(self.connection.close())
        self.runner.run(self.database.close())
        self.runner.close()
        type(self).drop(self.urls)

    @rule(batch=st.lists(postings(), min_size=1, max_size=10))
    def post(self, batch: list[Posting]) -> None:
        self._same(self.runner.run(self._post(batch)), self.oracle.post(batch))

    @rule(amounts=st.lists(st.integers(-300, 300).filter(bool), min_size=2, max_size=8))
    def spend_and_fund(self, amounts: list[int]) -> None:
        """Debits that a later credit of the same batch would repair, and credits that come first."""
        batch = [many_legged([Leg(wallet(), amount), Leg(clearing(), -amount)], effective_at=NOW) for amount in amounts]
        self._same(self.runner.run(self._post(batch)), self.oracle.post(batch))

    @rule(number=st.integers(1, 30), key=st.integers(100, 120), other=postings(), exact=st.booleans())
    def reverse(self, number: int, key: int, other: Posting, exact: bool) -> None:
        original = self.oracle.transactions[number - 1] if exact and number <= len(self.oracle.transactions) else other
        batch = [negated(original, number, key=f"key:{key}", effective_at=NOW), other]
        self._same(self.runner.run(self._post(batch)), self.oracle.post(batch))

    @rule(batch=st.lists(postings(), min_size=1, max_size=5))
    def roll_back(self, batch: list[Posting]) -> None:
        self.runner.run(self._post_and_roll_back(batch))

    @rule()
    def seal(self) -> None:
        self.runner.run(seal(self.database))

    @rule(account=_accounts, number=st.integers(1, 60), at=_times)
    def read_the_past(self, account: Any, number: int, at: Any) -> None:
        (account_id,) = self.runner.run(self._ids([account.code])) or (None,)
        if account_id is None:
            return
        assert self._rows(_PAST, id=account_id, number=number) == [self.oracle.as_of_transaction(account.code, number)]
        assert self._rows("select balance_at(%(id)s, %(at)s)", id=account_id, at=at) == [(self.oracle.as_of_time(account.code, at),)]

    @invariant()
    def every_row_is_the_oracles(self) -> None:
        entries = self._rows(
            "select a.code, e.sequence, e.transaction_id, e.line, e.amount, e.balance_after_amount "
            "from entry e join account a on a.id = e.account_id order by e.transaction_id, e.line"
        )
        assert [BookedEntry(*row) for row in entries] == self.oracle.entries
        keys = self._rows("select id, idempotency_key from journal order by id")
        assert keys == [(number, known.idempotency_key) for number, known in enumerate(self.oracle.transactions, 1)]
        balances = self._rows("select code, debit_amount, credit_amount, sequence from balance join account on id = account_id")
        for code, debit, credit, sequence in balances:
            expected = (self.oracle.debits.get(code, 0), self.oracle.credits.get(code, 0), self.oracle.counts.get(code, 0))
            assert (debit, credit, sequence) == expected

    async def _post(self, batch: list[Posting]) -> list[Result]:
        ids = await self.registry.ids(batch)
        return await post(self.connection, [prepare(posting, ids) for posting in batch])

    async def _post_and_roll_back(self, batch: list[Posting]) -> None:
        async with self.connection.transaction(force_rollback=True):
            await self._post(batch)

    async def _ids(self, codes: list[str]) -> list[int]:
        cursor = await self.connection.execute("select id from account where code = any(%s)", [codes])
        return [row[0] for row in await cursor.fetchall()]

    def _rows(self, query: str, **parameters: object) -> list[Any]:
        async def read() -> list[Any]:
            return await (await self.connection.execute(query.encode(), parameters)).fetchall()

        return self.runner.run(read())

    def _same(self, got: list[Result], expected: list[Result]) -> None:
        assert [_told(result) for result in got] == [_told(result) for result in expected]


def _told(result: Result) -> object:
    return result.reason if isinstance(result, BursarError) else result
