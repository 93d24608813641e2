"""The registry: which account has which id. Accounts are opened on first use and never change, so ids are remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from services.chassis.database import Database
from services.chassis.sql import Statement
from services.ledger.domain.chart import CHART, Account
from services.ledger.domain.posting import Posting

_REMEMBERED = 50_000
"""Some ten megabytes. Beyond, what is posted is opened again with its batch, in one statement."""
_OPEN = Statement(
    "select code, id from open_accounts(%(codes)s::text[], %(kinds)s::smallint[], %(organizations)s::uuid[], %(currencies)s::text[], "
    "%(floors)s::bigint[], %(ceilings)s::bigint[])"
)


class AccountRegistry:
    """The ids of accounts by code, through the worker role: by a connection of its own, for others may hold theirs while they wait for
    the books' lock, and whoever has that may need an account."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: dict[str, int] = {}
        self._opening = asyncio.Lock()

    async def ids(self, postings: Iterable[Posting]) -> Mapping[str, int]:
        """Ids of at least all accounts of the postings. Opens those that are new, in a commit of its own."""
        wanted = {leg.account.code: leg.account for posting in postings for leg in posting.legs}
        if wanted.keys() - self._ids.keys():
            async with self._opening:
                if len(self._ids) > _REMEMBERED:
                    self._ids = {}  # not cleared: a call in hand may still read the old one
                missing = [account for code, account in wanted.items() if code not in self._ids]
                if missing:
                    await self._open(missing)
        return self._ids

    async def _open(self, accounts: list[Account]) -> None:
        lines = [CHART[account.kind] for account in accounts]
        parameters = {
            "codes": [account.code for account in accounts],
            "kinds": [account.kind.value for account in accounts],
            "organizations": [account.organization_id for account in accounts],
            "currencies": [account.currency for account in accounts],
            "floors": [line.floor_amount for line in lines],
            "ceilings": [line.ceiling_amount for line in lines],
        }
        async with self._database.connection() as connection:
            rows = await (await connection.execute(_OPEN.text, parameters)).fetchall()
        self._ids.update((row["code"], row["id"]) for row in rows)
