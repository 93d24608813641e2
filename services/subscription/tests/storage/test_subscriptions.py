"""What is stored comes back, and only to whom it belongs."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from services.chassis.ids import new_id
from services.subscription.app import STORE_OF
from services.subscription.domain.changes import Why, canceled, revoked
from services.subscription.tests.builders import NOW, ORGANIZATION, a_subscription, at
from services.subscription.tests.stages import STAGES, latest
from tests.support.databases import ServiceDatabase


@pytest.mark.parametrize("stage", STAGES)
async def test_it_comes_back_as_it_was(database: ServiceDatabase, stage: str) -> None:
    subscription = STAGES[stage]
    async with database.worker.transaction() as transaction:
        assert await STORE_OF(transaction).subscriptions.add([subscription]) == {subscription.id}
        assert await STORE_OF(transaction).subscriptions.add([subscription]) == set()
        assert await STORE_OF(transaction).subscriptions.get(ORGANIZATION, subscription.id) == subscription


async def test_a_change_is_stored_whole(database: ServiceDatabase) -> None:
    before, bystander = a_subscription(trial_days=14), a_subscription(trial_days=14)
    ended = revoked(canceled(latest(before, NOW + timedelta(days=15)), Why("other", "x"), at()).after, Why(), at()).after
    async with database.worker.transaction() as transaction:
        subscriptions = STORE_OF(transaction).subscriptions
        await subscriptions.add([before, bystander])
        await subscriptions.save([ended])
        assert await subscriptions.get(ORGANIZATION, before.id) == ended
        assert await subscriptions.get(ORGANIZATION, bystander.id) == bystander


async def test_the_application_role_sees_one_organization(database: ServiceDatabase) -> None:
    mine, other = a_subscription(), a_subscription(organization_id=new_id())
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).subscriptions.add([mine, other])
        await STORE_OF(transaction).customers.lock({(mine.organization_id, mine.customer_id), (other.organization_id, other.customer_id)})
    for scope, seen in ((None, 0), (ORGANIZATION, 1)):
        async with database.app.transaction(scope) as transaction:
            for table in ("subscription", "customer"):
                assert len(await (await transaction.connection.execute(f"select * from {table}")).fetchall()) == seen
            # The wall stands also where a query names the wrong organization.
            assert await STORE_OF(transaction).subscriptions.get(other.organization_id, other.id) is None


async def test_nothing_is_ever_deleted(database: ServiceDatabase) -> None:
    for pool in (database.app, database.worker):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with pool.transaction() as transaction:
                await transaction.connection.execute("delete from subscription")
