"""License keys and their activations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from services.benefits.domain.errors import LicenseKeyNotFound
from services.benefits.domain.license_key import Activation, LicenseKey, key_hash
from services.benefits.storage.tables import license_key, license_key_activation
from services.benefits.usecases.listing import KeyFilter
from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, counted, paged
from services.chassis.sql import Statement, bulk_insert, bulk_update, compile_statement

_FIXED = ("id", "organization_id", "grant_id", "customer_id", "benefit_id", "created_at")
_INSERT = bulk_insert(license_key)
_UPDATE = bulk_update(license_key, key=("id",), columns=[column.name for column in license_key.columns if column.name not in _FIXED])
_OF_GRANTS = Statement("select * from license_key where grant_id = any(%(ids)s) order by id for no key update")
_GET = Statement("select * from license_key where organization_id = %(organization_id)s and id = %(id)s")
_LOCK = Statement(f"{_GET.text} for no key update")
_LOCK_BY_KEY = Statement(
    "select * from license_key where organization_id = %(organization_id)s and key_hash = %(key_hash)s for no key update"
)
_GRANT_IS_LIVE = Statement("select status = 'granted' as live from benefit_grant where id = %(id)s")
_ACTIVATION = Statement("select * from license_key_activation where license_key_id = %(key_id)s and id = %(id)s and deactivated_at is null")
_COUNT = Statement("select count(*) as count from license_key_activation where license_key_id = %(key_id)s and deactivated_at is null")
_INSERT_ACTIVATION = bulk_insert(license_key_activation)
_UPDATE_ACTIVATION = bulk_update(license_key_activation, key=("id",), columns=("deactivated_at", "modified_at"))


class LicenseKeyStore:
    """Rows of `license_key` and `license_key_activation`."""

    async def add(self, transaction: Transaction, keys: Sequence[LicenseKey]) -> None:
        """New ones."""
        await transaction.many(_INSERT, [_to_row(key) for key in keys])

    async def get(self, transaction: Transaction, organization_id: UUID, key_id: UUID) -> LicenseKey:
        """One. LicenseKeyNotFound."""
        return _found(await transaction.one(_GET, organization_id=organization_id, id=key_id))

    async def lock(self, transaction: Transaction, organization_id: UUID, key_id: UUID) -> LicenseKey:
        """To be changed. LicenseKeyNotFound."""
        return _found(await transaction.one(_LOCK, organization_id=organization_id, id=key_id))

    async def lock_by_key(self, transaction: Transaction, organization_id: UUID, key: str) -> LicenseKey:
        """The record of a key, to be changed. LicenseKeyNotFound."""
        return _found(await transaction.one(_LOCK_BY_KEY, organization_id=organization_id, key_hash=key_hash(key)))

    async def lock_of_grants(self, transaction: Transaction, grant_ids: Collection[UUID]) -> list[LicenseKey]:
        """Those of some grants, to be changed."""
        return [row_to_license_key(row) for row in await transaction.all(_OF_GRANTS, ids=list(grant_ids))]

    async def save(self, transaction: Transaction, keys: Sequence[LicenseKey]) -> None:
        """Changed ones."""
        await transaction.many(_UPDATE, [_to_row(key) for key in keys])

    async def grant_is_live(self, transaction: Transaction, grant_id: UUID) -> bool:
        """Whether the grant behind a key is in force; ask after locking the key."""
        row = await transaction.one(_GRANT_IS_LIVE, id=grant_id)
        return row is not None and bool(row["live"])

    async def activation(self, transaction: Transaction, key_id: UUID, activation_id: UUID) -> Activation | None:
        """An activation of a key that was not ended."""
        row = await transaction.one(_ACTIVATION, key_id=key_id, id=activation_id)
        return Activation(**row) if row else None

    async def count_activations(self, transaction: Transaction, key_id: UUID) -> int:
        """How many installations use a key. Who has locked the key has the number."""
        row = await transaction.one(_COUNT, key_id=key_id)
        return int(row["count"]) if row else 0

    async def add_activation(self, transaction: Transaction, activation: Activation) -> None:
        """A new one."""
        await transaction.many(_INSERT_ACTIVATION, [_activation_to_row(activation)])

    async def save_activation(self, transaction: Transaction, activation: Activation) -> None:
        """A changed one."""
        await transaction.many(_UPDATE_ACTIVATION, [_activation_to_row(activation)])

    async def page(
        self, transaction: Transaction, organization_id: UUID, wanted: KeyFilter, page: Page
    ) -> tuple[list[LicenseKey], str, int | None]:
        """A page, the token of the next, and the total if asked for."""
        query = select(license_key).where(license_key.c.organization_id == organization_id)
        for name in wanted.__slots__:
            value = getattr(wanted, name)
            if value is not None:
                query = query.where(license_key.c[name] == value)
        rows = await transaction.all(compile_statement(paged(query, page, license_key.c.created_at, license_key.c.id)))
        total = await transaction.one(compile_statement(counted(query))) if page.include_total else None
        return [row_to_license_key(row) for row in rows[: page.size]], page.next_token(rows), total["total"] if total else None


def _found(row: Row | None) -> LicenseKey:
    if row is None:
        raise LicenseKeyNotFound
    return row_to_license_key(row)


def row_to_license_key(row: Row) -> LicenseKey:
    return LicenseKey(**{name: row[name] for name in LicenseKey.__slots__})


def _to_row(key: LicenseKey) -> dict[str, object]:
    return {**{name: getattr(key, name) for name in key.__slots__}, "key_hash": key_hash(key.key)}


def _activation_to_row(activation: Activation) -> dict[str, object]:
    return {name: getattr(activation, name) for name in activation.__slots__}
