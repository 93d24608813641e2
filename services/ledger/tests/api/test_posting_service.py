from __future__ import annotations

from typing import Any

import pytest
from bursar.ledger.v1 import ledger_service_pb2 as pb

from services.ledger.tests.builders import CUSTOMER, ORDER, ORGANIZATION, OTHER_ORGANIZATION
from tests.support.client import OPERATOR, Client, member

CHECKOUT = f"checkout/{ORGANIZATION}"


def leg(kind: str, amount: int, qualifier: str = "", currency: str = "usd") -> pb.PostingLeg:
    return pb.PostingLeg(account={"kind": f"ACCOUNT_KIND_{kind}", "qualifier": qualifier}, currency=currency, amount=amount)  # type: ignore[arg-type]


def request(key: str = "order:1:paid", amount: int = 1000, **fields: Any) -> pb.PostRequest:
    values: dict[str, Any] = {
        "idempotency_key": key,
        "kind": "TRANSACTION_KIND_PAYMENT",
        "source_id": str(ORDER),
        "legs": [leg("CLEARING", amount, "stripe"), leg("MERCHANT_PAYABLE", -amount)],
    }
    return pb.PostRequest(**{**values, **fields})


async def test_a_replay_answers_the_first_result(client: Client) -> None:
    first = await client.call("Post", CHECKOUT, request())
    again = await client.call("Post", CHECKOUT, request())
    assert (first.transaction_id, first.replayed) == (1, False)
    assert (again.transaction_id, again.replayed) == (1, True)


async def test_another_request_under_the_key_is_refused(client: Client) -> None:
    await client.call("Post", CHECKOUT, request())
    assert (await client.refusal("Post", CHECKOUT, request(amount=1001)))[1] == "IDEMPOTENCY_KEY_REUSED"
    assert (await client.refusal("Post", f"checkout/{OTHER_ORGANIZATION}", request()))[1] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"legs": [leg("CLEARING", 5, "stripe"), leg("MERCHANT_PAYABLE", -4)]}, "TRANSACTION_UNBALANCED"),
        ({"legs": [leg("CLEARING", 5, "stripe", "xxx"), leg("MERCHANT_PAYABLE", -5, "", "xxx")]}, "CURRENCY_UNKNOWN"),
        ({"legs": [leg("CLEARING", 5), leg("MERCHANT_PAYABLE", -5)]}, "ACCOUNT_REFERENCE_INVALID"),
        ({"legs": [leg("CUSTOMER_WALLET", 5, str(CUSTOMER)), leg("MERCHANT_PAYABLE", -5)]}, "BALANCE_BOUND_EXCEEDED"),
        ({"legs": [leg("CLEARING", 2**62, "stripe"), leg("MERCHANT_PAYABLE", -(2**62))]}, "AMOUNT_OVERFLOW"),
        ({"legs": [leg("CLEARING", 5, "stripe")]}, "FIELD_INVALID"),
        ({"legs": [leg("CLEARING", 0, "stripe"), leg("MERCHANT_PAYABLE", 0)]}, "FIELD_INVALID"),
        ({"idempotency_key": ""}, "FIELD_INVALID"),
        ({"idempotency_key": "a\0b"}, "FIELD_INVALID"),
        ({"kind": "TRANSACTION_KIND_UNSPECIFIED"}, "FIELD_INVALID"),
        ({"reverses_id": 12}, "REVERSAL_REFUSED"),
    ],
)
async def test_what_is_refused_and_why(client: Client, fields: dict[str, Any], reason: str) -> None:
    assert (await client.refusal("Post", CHECKOUT, request(**fields)))[1] == reason
    assert (await client.call("AuditLedger", OPERATOR)).transactions_checked == 0


async def test_a_batch_answers_each_for_itself_in_its_order(client: Client) -> None:
    postings = [request("a"), request("b", legs=[leg("CLEARING", 5, "stripe"), leg("MERCHANT_PAYABLE", -4)]), request("a"), request("c")]
    results = (await client.call("PostBatch", CHECKOUT, postings=postings)).results
    assert [result.error.reason or (result.posted.transaction_id, result.posted.replayed) for result in results] == [
        (1, False),
        "TRANSACTION_UNBALANCED",
        (1, True),
        (2, False),
    ]


async def test_only_the_services_that_the_contract_names_may_post(client: Client) -> None:
    for caller in (OPERATOR, member(ORGANIZATION, "ledger:read"), f"benefits/{ORGANIZATION}"):
        assert (await client.refusal("Post", caller, request()))[1] == "METHOD_NOT_ALLOWED"


async def test_merchant_accounts_need_an_organization(client: Client) -> None:
    assert (await client.refusal("Post", "checkout", request()))[1] == "ACCOUNT_REFERENCE_INVALID"
    legs = [leg("BANK", 5, "main"), leg("CLEARING", -5, "stripe")]
    assert (await client.call("Post", "checkout", request(legs=legs))).transaction_id == 1


async def test_a_reversal_through_the_api(client: Client) -> None:
    await client.call("Post", CHECKOUT, request())
    taken_back = [leg("CLEARING", -1000, "stripe"), leg("MERCHANT_PAYABLE", 1000)]
    reversal = request("order:1:reversed", legs=taken_back, reverses_id=1)
    assert (await client.call("Post", CHECKOUT, reversal)).transaction_id == 2
    assert (await client.call("GetTransaction", OPERATOR, id=2)).reverses_id == 1
    assert (await client.refusal("Post", CHECKOUT, request("again", legs=taken_back, reverses_id=1)))[1] == "REVERSAL_REFUSED"
