"""Payment methods as rows: kept once, one default of each customer, and every change of it has its version."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.chassis.ids import new_id
from services.payments.domain.customer import Customer
from services.payments.domain.payment_method import MethodDetails, PaymentMethod
from services.payments.storage.customers import CustomerRows
from services.payments.storage.payment_methods import PaymentMethodRows
from services.payments.tests.builders import NOW
from services.payments.usecases.ports import NewMethod
from tests.support.databases import ServiceDatabase

CUSTOMERS, METHODS = CustomerRows(), PaymentMethodRows()


async def somebody(database: ServiceDatabase) -> Customer:
    customer = Customer(new_id(), new_id(), "x@example.com")
    async with database.app.transaction(customer.organization_id) as transaction:
        await CUSTOMERS.ensure(transaction, [customer], NOW)
    return customer


def card(owner: Customer, name: str, *, as_default: bool = False) -> NewMethod:
    details = MethodDetails(name, "card", "visa", "4242", 8, 2030, "US", "fp")
    return NewMethod(owner.organization_id, owner.customer_id, details, as_default)


def states(methods: list[PaymentMethod]) -> dict[str, tuple[bool, int]]:
    return {method.details.processor_id: (method.is_default, method.version) for method in methods}


async def kept(database: ServiceDatabase, *methods: NewMethod) -> dict[str, UUID]:
    async with database.worker.transaction() as transaction:
        return dict((await METHODS.ensure(transaction, methods, lambda _: NOW)).ids)


async def test_a_payment_method_is_kept_once_and_the_first_is_the_default(database: ServiceDatabase) -> None:
    customer, other = await somebody(database), await somebody(database)
    async with database.worker.transaction() as transaction:
        first = await METHODS.ensure(transaction, [card(customer, "pm_0"), card(customer, "pm_1"), card(other, "pm_2")], lambda _: NOW)
        defaults = [(method.customer_id, method.is_default) for method in first.new]
        assert sorted(defaults) == sorted([(customer.customer_id, True), (customer.customer_id, False), (other.customer_id, True)])
        again = await METHODS.ensure(transaction, [card(customer, "pm_0"), card(customer, "pm_3")], lambda _: NOW)
        assert again.ids["pm_0"] == first.ids["pm_0"]
        assert states(list(again.new)) == {"pm_3": (False, 1)}
        assert again.former_defaults == []


async def test_one_that_is_added_as_the_default_takes_the_place_of_the_former(database: ServiceDatabase) -> None:
    customer = await somebody(database)
    async with database.worker.transaction() as transaction:
        first = await METHODS.ensure(transaction, [card(customer, "pm_0", as_default=True)], lambda _: NOW)
        assert (states(list(first.new)), first.former_defaults) == ({"pm_0": (True, 1)}, [])
        second = await METHODS.ensure(transaction, [card(customer, "pm_1", as_default=True)], lambda _: NOW)
        assert states(list(second.new)) == {"pm_1": (True, 1)}
        assert states(list(second.former_defaults)) == {"pm_0": (False, 2)}
        repeated = await METHODS.ensure(transaction, [card(customer, "pm_0", as_default=True)], lambda _: NOW)
        assert (repeated.new, repeated.former_defaults) == ([], [])


async def test_a_chosen_default_and_the_former_one_are_told_once(database: ServiceDatabase) -> None:
    customer = await somebody(database)
    ids = await kept(database, card(customer, "pm_0"), card(customer, "pm_1"))
    async with database.worker.transaction() as transaction:
        before = await METHODS.saved(transaction, customer.organization_id, list(ids.values()), [])
    other = next(method for method in before if not method.is_default)

    async def choose() -> list[PaymentMethod]:
        async with database.app.transaction(customer.organization_id) as transaction:
            return await METHODS.choose_default(transaction, other.id, lambda _: NOW + timedelta(days=1))

    told = [method for changed in await asyncio.gather(choose(), choose(), choose()) for method in changed]
    assert sorted((method.is_default, method.version) for method in told) == [(False, 2), (True, 2)]
    assert {method.modified_at for method in told} == {NOW + timedelta(days=1)}


async def test_what_is_saved_is_found_by_id_or_as_the_default(database: ServiceDatabase) -> None:
    customer, other = await somebody(database), await somebody(database)
    ids = await kept(database, card(customer, "pm_0", as_default=True), card(other, "pm_2"))
    ids |= await kept(database, card(customer, "pm_1"))
    async with database.app.transaction(customer.organization_id) as transaction:
        found = await METHODS.saved(transaction, customer.organization_id, [ids["pm_1"], ids["pm_2"]], [customer.customer_id])
    assert states(found) == {"pm_0": (True, 1), "pm_1": (False, 1)}


async def test_the_newest_of_the_rest_follows_a_default_that_is_gone(database: ServiceDatabase) -> None:
    customer = await somebody(database)
    ids = await kept(database, card(customer, "pm_0"))
    for name in ("pm_1", "pm_2"):
        ids |= await kept(database, card(customer, name))
    async with database.worker.transaction() as transaction:
        gone, defaults = await METHODS.forget(transaction, {ids["pm_0"]: customer.organization_id}, lambda _: NOW, None)
        assert (states(gone), states(defaults)) == ({"pm_0": (True, 2)}, {"pm_2": (True, 2)})
        gone, defaults = await METHODS.forget(transaction, {ids["pm_1"]: customer.organization_id}, lambda _: NOW, None)
        assert (states(gone), defaults) == ({"pm_1": (False, 2)}, [])
        gone, defaults = await METHODS.forget(transaction, {ids["pm_2"]: customer.organization_id}, lambda _: NOW, None)
        assert (states(gone), defaults) == ({"pm_2": (True, 3)}, [])


async def test_nobody_has_a_default_that_is_gone_and_nobody_waits_in_a_circle(database: ServiceDatabase) -> None:
    customer = await somebody(database)
    organization_id = customer.organization_id

    async def choose(method_id: UUID) -> None:
        async with database.app.transaction(organization_id) as transaction:
            await METHODS.choose_default(transaction, method_id, lambda _: NOW)

    async def forget(method_id: UUID) -> None:
        async with database.worker.transaction() as transaction:
            await METHODS.forget(transaction, {method_id: organization_id}, lambda _: NOW, None)

    names = [f"pm_{number}" for number in range(40)]
    for first, second, third in zip(names[::3], names[1::3], names[2::3], strict=False):
        ids = await kept(database, card(customer, first), card(customer, second))
        other, added = ids[second], card(customer, third)
        await asyncio.gather(choose(other), forget(other), choose(ids[first]), kept(database, added), forget(ids[first]))
        async with database.app.transaction(organization_id) as transaction:
            [default] = await METHODS.saved(transaction, organization_id, [], [customer.customer_id])
        assert default.id not in (other, ids[first])
        await forget(default.id)


async def test_new_details_reach_the_row_and_a_deleted_one_stays_deleted(database: ServiceDatabase) -> None:
    customer = await somebody(database)
    ids = await kept(database, card(customer, "pm_1"))
    details = card(customer, "pm_1").details
    async with database.worker.transaction() as transaction:
        await METHODS.update(transaction, [replace(details, exp_year=2031), replace(details, processor_id="pm_x")], {"pm_1": NOW})
        found = await METHODS.get(transaction, customer.organization_id, ids["pm_1"])
        assert found is not None
        assert found.details.exp_year == 2031
        owners = {ids["pm_1"]: customer.organization_id}
        assert len((await METHODS.forget(transaction, owners, lambda _: NOW, None))[0]) == 1
        assert await METHODS.forget(transaction, owners, lambda _: NOW, None) == ([], [])
        assert await METHODS.get(transaction, customer.organization_id, ids["pm_1"]) is None
        assert await METHODS.claim_detachments(transaction, NOW, NOW, 9) == []
