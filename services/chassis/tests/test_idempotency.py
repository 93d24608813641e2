from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from bursar.checkout.v1 import product_pb2, product_service_pb2

from services.chassis.errors import Invalid
from services.chassis.idempotency import once
from services.chassis.ids import new_id
from services.chassis.sql import Statement
from tests.support.databases import ServiceDatabase

INSERT = Statement("insert into counter values (%(organization_id)s, %(counter_id)s, 1, 0)")
COUNT = Statement("select count(*) as found from counter")


def request(request_id: str, name: str = "Editor") -> product_service_pb2.CreateProductRequest:
    return product_service_pb2.CreateProductRequest(request_id=request_id, name=name)


async def create(
    database: ServiceDatabase, organization_id: UUID, asked: product_service_pb2.CreateProductRequest, method: str = "Create"
) -> str:
    async with database.app.transaction(organization_id) as transaction:

        async def effect() -> product_pb2.Product:
            made = new_id()
            await transaction.execute(INSERT, organization_id=organization_id, counter_id=made)
            await asyncio.sleep(0.01)
            return product_pb2.Product(id=str(made), name=asked.name)

        product = await once(transaction, organization_id, method, asked, product_pb2.Product, effect)
    return product.id


async def effects(database: ServiceDatabase) -> int:
    async with database.worker.transaction() as transaction:
        row = await transaction.one(COUNT)
    assert row is not None
    return int(row["found"])


async def test_a_repetition_answers_the_first_result(database: ServiceDatabase) -> None:
    organization_id = new_id()
    first = await create(database, organization_id, request("r1"))
    assert await create(database, organization_id, request("r1")) == first
    assert await effects(database) == 1


async def test_twenty_at_once_have_one_effect(database: ServiceDatabase) -> None:
    organization_id = new_id()
    answers = await asyncio.gather(*(create(database, organization_id, request("r1")) for _ in range(20)))
    assert len(set(answers)) == 1
    assert await effects(database) == 1


async def test_other_content_under_the_same_id_is_refused_and_has_no_effect(database: ServiceDatabase) -> None:
    organization_id = new_id()
    await create(database, organization_id, request("r1"))
    with pytest.raises(Invalid) as refused:
        await create(database, organization_id, request("r1", "Other"))
    assert refused.value.reason == "REQUEST_ID_REUSED"
    assert await effects(database) == 1


async def test_ids_of_other_organizations_and_methods_are_other_ids(database: ServiceDatabase) -> None:
    organization_id = new_id()
    answers = {
        await create(database, organization_id, request("r1")),
        await create(database, new_id(), request("r1")),
        await create(database, organization_id, request("r1"), method="Other"),
    }
    assert len(answers) == 3


async def test_a_request_that_failed_may_be_repeated(database: ServiceDatabase) -> None:
    organization_id = new_id()
    with pytest.raises(RuntimeError):
        async with database.app.transaction(organization_id) as transaction:

            async def effect() -> product_pb2.Product:
                raise RuntimeError

            await once(transaction, organization_id, "Create", request("r1"), product_pb2.Product, effect)
    assert await create(database, organization_id, request("r1"))
    assert await effects(database) == 1
