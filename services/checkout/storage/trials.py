"""Who has had a trial, in PostgreSQL: read off the checkouts and the cards that they saved."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.chassis.database import Transaction
from services.chassis.sql import Statement
from services.checkout.usecases.checkout_ports import TrialTrait

_WITH_TRIAL = "offer->'trial' <> 'null'::jsonb"
_HAD = Statement(
    "select 1 as found from checkout where organization_id = %(organization_id)s and person = %(person)s "
    f"and status in ('confirmed', 'succeeded') and {_WITH_TRIAL} limit 1"
)
_HAD_BY_CARD = Statement(
    "select distinct m.organization_id, m.fingerprint from customer_payment_method m "
    "join checkout c on c.organization_id = m.organization_id and c.payment_method_id = m.id "
    f"where c.status = 'succeeded' and c.{_WITH_TRIAL} "
    "and (m.organization_id, m.fingerprint) in (select * from unnest(%(organization_ids)s::uuid[], %(fingerprints)s::text[]))"
)
# In one order, so that two transactions wait for each other and not in a circle. Two texts with one hash only wait in vain.
_LOCK = Statement(
    "select pg_advisory_xact_lock(hashtextextended(trait, 0)) "
    "from (select trait from unnest(%(traits)s::text[]) as trait order by hashtextextended(trait, 0)) as ordered"
)


class StoredTrials:
    """The trials that one transaction sees."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self, traits: Collection[TrialTrait]) -> None:
        if traits:
            await self._transaction.all(_LOCK, traits=[f"trial {trait.organization_id} {trait.text}" for trait in traits])

    async def had(self, organization_id: UUID, person: str) -> bool:
        return await self._transaction.one(_HAD, organization_id=organization_id, person=person) is not None

    async def had_by_card(self, cards: Collection[TrialTrait]) -> set[TrialTrait]:
        if not cards:
            return set()
        organization_ids, fingerprints = [card.organization_id for card in cards], [card.text for card in cards]
        rows = await self._transaction.all(_HAD_BY_CARD, organization_ids=organization_ids, fingerprints=fingerprints)
        return {TrialTrait(row["organization_id"], row["fingerprint"]) for row in rows}
