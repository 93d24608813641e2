"""In a sandbox time is its own: it stands still whatever the machine says, and what is due is done when identity advances it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bursar.benefits.v1 import benefits_events_pb2 as messages

from services.benefits.domain.benefit import Expiration, Kind, Properties
from services.benefits.domain.errors import LicenseKeyNotFound
from services.benefits.domain.license_key import Claim
from services.benefits.tests.builders import START, a_draft, order_paid, organization_updated, seat_fact, subscription_fact
from services.benefits.tests.suite import Suite
from services.benefits.usecases.end_grace import end_grace, end_grace_in, next_end_of_grace, unfinished
from services.benefits.usecases.use_license_key import validate_license_key
from services.chassis.ids import new_id, new_sandbox_id
from services.chassis.organization_clock import move_time
from services.chassis.timestamps import to_timestamp


async def test_a_license_key_expires_by_the_sandbox_s_time(suite: Suite) -> None:
    sandbox, product = new_sandbox_id(START), new_id()
    draft = a_draft(Kind.LICENSE_KEYS, properties=Properties(expires=Expiration(10, "day")))
    await suite.carry(product, [(await suite.benefit(draft, sandbox)).id], sandbox)
    await suite.react(order_paid(product, new_id(), organization_id=sandbox))
    suite.clock.advance(timedelta(days=365))
    async with suite.worker.connection() as connection:
        row = await (await connection.execute(b"select key, expires_at, created_at from license_key")).fetchone()
    assert row is not None
    assert (row["created_at"], row["expires_at"]) == (START, START + timedelta(days=10))

    async with suite.app.transaction(sandbox) as transaction:
        key, _ = await validate_license_key(transaction, sandbox, row["key"], Claim(), ports=suite.ports)
    assert key.last_validated_at == START
    async with suite.worker.transaction() as transaction:
        await move_time(transaction, sandbox, START + timedelta(days=10))
    with pytest.raises(LicenseKeyNotFound):
        async with suite.app.transaction(sandbox) as transaction:
            await validate_license_key(transaction, sandbox, row["key"], Claim(), ports=suite.ports)


async def test_a_sandbox_s_grace_ends_by_its_own_time_and_not_by_the_sweep(suite: Suite) -> None:
    sandbox, product, subscription, payer = new_sandbox_id(START), new_id(), new_id(), new_id()
    benefit = await suite.benefit(organization_id=sandbox)
    await suite.carry(product, [benefit.id], sandbox)
    await suite.react(organization_updated(grace_days=3, version=2, organization_id=sandbox))
    late = subscription_fact(
        "past_due", "past_due", 1, subscription, product, payer, organization_id=sandbox, seats=1, past_due_at=to_timestamp(START)
    )
    await suite.react(late, seat_fact("claimed", "claimed", 2, new_id(), late, payer))
    await suite.settle()
    ends = START + timedelta(days=3)
    suite.clock.advance(timedelta(days=30))
    assert await end_grace(database=suite.worker, ports=suite.ports) == 0
    assert len(await suite.held()) == 1
    async with suite.worker.transaction() as transaction:
        assert await next_end_of_grace(transaction, sandbox, ends - timedelta(seconds=1), ports=suite.ports) is None
        assert await next_end_of_grace(transaction, sandbox, ends, ports=suite.ports) == ends
        await move_time(transaction, sandbox, ends)
    assert await end_grace_in(sandbox, ends, database=suite.worker, ports=suite.ports) == 1
    async with suite.worker.transaction() as transaction:
        assert await unfinished(transaction, sandbox, ports=suite.ports) == ["1 change whose grants have not converged"]
    await suite.settle()
    assert await suite.held() == set()
    async with suite.worker.transaction() as transaction:
        assert await unfinished(transaction, sandbox, ports=suite.ports) == []
    revoked = messages.BenefitGrantRevoked.FromString((await suite.published("benefit_grant.revoked"))[0].payload)
    assert revoked.revoked_at.ToDatetime(START.tzinfo) == ends
