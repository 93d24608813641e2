"""GrantService over the wire, up to the facts that have answers forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from bursar.benefits.v1 import benefits_events_pb2 as messages
from bursar.benefits.v1 import grant_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.benefits.domain.benefit import Kind
from services.benefits.events.heard import HEARD, Hearing
from services.benefits.tests.api.conftest import Api, By
from services.benefits.tests.builders import ORGANIZATION, START, a_draft, order_paid, seat_fact, subscription_fact
from services.chassis.broker import Broker
from services.chassis.event import Event
from services.chassis.ids import new_id
from services.chassis.listener import Listener
from services.chassis.relay import Relay
from services.chassis.timestamps import to_timestamp
from tests.support.client import Refused
from tests.support.eventually import eventually


async def ask(caller: By, benefit_id: UUID, **customer: str) -> pb.Entitlement:
    answer: pb.Entitlement = await caller.call("CheckEntitlement", pb.CheckEntitlementRequest(benefit_id=str(benefit_id), **customer))
    return answer


async def test_an_entitlement_is_known_by_both_ids_of_the_customer(api: Api) -> None:
    product, customer = new_id(), new_id()
    benefit = await api.suite.benefit(a_draft(Kind.FEATURE_FLAG, metadata={"limit": 20}))
    await api.suite.carry(product, [benefit.id])
    await api.suite.react(order_paid(product, customer, external_customer_id="c-1"))
    grant = (await api.caller().call("ListBenefitGrants", pb.ListBenefitGrantsRequest())).benefit_grants[0]
    for caller in (api.caller(), api.caller(scopes="entitlements:read")):
        for who in ({"customer_id": str(customer).upper()}, {"external_customer_id": "c-1"}):
            for _ in range(2):
                answer = await ask(caller, benefit.id, **who)
                assert (answer.entitled, answer.grant_id, dict(answer.metadata)) == (True, grant.id, {"limit": 20})
                assert not answer.HasField("expires_at")


async def test_whatever_does_not_exist_is_a_no(api: Api) -> None:
    product, customer = new_id(), new_id()
    benefit = await api.suite.benefit()
    await api.suite.carry(product, [benefit.id])
    await api.suite.react(order_paid(product, customer, external_customer_id="c-1"))
    no = pb.Entitlement()
    assert await ask(api.caller(), new_id(), customer_id=str(customer)) == no
    assert await ask(api.caller(), benefit.id, customer_id=str(new_id())) == no
    assert await ask(api.caller(), benefit.id, external_customer_id=str(customer)) == no
    for who in ({"customer_id": str(customer)}, {"external_customer_id": "c-1"}):
        assert await ask(api.caller(new_id()), benefit.id, **who) == no


async def test_of_two_sources_the_one_that_lasts_longer_answers(api: Api) -> None:
    customer, subscription = new_id(), new_id()
    benefit = await api.suite.benefit()
    products = [new_id(), new_id()]
    for product in products:
        await api.suite.carry(product, [benefit.id])
    api.live[0] = False
    end = to_timestamp(START + timedelta(days=30))
    await api.suite.react(subscription_fact("active", "active", 1, subscription, products[0], customer, current_period_end=end))
    assert (await ask(api.caller(), benefit.id, customer_id=str(customer))).expires_at == end
    await api.suite.react(order_paid(products[1], customer))
    assert not (await ask(api.caller(), benefit.id, customer_id=str(customer))).HasField("expires_at")
    await api.suite.react(subscription_fact("revoked", "canceled", 2, subscription, products[0], customer))
    assert (await ask(api.caller(), benefit.id, customer_id=str(customer))).entitled


async def test_a_question_without_a_customer_is_refused(api: Api) -> None:
    for fields in ({}, {"customer_id": "no uuid"}, {"external_customer_id": ""}, {"external_customer_id": "x" * 257}):
        with pytest.raises(Refused) as refused:
            await ask(api.caller(), new_id(), **fields)
        assert refused.value.reason == "FIELD_INVALID"


async def test_grants_are_listed_by_customer_benefit_and_source(api: Api) -> None:
    product = new_id()
    benefits = [await api.suite.benefit(a_draft(kind)) for kind in (Kind.CUSTOM, Kind.LICENSE_KEYS)]
    await api.suite.carry(product, [benefit.id for benefit in benefits])
    first, second = order_paid(product, new_id(), external_customer_id="ada"), order_paid(product, new_id())
    await api.suite.react(first, second)
    caller = api.caller()

    async def count(**filters: Any) -> int:
        answer = await caller.call("ListBenefitGrants", pb.ListBenefitGrantsRequest(include_total=True, **filters))
        assert answer.total_count == len(answer.benefit_grants)
        return int(answer.total_count)

    assert await count() == 4
    assert await count(customer_id=[first.message.customer_id]) == 2
    assert await count(customer_id=[first.message.customer_id, second.message.customer_id]) == 4
    assert await count(external_customer_id=["nobody", "ada"]) == 2
    assert await count(benefit_id=[str(benefits[0].id)], order_id=str(first.subject_id)) == 1
    assert await count(subscription_id=str(new_id())) == 0
    assert await count(is_granted=False) == 0
    keyed = await caller.call("ListBenefitGrants", pb.ListBenefitGrantsRequest(benefit_id=[str(benefits[1].id)]))
    grant = keyed.benefit_grants[0]
    assert grant.license_key_id
    assert grant.display_key.startswith("****-")
    assert await caller.call("GetBenefitGrant", pb.GetBenefitGrantRequest(id=grant.id)) == grant
    with pytest.raises(Refused) as refused:
        await api.caller(new_id()).call("GetBenefitGrant", pb.GetBenefitGrantRequest(id=grant.id))
    assert refused.value.reason == "BENEFIT_GRANT_NOT_FOUND"


async def test_the_holder_of_a_seat_has_the_benefit_and_its_payer_has_not(api: Api) -> None:
    product, subscription, seat, holder, payer = (new_id() for _ in range(5))
    benefit = await api.suite.benefit()
    await api.suite.carry(product, [benefit.id])
    end = to_timestamp(START + timedelta(days=30))
    bought = subscription_fact("active", "active", 1, subscription, product, payer, seats=2, current_period_end=end)
    await api.suite.react(bought, seat_fact("claimed", "claimed", 2, seat, bought, holder, external_customer_id="c-5"))
    caller = api.caller()
    assert not (await ask(caller, benefit.id, customer_id=str(payer))).entitled
    for name in ({"customer_id": str(holder)}, {"external_customer_id": "c-5"}):
        answer = await ask(caller, benefit.id, **name)
        assert (answer.entitled, answer.expires_at) == (True, end)
    listed = await caller.call("ListBenefitGrants", pb.ListBenefitGrantsRequest(subscription_id=str(subscription)))
    grant = listed.benefit_grants[0]
    assert (grant.customer_id, grant.subscription_id, grant.seat_id) == (str(holder), str(subscription), str(seat))
    assert not grant.HasField("order_id")


async def test_a_revocation_is_answered_as_soon_as_its_fact_is_heard(api: Api, nats_url: str) -> None:
    broker = Broker(nats_url, stream="BENEFITS", root="benefits", name="benefits")
    await broker.start()
    await broker.ready()
    listener = Listener(broker, HEARD, Hearing(api.check), api.check.forget_all)
    relay = Relay(api.suite.worker, broker, wakes=(api.suite.worker.wake_relay,))
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in (listener, relay)]
    await eventually(lambda: listener.live)

    product, customer, subscription = new_id(), new_id(), new_id()
    benefit = await api.suite.benefit()
    await api.suite.carry(product, [benefit.id])
    caller = api.caller()
    assert not (await ask(caller, benefit.id, external_customer_id="c-1")).entitled

    async def says(expected: bool) -> bool:
        by_id = await ask(caller, benefit.id, customer_id=str(customer))
        by_external_id = await ask(caller, benefit.id, external_customer_id="c-1")
        return by_id.entitled == by_external_id.entitled == expected

    await api.suite.react(subscription_fact("active", "active", 1, subscription, product, customer, external_customer_id="c-1"))
    await eventually(lambda: says(True))
    await api.suite.react(subscription_fact("revoked", "canceled", 2, subscription, product, customer, external_customer_id="c-1"))
    await eventually(lambda: says(False))
    stop.set()
    await asyncio.gather(*tasks)
    await broker.delete_stream()
    await broker.close()


def test_every_fact_of_a_grant_is_heard() -> None:
    asked: list[tuple[object, ...]] = []

    class Check:
        def forget_customer(self, *of: object) -> None:
            asked.append(of)

        def forget_organization(self, *of: object) -> None:
            asked.append(of)

    hearing = Hearing(Check())  # type: ignore[arg-type]
    for event_type, kind in HEARD.items():
        of_grant = event_type.startswith("benefit_grant.")
        message = kind(customer_id="c", external_customer_id="e") if of_grant else kind()
        hearing(Event(new_id(), event_type, ORGANIZATION, new_id(), 1, START, message))
        assert asked.pop() == ((ORGANIZATION, "c", "e") if of_grant else (ORGANIZATION,))
    granted = messages.BenefitGrantCreated(customer_id="c", granted_at=Timestamp(seconds=1))
    hearing(Event(new_id(), "benefit_grant.created", ORGANIZATION, new_id(), 1, START, granted))
    assert asked == [(ORGANIZATION, "c", None)]
