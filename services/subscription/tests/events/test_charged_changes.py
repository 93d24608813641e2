"""Changes that waited for their charge, by facts of their orders."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bursar.checkout.v1.order_pb2 import ORDER_BILLING_REASON_SUBSCRIPTION_UPDATE

from services.chassis.ids import new_id
from services.chassis.reactor import Reactor
from services.subscription.app import STORE_OF
from services.subscription.domain.entry import EntryState
from services.subscription.domain.status import Status
from services.subscription.domain.subscription import ChargingUpdate
from services.subscription.tests.builders import (
    NOW,
    a_subscription,
    by_seats,
    entry,
    terms,
)
from services.subscription.tests.events.facts import exhausted, failed, only, paid, store, voided
from services.subscription.tests.reading import all_entries, all_subscriptions, facts_of, in_order
from tests.support.databases import ServiceDatabase


@pytest.mark.parametrize(("is_paid", "state"), [(True, EntryState.BILLED), (False, EntryState.DROPPED)])
async def test_a_change_that_waited_for_its_charge(reactor: Reactor, database: ServiceDatabase, is_paid: bool, state: EntryState) -> None:
    order_id, target = new_id(), terms(prices=(by_seats((None, 700)),), seats=3)
    reserved = entry(a_subscription(), 2100, state=EntryState.CHARGING, order_id=order_id)
    before = replace(a_subscription(), charging_update=ChargingUpdate(order_id, NOW, target, entry_ids=(reserved.id,)))
    reserved = replace(reserved, subscription_id=before.id)
    await store(database, before)
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).entries.save([reserved])
    await reactor.take([failed(order_id, before.id, 2, billing_reason=ORDER_BILLING_REASON_SUBSCRIPTION_UPDATE)])
    assert (await only(database)).charging_update is not None
    fact = (paid if is_paid else voided)(order_id, before.id, 5, billing_reason=ORDER_BILLING_REASON_SUBSCRIPTION_UPDATE)
    await reactor.take([fact])
    after = await only(database)
    assert (after.charging_update, after.terms) == (None, target if is_paid else before.terms)
    assert (after.status, after.due_at) == (Status.ACTIVE, after.period.end)
    assert [each.state for each in await all_entries(database.worker)] == [state]
    assert await facts_of(database.worker) == {before.id: in_order("updated", first=4)}


@pytest.mark.parametrize(("is_paid", "state"), [(True, EntryState.BILLED), (False, EntryState.DROPPED)])
async def test_what_was_reserved_is_settled_also_when_it_has_ended_meanwhile(
    reactor: Reactor, database: ServiceDatabase, is_paid: bool, state: EntryState
) -> None:
    order_id, renewal_id, before = new_id(), new_id(), a_subscription()
    own, waited = (entry(before, amount, state=EntryState.CHARGING, order_id=order_id) for amount in (2100, 500))
    await store(database, replace(before, charging_update=ChargingUpdate(order_id, NOW, before.terms, entry_ids=(own.id,))))
    async with database.worker.transaction() as transaction:
        await STORE_OF(transaction).entries.save([own, waited])
    await reactor.take([failed(renewal_id, before.id), exhausted(renewal_id, before.id)])
    assert ((await only(database)).status, (await only(database)).charging_update) == (Status.CANCELED, None)
    fact = (paid if is_paid else voided)(order_id, before.id, 5, billing_reason=ORDER_BILLING_REASON_SUBSCRIPTION_UPDATE)
    await reactor.take([fact])
    assert {each.amount: each.state for each in await all_entries(database.worker)} == {2100: state, 500: state}


async def test_charges_of_many_are_decided_in_a_statement(reactor: Reactor, database: ServiceDatabase) -> None:
    orders = {new_id(): a_subscription() for _ in range(6)}
    reserved = [entry(each, 2100, state=EntryState.CHARGING, order_id=order_id) for order_id, each in orders.items()]
    async with database.worker.transaction() as transaction:
        store_of = STORE_OF(transaction)
        changing = [
            replace(each, charging_update=ChargingUpdate(order_id, NOW, terms(9900), entry_ids=(line.id,)))
            for (order_id, each), line in zip(orders.items(), reserved, strict=True)
        ]
        await store_of.subscriptions.add(changing)
        await store_of.entries.save(reserved)
    told = [
        (paid if number % 2 else voided)(order_id, each.id, 5, billing_reason=ORDER_BILLING_REASON_SUBSCRIPTION_UPDATE)
        for number, (order_id, each) in enumerate(orders.items())
    ]
    await reactor.take(told)
    found = await all_subscriptions(database.worker)
    assert [found[each.id].terms.amount for each in orders.values()] == [1900, 9900] * 3
    states = {each.subscription_id: each.state for each in await all_entries(database.worker)}
    assert [states[each.id] for each in orders.values()] == [EntryState.DROPPED, EntryState.BILLED] * 3
