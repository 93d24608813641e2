"""Organizations in PostgreSQL. Which of them a caller sees is decided by the role and scope of the transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from services.chassis.database import Row, Transaction
from services.chassis.pagination import Page, paged
from services.chassis.sql import compile_statement
from services.identity.domain.errors import OrganizationSlugTaken
from services.identity.domain.organization import Organization, OrganizationProfile, OrganizationSettings
from services.identity.storage.tables import organization as table

_FIXED = ("id", "slug", "mode", "country", "created_at")
_BY_ID = select(table).where(table.c.id == bindparam("id"))
_GET = compile_statement(_BY_ID)
_LOCK = compile_statement(_BY_ID.with_for_update())
_ADD = compile_statement(
    insert(table)
    .values({column.name: bindparam(column.name) for column in table.columns})
    .on_conflict_do_nothing(constraint="organization_slug_key")
    .returning(table.c.id)
)
_SAVE = compile_statement(
    update(table)
    .where(table.c.id == bindparam("organization_id"))
    .values({column.name: bindparam(column.name) for column in table.columns if column.name not in _FIXED})
)


class StoredOrganizations:
    """The organizations that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, organization: Organization) -> None:
        """Store a new one. OrganizationSlugTaken if another has its slug."""
        if await self._transaction.one(_ADD, **organization_to_row(organization)) is None:
            raise OrganizationSlugTaken(organization.slug)

    async def get(self, organization_id: UUID) -> Organization | None:
        row = await self._transaction.one(_GET, id=organization_id)
        return row_to_organization(row) if row else None

    async def lock(self, organization_id: UUID) -> Organization | None:
        """Read it, and keep others from changing it until the transaction ends."""
        row = await self._transaction.one(_LOCK, id=organization_id)
        return row_to_organization(row) if row else None

    async def save(self, organization: Organization) -> None:
        row = organization_to_row(organization)
        changed = {name: value for name, value in row.items() if name not in _FIXED}
        await self._transaction.execute(_SAVE, organization_id=organization.id, **changed)

    async def page(self, slug: str, page: Page) -> tuple[list[Organization], str]:
        """One page, of those with a slug if one is given, and the token of the next."""
        query = select(table).where(table.c.slug == slug) if slug else select(table)
        rows = await self._transaction.all(compile_statement(paged(query, page, table.c[page.sort_key], table.c.id)))
        return [row_to_organization(row) for row in rows[: page.size]], page.next_token(rows)


def organization_to_row(organization: Organization) -> dict[str, Any]:
    profile = organization.profile
    return {
        "id": organization.id,
        "slug": organization.slug,
        "name": profile.name,
        "mode": profile.mode,
        "email": profile.email,
        "country": profile.country,
        "default_presentment_currency": profile.default_presentment_currency,
        "default_tax_behavior": profile.default_tax_behavior,
        "settings": asdict(profile.settings),
        "version": organization.version,
        "created_at": organization.created_at,
        "modified_at": organization.modified_at,
        "metadata": dict(profile.metadata),
    }


def row_to_organization(row: Row | Mapping[str, Any]) -> Organization:
    settings: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row["settings"].items()}
    profile = OrganizationProfile(
        name=row["name"],
        country=row["country"],
        mode=row["mode"],
        email=row["email"],
        default_presentment_currency=row["default_presentment_currency"],
        default_tax_behavior=row["default_tax_behavior"],
        settings=OrganizationSettings(**settings),
        metadata=row["metadata"],
    )
    return Organization(row["id"], row["slug"], profile, row["version"], row["created_at"], row["modified_at"])
