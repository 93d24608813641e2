"""What the ledger's benchmarks share: durable books with a hot account, ready postings, and COPY of the same rows into twin tables."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from psycopg import AsyncConnection

from deploy.local.postgres import DURABLE, ephemeral_postgres
from services.chassis.arrays import adapt
from services.chassis.ids import new_id
from services.ledger.domain.chart import Account, AccountKind, account
from services.ledger.domain.posting import Leg, Posting, TransactionKind, posting
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.post import post
from services.ledger.storage.prepared import Prepared, prepare
from tests.support.databases import Cluster, ServiceDatabase, opened

MERCHANTS = 1_000
HOT = account(AccountKind.CLEARING, "usd", qualifier="stripe")
_TWINS = "create table journal_twin (like journal including all); create table entry_twin (like entry including all)"


@dataclass(slots=True)
class Books:
    """A database of the ledger, a lane's connection, and a superuser's connection for the yardstick."""

    database: ServiceDatabase
    registry: AccountRegistry
    poster: AsyncConnection[tuple[object, ...]]
    copier: AsyncConnection[tuple[object, ...]]
    merchants: Sequence[Account]
    organizations: Sequence[UUID]
    copied_transactions: int = 0
    copied_sequences: dict[int, int] = field(default_factory=dict)

    def postings(self, count: int, *, hot: bool = True) -> list[Posting]:
        """Two legs each: from the hot account, or from any, to a merchant's."""
        made = []
        for _ in range(count):
            place, other = random.sample(range(MERCHANTS), 2)
            legs = [Leg(HOT if hot else self.merchants[other], amount := random.randint(1, 9999)), Leg(self.merchants[place], -amount)]
            order_id = new_id()
            fields = {"organization_id": self.organizations[place], "source_id": order_id}
            made.append(posting(f"order:{order_id}:paid", TransactionKind.PAYMENT, legs, **fields))  # type: ignore[arg-type]
        return made

    async def prepared(self, count: int, *, hot: bool = True) -> list[Prepared]:
        """Postings, spelled."""
        postings = self.postings(count, hot=hot)
        ids = await self.registry.ids(postings)
        return [prepare(each, ids) for each in postings]

    async def seconds_to_post(self, batch: Sequence[Prepared]) -> float:
        """In one statement and one commit."""
        started = time.perf_counter()
        await post(self.poster, batch)
        return time.perf_counter() - started

    async def seconds_to_copy(self, count: int) -> float:
        """COPY of ready-made text: the rows that as many postings leave, into tables with the same indexes, in one commit."""
        postings = self.postings(count)
        journal, entries = self._rows(postings, await self.registry.ids(postings))
        started = time.perf_counter()
        async with self.copier.transaction():
            for table, text in (("journal_twin", journal), ("entry_twin", entries)):
                async with self.copier.cursor().copy(f"copy {table} from stdin".encode()) as copy:
                    await copy.write(text)
        return time.perf_counter() - started

    def _rows(self, postings: Sequence[Posting], ids: object) -> tuple[bytes, bytes]:
        assert isinstance(ids, dict)
        journal, entries, now = [], [], "2026-03-01 12:00:00+00"
        for each in postings:
            self.copied_transactions += 1
            number = self.copied_transactions
            owners = f"{each.organization_id}\t{each.source_id}"
            journal.append(f"{number}\t{owners}\t{now}\t{now}\t1\t\\\\x{each.request_hash.hex()}\t{each.idempotency_key}\n")
            for line, leg in enumerate(each.legs, 1):
                account_id = ids[leg.account.code]
                sequence = self.copied_sequences[account_id] = self.copied_sequences.get(account_id, 0) + 1
                entries.append(f"{account_id}\t{sequence}\t{number}\t{leg.amount}\t{leg.amount}\t{line}\tusd\n")
        return "".join(journal).encode(), "".join(entries).encode()


@asynccontextmanager
async def books() -> AsyncIterator[Books]:
    """A cluster that syncs what it commits."""
    with ephemeral_postgres(DURABLE) as admin_url:
        async with opened(Cluster(admin_url).create("ledger")) as database:
            urls = database.urls
            async with (
                await AsyncConnection.connect(urls.worker, autocommit=True) as poster,
                await AsyncConnection.connect(urls.admin, autocommit=True) as copier,
            ):
                adapt(poster)
                await copier.execute(_TWINS)
                organizations = [new_id() for _ in range(MERCHANTS)]
                merchants = [account(AccountKind.MERCHANT_PAYABLE, "usd", organization_id=each) for each in organizations]
                yield Books(database, AccountRegistry(database.worker), poster, copier, merchants, organizations)
