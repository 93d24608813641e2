"""What holds for every call: keys, errors, lists, expansion, metadata, headers."""

from typing import Any

import pytest
import stripe

from tests.contract.stripe.openapi import Document
from tests.contract.stripe.payments import purchase
from tests.contract.stripe.simulator_process import SimulatorProcess

BASIC = "Basic c2tfdGVzdF9jb250cmFjdDo="  # sk_test_contract:


async def test_lists_page_by_cursor_newest_first(api: Any) -> None:
    made = [(await api.customers.create_async({"name": str(number)})).id for number in range(7)]
    newest_first = made[::-1]
    first = await api.customers.list_async({"limit": 3})
    assert ([customer.id for customer in first.data], first.has_more, first.url) == (newest_first[:3], True, "/v1/customers")
    found = [customer.id async for customer in first.auto_paging_iter()]
    assert found == newest_first
    before = await api.customers.list_async({"limit": 2, "ending_before": newest_first[4]})
    assert ([customer.id for customer in before.data], before.has_more) == (newest_first[2:4], True)


@pytest.mark.parametrize(("limit", "status"), [("0", 400), ("1", 200), ("100", 200), ("101", 400)])
async def test_limit_is_from_1_to_100(simulator: SimulatorProcess, limit: str, status: int) -> None:
    assert (await simulator.api("GET", f"/v1/customers?limit={limit}")).status_code == status


async def test_lists_filter(simulator: SimulatorProcess, api: Any) -> None:
    early = await api.customers.create_async({"email": "ada@example.com"})
    await simulator.control("POST", "clock/advance", seconds=1000)
    late = await api.customers.create_async({"email": "grace@example.com"})
    by_time = await api.customers.list_async({"created": {"gte": late.created}})
    by_mail = await api.customers.list_async({"email": "ada@example.com"})
    assert ([found.id for found in by_time.data], [found.id for found in by_mail.data]) == ([late.id], [early.id])
    await api.payment_intents.create_async(purchase())
    for filters, count in (({"type": "charge.*"}, 1), ({"types": ["charge.succeeded", "customer.created"]}, 3)):
        told = await api.events.list_async(filters | {"created": {"lte": late.created + 5}})
        found = [event.type for event in told.data if event.type != "charge.updated"]
        assert len(found) == count


@pytest.mark.parametrize(
    ("path", "form", "code", "param"),
    [
        ("/v1/payment_intents", {"currency": "usd"}, "parameter_missing", "amount"),
        ("/v1/payment_intents", {"amount": "1", "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        ("/v1/payment_intents", {"amount": "1.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ("/v1/payment_intents", {"amount": "49", "currency": "usd"}, "amount_too_small", "amount"),
        ("/v1/payment_intents", {"amount": "100000000", "currency": "usd"}, "amount_too_large", "amount"),
        ("/v1/payment_intents", {"amount": "1000", "currency": "zzz"}, None, "currency"),
        (
            "/v1/payment_intents",
            {"amount": "1000", "currency": "usd", "payment_method_types[0]": "card"},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        ("/v1/customers", {"address[planet]": "mars"}, "parameter_unknown", "address[planet]"),
        ("/v1/customers", {f"metadata[k{number}]": "v" for number in range(51)}, None, "metadata"),
        ("/v1/customers", {"metadata[" + "k" * 41 + "]": "v"}, None, "metadata[" + "k" * 41 + "]"),
        ("/v1/customers", {"metadata[k]": "v" * 501}, None, "metadata[k]"),
    ],
)
async def test_wrong_parameter_is_named(simulator: SimulatorProcess, path: str, form: dict[str, str], code: str | None, param: str) -> None:
    response = await simulator.api("POST", path, form)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error.get("code"), error["param"]) == (400, "invalid_request_error", code, param)


async def test_missing_object_is_404(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent: 'pi_x'") as refusal:
        await api.payment_intents.retrieve_async("pi_x")
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (404, "resource_missing", "intent")


@pytest.mark.parametrize("path", ["/v1/unicorns", "/", "/v1/customers/cus_x/unicorns", "/_sim/unicorns"])
async def test_unknown_url_answers_json(simulator: SimulatorProcess, path: str) -> None:
    response = await simulator.api("GET", path)
    assert (response.status_code, response.json()["error"]["type"]) == (404, "invalid_request_error")


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("Bearer sk_test_any", 200), (BASIC, 200), ("Bearer sk_live_any", 401), ("Bearer pk_test_any", 401), ("", 401)],
)
async def test_only_secret_test_keys_are_let_in(simulator: SimulatorProcess, authorization: str, status: int) -> None:
    response = await simulator.http.get("/v1/customers", headers={"Authorization": authorization})
    assert response.status_code == status


async def test_answers_are_marked(simulator: SimulatorProcess, api: Any) -> None:
    response = await simulator.api("GET", "/v1/customers")
    assert response.headers["Request-Id"].startswith("req_")
    assert response.headers["Stripe-Version"] == "2026-10-28.endive"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.retrieve_async("cus_x")
    assert refusal.value.request_id is not None
    other = await simulator.api("GET", "/v1/customers", Stripe_Version="2020-08-27")
    assert other.status_code == 400


async def test_unknown_account_is_forbidden(simulator: SimulatorProcess) -> None:
    client = simulator.stripe_client(stripe_account="acct_unknown")
    with pytest.raises(stripe.PermissionError):
        await client.v1.customers.list_async()


async def test_connected_account_is_a_world_of_its_own(simulator: SimulatorProcess, api: Any, document: Document) -> None:
    account = await api.accounts.create_async({"country": "US", "email": "shop@example.com"})
    theirs = simulator.stripe_client(stripe_account=account.id).v1
    parameters: Any = purchase(capture_method="automatic")
    intent = await theirs.payment_intents.create_async(parameters, {"idempotency_key": "k"})
    own = await api.payment_intents.create_async(parameters, {"idempotency_key": "k"})
    assert intent.id != own.id
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        await api.payment_intents.retrieve_async(intent.id)
    events = (await theirs.events.list_async()).data
    assert {event.account for event in events} == {account.id}
    assert [event.account for event in (await api.events.list_async()).data if "account" in event] == []
    assert (await theirs.balance.retrieve_async()).pending[0].amount == 941
    assert document.validate_object((await simulator.api("GET", f"/v1/accounts/{account.id}")).json()) == []
    assert document.validate_object((await simulator.api("GET", "/v1/account")).json()) == []


@pytest.mark.parametrize("path", ["amount", "latest_charge.colour", "data.customer", "a.b.c.d.e"])
async def test_bad_expansion_is_refused(api: Any, path: str) -> None:
    intent = await api.payment_intents.create_async(purchase())
    with pytest.raises(stripe.InvalidRequestError):
        await api.payment_intents.retrieve_async(intent.id, {"expand": [path]})


async def test_lists_expand_their_members(api: Any) -> None:
    customer = await api.customers.create_async({"name": "Ada"})
    await api.payment_intents.create_async(purchase(customer=customer.id))
    page = await api.payment_intents.list_async({"expand": ["data.customer", "data.latest_charge.payment_intent"]})
    assert (page.data[0].customer.name, page.data[0].latest_charge.payment_intent.id) == ("Ada", page.data[0].id)


async def test_metadata_merges_and_empties(api: Any) -> None:
    customer = await api.customers.create_async({"metadata": {"a": "1", "b": "2"}, "name": "Ada"})
    changed = await api.customers.update_async(customer.id, {"metadata": {"a": "", "c": "3"}, "name": ""})
    assert (changed.metadata.to_dict(), changed.name) == ({"b": "2", "c": "3"}, None)
    cleared = await api.customers.update_async(customer.id, {"metadata": ""})
    assert cleared.metadata.to_dict() == {}


async def test_deleted_customer_is_said_to_be_deleted(api: Any) -> None:
    customer = await api.customers.create_async()
    await api.customers.delete_async(customer.id)
    assert (await api.customers.retrieve_async(customer.id)).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        await api.payment_intents.create_async(purchase(customer=customer.id))
    assert (await api.customers.list_async()).data == []


async def test_totals_find_a_double_charge(simulator: SimulatorProcess, api: Any) -> None:
    for key in ("p-1", "p-2", "p-2"):
        await api.payment_intents.create_async(purchase(metadata={"bursar_payment_id": key}))
    totals = (await simulator.http.get("/_sim/totals?metadata_key=bursar_payment_id")).json()
    assert totals["succeeded_charges_by_metadata"] == {"key": "bursar_payment_id", "values": 2, "repeated": {"p-2": 2}}


async def test_sdk_requests_are_valid(document: Document) -> None:
    assert document.validate_request("GET", "/v1/charges", query="created[gte]=1&limit=3&payment_intent=pi_1") == []
    assert document.validate_request("POST", "/v1/refunds", body="payment_intent=pi_1&amount=5&metadata[a]=b") == []
    assert document.validate_request("POST", "/v1/refunds", body="payment_intent=pi_1&sum=5") != []
    assert document.validate_request("POST", "/v1/unicorns") == ["POST /v1/unicorns is no operation of the API"]


async def test_damaged_object_is_not_valid(simulator: SimulatorProcess, api: Any, document: Document) -> None:
    intent = await api.payment_intents.create_async(purchase())
    charge = (await simulator.api("GET", f"/v1/charges/{intent.latest_charge}")).json()
    assert document.validate_object(charge) == []
    for damage in ({"amount": "1000"}, {"status": "maybe"}, {"billing_details": None}):
        assert document.validate_object(charge | damage) != []
