"""Facts of other services, in batches, late, twice and for nobody."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

from bursar.checkout.v1 import customer_service_pb2, order_service_pb2
from bursar.identity.v1 import identity_events_pb2, organization_pb2
from bursar.payments.v1 import payment_pb2, payments_events_pb2
from google.protobuf.message import Message

from services.chassis.ids import new_id
from services.checkout.domain.payment import Succeeded
from services.checkout.tests.builders import organization
from services.checkout.tests.fakes import silence
from services.checkout.tests.shop import Shop

PaymentMethodFact = payments_events_pb2.PaymentMethodCreated | payments_events_pb2.PaymentMethodDeleted


async def react(shop: Shop, kind: str, *messages: Message) -> list[UUID]:
    """The subject ids of those that came too early."""
    return await shop.react(kind, *messages)


def succeeded(row: dict[str, Any], **fields: Any) -> payments_events_pb2.PaymentSucceeded:
    given = {
        "payment_id": str(row["payment_id"]),
        "order_id": str(row["order_id"]),
        "checkout_id": str(row["id"]),
        "attempt": row["attempt"],
        "processor": "stripe",
        **fields,
    }
    return payments_events_pb2.PaymentSucceeded(**given)


async def waiting(shop: Shop, count: int) -> list[dict[str, Any]]:
    shop.payments.answers = [silence]
    product = await shop.product()
    for number in range(count):
        await shop.confirm(await shop.checkout(product, customer_email=f"buyer{number}@example.com"))
    return await shop.sql("select * from checkout order by id")


async def test_many_payments_settle_in_one_batch(shop: Shop) -> None:
    rows = await waiting(shop, 10)

    early = await react(shop, "payment.succeeded", *(succeeded(row) for row in rows), succeeded(rows[0]))

    assert early == []
    assert {row["status"] for row in await shop.sql("select status from checkout")} == {"succeeded"}
    facts = await shop.facts()
    assert facts.count("order.paid") == facts.count("checkout.succeeded") == 10
    orders = await shop.orders.ListOrders(order_service_pb2.ListOrdersRequest(), shop.call())
    assert len({order.invoice_number for order in orders.orders}) == 10


async def test_a_batch_goes_on_without_what_is_nobodys_yet(shop: Shop) -> None:
    (row,) = await waiting(shop, 1)
    unknown = succeeded(row, checkout_id=str(uuid4()))
    renewal = succeeded(row, checkout_id="", order_id=str(uuid4()))
    assert len(await react(shop, "payment.succeeded", unknown, renewal, succeeded(row))) == 2
    assert (await shop.facts()).count("order.paid") == 1


async def test_a_decline_that_a_fact_tells_of_opens_the_checkout(shop: Shop) -> None:
    (row,) = await waiting(shop, 1)
    ids: dict[str, Any] = {"checkout_id": str(row["id"]), "order_id": str(row["order_id"]), "attempt": 1}
    action = payment_pb2.NextAction(redirect_url="https://bank.example", processor_client_secret="pi_secret")
    await react(shop, "payment.requires_action", payments_events_pb2.PaymentRequiresAction(**ids, next_action=action))
    assert (await shop.sql("select payment_action from checkout"))[0]["payment_action"]["redirect_url"] == "https://bank.example"
    failed = payments_events_pb2.PaymentFailed(**ids, code="card_declined", message="No.", retryable=True)
    await react(shop, "payment.failed", failed, failed)
    (after,) = await shop.sql("select status, payment_action, payment_failure from checkout")
    assert (after["status"], after["payment_action"], after["payment_failure"]["code"]) == ("open", None, "card_declined")
    assert (await shop.facts()).count("order.payment_failed") == 1


async def test_a_saved_card_starts_the_trial(shop: Shop) -> None:
    shop.payments.answers = [silence]
    await shop.confirm(await shop.checkout(await shop.product(monthly=True, trial_days=7)))
    (row,) = await shop.sql("select id from checkout")
    method = str(uuid4())
    fact = payments_events_pb2.PaymentSetupSucceeded(checkout_id=str(row["id"]), attempt=1, payment_method_id=method)
    await react(shop, "payment.setup_succeeded", fact)
    (after,) = await shop.sql("select status, payment_method_id from checkout")
    assert (after["status"], str(after["payment_method_id"])) == ("succeeded", method)


async def test_an_older_copy_of_an_organization_is_ignored(shop: Shop) -> None:
    def told(version: int, currency: str) -> identity_events_pb2.OrganizationUpdated:
        message = organization_pb2.Organization(
            id=str(shop.organization_id), version=version, country="FR", default_presentment_currency=currency
        )
        return identity_events_pb2.OrganizationUpdated(organization=message)

    await react(shop, "organization.updated", told(3, "chf"), told(2, "usd"))
    await react(shop, "organization.updated", told(1, "gbp"))

    async with shop.open_all() as store:
        kept = await store.organizations.get(shop.organization_id)
    assert (kept.version, kept.default_currency, kept.country) == (3, "chf", "FR")
    assert shop.directory.asked == 0


async def test_customers_pay_by_the_default_and_after_it_by_the_newest_in_whatever_order_they_hear_of_it(shop: Shop) -> None:
    first, second, third = (str(new_id()) for _ in range(3))

    def saved(method: str, *, is_default: bool = False) -> payments_events_pb2.PaymentMethodCreated:
        return payments_events_pb2.PaymentMethodCreated(payment_method_id=method, is_default=is_default)

    def gone(method: str) -> payments_events_pb2.PaymentMethodDeleted:
        return payments_events_pb2.PaymentMethodDeleted(payment_method_id=method)

    told = (saved(first, is_default=True), saved(second), saved(third), gone(third), gone(first))
    for count, default in enumerate((first, first, first, first, second), start=1):
        # Some of the orders, spread over all of them: each has its own customer.
        for order in list(permutations(told[:count]))[::7]:
            assert await _default_after(shop, order) == default, (count, order)


async def _default_after(shop: Shop, told: Sequence[PaymentMethodFact]) -> str:
    """Of a new customer who hears all this, each of it twice."""
    made = await shop.customers.CreateCustomer(
        customer_service_pb2.CreateCustomerRequest(request_id=str(uuid4()), email=f"{uuid4().hex}@example.com"), shop.call()
    )
    for fact in (*told, *told):
        fact.customer_id = made.id
        verb = "created" if isinstance(fact, payments_events_pb2.PaymentMethodCreated) else "deleted"
        await react(shop, f"payment_method.{verb}", fact)
    found = await shop.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=made.id), shop.call())
    return found.default_payment_method_id


async def test_a_batch_of_payment_methods_changes_a_customer_once(shop: Shop) -> None:
    request = customer_service_pb2.CreateCustomerRequest(request_id="1", email="ada@example.com")
    ada = await shop.customers.CreateCustomer(request, shop.call())
    facts = [
        payments_events_pb2.PaymentMethodCreated(payment_method_id=str(new_id()), customer_id=customer_id, is_default=True)
        for customer_id in (ada.id, ada.id, str(uuid4()))
    ]
    await react(shop, "payment_method.created", *facts, *facts)
    (after,) = await shop.sql("select version, default_payment_method_id from customer")
    assert (after["version"], str(after["default_payment_method_id"])) == (2, facts[1].payment_method_id)
    assert (await shop.facts()).count("customer.updated") == 1
    assert len(await shop.sql("select id from customer_payment_method")) == 2


async def test_a_card_that_is_told_of_starts_the_trial_that_waited_for_it(shop: Shop) -> None:
    shop.directory.made = lambda organization_id: organization(organization_id, prevent_trial_abuse=True)
    card = new_id()
    shop.payments.answers = [lambda _: Succeeded(None, None, card)]
    checkout = await shop.confirm(await shop.checkout(await shop.product(monthly=True, trial_days=7)))
    fact = payments_events_pb2.PaymentMethodCreated(payment_method_id=str(card), customer_id=checkout.customer_id, fingerprint="f")
    assert "checkout.succeeded" not in await shop.facts()

    await react(shop, "payment_method.created", fact, fact)

    assert (await shop.facts()).count("checkout.succeeded") == 1
    assert (await shop.sql("select fingerprint from customer_payment_method")) == [{"fingerprint": "f"}]
