"""The door that every call passes, driven over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from bursar.benefits.v1 import grant_service_pb2
from bursar.checkout.v1 import checkout_pb2, checkout_service_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from services.chassis.call import Call
from services.chassis.errors import NotFound
from services.chassis.identity import METADATA_KEY, CallerKind, Identity
from services.chassis.ids import new_id
from services.chassis.server import Server
from services.chassis.tests.keys import signers

ORGANIZATION = new_id()
GRANTS = grant_service_pb2.DESCRIPTOR.services_by_name["GrantService"]
CLIENT_CHECKOUTS = checkout_service_pb2.DESCRIPTOR.services_by_name["CheckoutClientService"]


class Grants:
    """Says yes, to whom it was told of."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.hold = asyncio.Event()
        self.hold.set()

    async def CheckEntitlement(self, request: Any, call: Call) -> grant_service_pb2.Entitlement:
        self.calls.append(call)
        await self.hold.wait()
        if request.external_customer_id == "nobody":
            raise NotFound("CUSTOMER_NOT_FOUND", "no such customer", details={"external_id": "nobody"})
        if request.external_customer_id == "bug":
            raise KeyError("a secret that must not be shown")
        return grant_service_pb2.Entitlement(entitled=True)

    async def GetBenefitGrant(self, request: Any, call: Call) -> Any:
        raise NotImplementedError

    ListBenefitGrants = GetBenefitGrant


class ClientCheckouts:
    """Anyone may ask."""

    async def GetClientCheckout(self, request: Any, call: Call) -> checkout_pb2.Checkout:
        return checkout_pb2.Checkout(client_secret=request.client_secret, locale=call.caller.actor if call.caller else "nobody")

    UpdateClientCheckout = GetClientCheckout
    ConfirmClientCheckout = GetClientCheckout


class Door:
    """A client of the server under test."""

    def __init__(self, channel: grpc.aio.Channel, identities: dict[str, str], servicer: Grants) -> None:
        self.channel, self.identities, self.servicer = channel, identities, servicer

    async def check(self, who: str | None = "organization", *, timeout: float | None = 5.0, raw: bytes | None = None, **fields: str) -> Any:
        request = grant_service_pb2.CheckEntitlementRequest(**{"benefit_id": str(new_id()), **fields})
        send = self.channel.unary_unary(
            "/bursar.benefits.v1.GrantService/CheckEntitlement",
            request_serializer=bytes,
            response_deserializer=grant_service_pb2.Entitlement.FromString,
        )
        metadata = [(METADATA_KEY, self.identities[who])] if who else []
        return await send(request.SerializeToString() if raw is None else raw, timeout=timeout, metadata=metadata)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    made, verifier = signers(tmp_path, ["identity", "metering", "checkout"])
    outside = made["identity"]
    identities = {
        "organization": outside.sign(Identity(CallerKind.ORGANIZATION, "t1", ORGANIZATION, frozenset({"entitlements:read"}))),
        "without scope": outside.sign(Identity(CallerKind.ORGANIZATION, "t2", ORGANIZATION, frozenset({"orders:read"}))),
        "operator": outside.sign(Identity(CallerKind.OPERATOR, "op")),
        "anonymous": outside.sign(Identity(CallerKind.ANONYMOUS, "anonymous")),
        "metering": made["metering"].own(ORGANIZATION),
        "checkout": made["checkout"].own(ORGANIZATION),
        "forged": "eyJhbGciOiJFZERTQSIsImtpZCI6ImlkZW50aXR5In0.e30.AAAA",
    }
    servicer = Grants()
    server = Server(verifier, service="benefits", max_concurrent_rpcs=4)
    server.add(GRANTS, servicer)
    server.add(CLIENT_CHECKOUTS, ClientCheckouts())
    port = await server.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Door(channel, identities, servicer)
    await server.stop(drain_seconds=0, grace_seconds=1)


async def refusal(awaitable: Any) -> tuple[grpc.StatusCode, ErrorInfo, BadRequest, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await awaitable
    error = caught.value
    info, bad = ErrorInfo(), BadRequest()
    trailing: Any = error.trailing_metadata() or ()
    for key, value in trailing:
        if key == "grpc-status-details-bin":
            for packed in Status.FromString(value).details:
                packed.Unpack(info) or packed.Unpack(bad)
    return error.code(), info, bad, error.details() or ""


async def test_a_caller_with_the_scope_gets_the_answer(door: Door) -> None:
    assert (await door.check(external_customer_id="c1")).entitled
    assert door.servicer.calls[0].organization_id == ORGANIZATION


async def test_a_service_named_in_the_contract_may_call_and_another_may_not(door: Door) -> None:
    assert (await door.check("metering", external_customer_id="c1")).entitled
    code, info, _, _ = await refusal(door.check("checkout", external_customer_id="c1"))
    assert (code, info.reason) == (grpc.StatusCode.PERMISSION_DENIED, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("who", "code", "reason"),
    [
        (None, grpc.StatusCode.UNAUTHENTICATED, "CALLER_UNKNOWN"),
        ("anonymous", grpc.StatusCode.UNAUTHENTICATED, "CALLER_UNKNOWN"),
        ("forged", grpc.StatusCode.UNAUTHENTICATED, "IDENTITY_INVALID"),
        ("without scope", grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"),
        ("operator", grpc.StatusCode.PERMISSION_DENIED, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_everybody_else_is_refused(door: Door, who: str | None, code: grpc.StatusCode, reason: str) -> None:
    refused, info, _, _ = await refusal(door.check(who, external_customer_id="c1"))
    assert (refused, info.reason, info.domain) == (code, reason, "bursar")
    assert door.servicer.calls == []


async def test_an_anonymous_method_is_open_to_all(door: Door) -> None:
    send = door.channel.unary_unary(
        "/bursar.checkout.v1.CheckoutClientService/GetClientCheckout",
        request_serializer=checkout_service_pb2.GetClientCheckoutRequest.SerializeToString,
        response_deserializer=checkout_pb2.Checkout.FromString,
    )
    answer = await send(checkout_service_pb2.GetClientCheckoutRequest(client_secret="s" * 20), timeout=5)
    assert answer.locale == "nobody"


async def test_a_call_without_deadline_is_refused(door: Door) -> None:
    code, info, _, _ = await refusal(door.check(timeout=None, external_customer_id="c1"))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "DEADLINE_MISSING")


async def test_a_field_that_breaks_a_rule_is_named(door: Door) -> None:
    code, info, bad, _ = await refusal(door.check(external_customer_id="c1", benefit_id="not-a-uuid"))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
    assert [violation.field for violation in bad.field_violations] == ["benefit_id"]


@pytest.mark.parametrize("text", ["a\x00b", "a\u202eb", "\u2066x"])
async def test_characters_that_hide_things_are_refused(door: Door, text: str) -> None:
    code, _, bad, _ = await refusal(door.check(external_customer_id=text))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert [violation.field for violation in bad.field_violations] == ["external_customer_id"]


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"\x12\x03\xff\xfe\xfd", b"\x0a\xff\xff\xff\xff\x0f"])
async def test_bytes_that_are_no_message_are_refused(door: Door, raw: bytes) -> None:
    code, info, _, _ = await refusal(door.check(raw=raw))
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MESSAGE_MALFORMED")


async def test_an_error_keeps_its_reason_and_details(door: Door) -> None:
    code, info, _, message = await refusal(door.check(external_customer_id="nobody"))
    assert (code, info.reason, dict(info.metadata), message) == (
        grpc.StatusCode.NOT_FOUND,
        "CUSTOMER_NOT_FOUND",
        {"external_id": "nobody"},
        "no such customer",
    )


async def test_a_defect_shows_nothing_of_the_inside(door: Door) -> None:
    code, _, _, message = await refusal(door.check(external_customer_id="bug"))
    assert code is grpc.StatusCode.INTERNAL
    assert "secret" not in message
    assert "trace " in message


async def test_more_calls_than_the_limit_are_turned_away_at_once_and_later_ones_served(door: Door) -> None:
    door.servicer.hold.clear()
    for _ in range(3):  # several waves: the count must come back to zero each time
        wave = [asyncio.ensure_future(door.check(external_customer_id="c1")) for _ in range(10)]
        refused, _ = await asyncio.wait(wave, return_when=asyncio.FIRST_COMPLETED)
        while len(refused) < 6:
            refused, _ = await asyncio.wait(wave, timeout=0.05)
        door.servicer.hold.set()
        results = await asyncio.gather(*wave, return_exceptions=True)
        codes = [result.code() for result in results if isinstance(result, grpc.aio.AioRpcError)]
        assert codes == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 6
        door.servicer.hold.clear()


async def test_a_message_over_the_limit_is_refused(door: Door) -> None:
    code, _, _, _ = await refusal(door.check(raw=b"\x12" + b"\x00" * 10_000_000))
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
