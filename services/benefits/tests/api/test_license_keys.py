"""License keys over the wire, for the merchant's server and for software without a token."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from bursar.benefits.v1 import license_key_pb2
from bursar.benefits.v1 import license_key_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from services.benefits.domain.benefit import Kind, Properties
from services.benefits.tests.api.conftest import Api
from services.benefits.tests.builders import ORGANIZATION, a_draft, order_paid, subscription_fact
from services.chassis.ids import new_id
from tests.support.client import Refused

CODES = grpc.StatusCode
LIMITS = Properties(prefix="app", limit_activations=2, limit_usage=10)


async def a_key(api: Api, properties: Properties = LIMITS) -> license_key_pb2.LicenseKey:
    """A key that a customer has just bought."""
    product = new_id()
    benefit = await api.suite.benefit(a_draft(Kind.LICENSE_KEYS, properties=properties))
    await api.suite.carry(product, [benefit.id])
    await api.suite.react(order_paid(product, new_id()))
    listed = await api.caller().call("ListLicenseKeys", pb.ListLicenseKeysRequest(benefit_id=str(benefit.id)))
    (key,) = listed.license_keys
    assert isinstance(key, license_key_pb2.LicenseKey)
    return key


def validation(key: license_key_pb2.LicenseKey, **fields: Any) -> pb.ValidateLicenseKeyRequest:
    return pb.ValidateLicenseKeyRequest(key=key.key, **fields)


def activation(key: license_key_pb2.LicenseKey, label: str = "laptop", **fields: Any) -> pb.ActivateLicenseKeyRequest:
    conditions = fields.pop("conditions", {})
    request = pb.ActivateLicenseKeyRequest(request_id=str(new_id()), key=key.key, label=label, **fields)
    request.conditions.update(conditions)
    return request


def edit(key: license_key_pb2.LicenseKey, *paths: str, **fields: Any) -> pb.UpdateLicenseKeyRequest:
    return pb.UpdateLicenseKeyRequest(request_id=str(new_id()), id=key.id, update_mask=FieldMask(paths=paths), **fields)


async def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


async def test_a_bought_key_validates_and_counts(api: Api) -> None:
    caller, key = api.caller(), await a_key(api)
    assert key.key.startswith("APP_")
    request = validation(key, increment_usage=4, request_id="once", benefit_id=key.benefit_id, customer_id=key.customer_id)
    for _ in range(2):
        answer = await caller.call("ValidateLicenseKey", request)
        assert (answer.license_key.usage, answer.license_key.validations) == (4, 1)
    assert (await caller.call("ValidateLicenseKey", validation(key))).license_key.validations == 2
    error = await refusal(caller.call("ValidateLicenseKey", validation(key, increment_usage=7)))
    assert (error.code, error.reason) == (CODES.FAILED_PRECONDITION, "LICENSE_KEY_USAGE_EXCEEDED")
    known = await caller.call("GetLicenseKey", pb.GetLicenseKeyRequest(id=key.id))
    assert (known.usage, known.validations) == (4, 2)


async def test_usage_is_never_exceeded_by_calls_at_the_same_time(api: Api) -> None:
    caller, key = api.caller(), await a_key(api)
    calls = [caller.call("ValidateLicenseKey", validation(key, increment_usage=1)) for _ in range(15)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(not isinstance(answer, Refused) for answer in answers) == 10
    activations = [caller.call("ActivateLicenseKey", activation(key, str(number))) for number in range(6)]
    answers = await asyncio.gather(*activations, return_exceptions=True)
    assert sum(not isinstance(answer, Refused) for answer in answers) == 2


async def test_installations_are_activated_and_deactivated(api: Api) -> None:
    caller, key = api.caller(), await a_key(api)
    request = activation(key, conditions={"machine": "a"})
    first = await caller.call("ActivateLicenseKey", request)
    assert await caller.call("ActivateLicenseKey", request) == first
    await caller.call("ActivateLicenseKey", activation(key))
    error = await refusal(caller.call("ActivateLicenseKey", activation(key)))
    assert (error.code, error.reason) == (CODES.PERMISSION_DENIED, "LICENSE_KEY_ACTIVATION_LIMIT_REACHED")

    asked = validation(key, activation_id=first.id)
    assert (await refusal(caller.call("ValidateLicenseKey", asked))).reason == "LICENSE_KEY_NOT_FOUND"
    asked.conditions.update({"machine": "a"})
    assert (await caller.call("ValidateLicenseKey", asked)).activation.id == first.id

    ended = pb.DeactivateLicenseKeyRequest(key=key.key, activation_id=first.id)
    assert (await caller.call("DeactivateLicenseKey", ended)).id == first.id
    assert (await refusal(caller.call("DeactivateLicenseKey", ended))).reason == "LICENSE_KEY_ACTIVATION_NOT_FOUND"
    assert (await refusal(caller.call("ValidateLicenseKey", asked))).reason == "LICENSE_KEY_NOT_FOUND"
    await caller.call("ActivateLicenseKey", activation(key))
    without = await a_key(api, Properties())
    assert (await refusal(caller.call("ActivateLicenseKey", activation(without)))).reason == "LICENSE_KEY_ACTIVATIONS_NOT_SUPPORTED"


async def test_software_without_a_token_names_the_organization(api: Api) -> None:
    anybody, key = api.anybody(), await a_key(api)
    here = {"organization_id": str(ORGANIZATION)}
    assert (await anybody.call("ValidateClientLicenseKey", validation(key, **here))).license_key.id == key.id
    active = await anybody.call("ActivateClientLicenseKey", activation(key, **here))
    ended = pb.DeactivateLicenseKeyRequest(key=key.key, activation_id=active.id, **here)
    assert (await anybody.call("DeactivateClientLicenseKey", ended)).id == active.id
    error = await refusal(anybody.call("ValidateClientLicenseKey", validation(key)))
    assert (error.code, error.fields) == (CODES.INVALID_ARGUMENT, ["organization_id"])
    elsewhere = validation(key, organization_id=str(new_id()))
    assert (await refusal(anybody.call("ValidateClientLicenseKey", elsewhere))).code is CODES.NOT_FOUND
    assert (await refusal(anybody.call("ValidateLicenseKey", validation(key, **here)))).code is CODES.UNAUTHENTICATED


async def test_another_organization_s_keys_are_not_found(api: Api) -> None:
    stranger, key = api.caller(new_id()), await a_key(api)
    for method, request in (
        ("GetLicenseKey", pb.GetLicenseKeyRequest(id=key.id)),
        ("UpdateLicenseKey", edit(key, "usage")),
        ("RotateLicenseKey", pb.RotateLicenseKeyRequest(request_id="1", id=key.id)),
        ("ValidateLicenseKey", validation(key, organization_id=str(ORGANIZATION))),
        ("ActivateLicenseKey", activation(key)),
        ("DeactivateLicenseKey", pb.DeactivateLicenseKeyRequest(key=key.key, activation_id=str(new_id()))),
    ):
        error = await refusal(stranger.call(method, request))
        assert (error.code, error.reason) == (CODES.NOT_FOUND, "LICENSE_KEY_NOT_FOUND")
    assert (await stranger.call("ListLicenseKeys", pb.ListLicenseKeysRequest())).license_keys == []


async def test_a_rotated_key_works_and_the_old_one_does_not(api: Api) -> None:
    caller, key = api.caller(), await a_key(api)
    request = pb.RotateLicenseKeyRequest(request_id="rotate", id=key.id)
    rotated = await caller.call("RotateLicenseKey", request)
    assert await caller.call("RotateLicenseKey", request) == rotated
    assert (rotated.id, rotated.key[:4]) == (key.id, "APP_")
    assert (await caller.call("ValidateLicenseKey", validation(rotated))).license_key.id == key.id
    assert (await refusal(caller.call("ValidateLicenseKey", validation(key)))).reason == "LICENSE_KEY_NOT_FOUND"
    assert len(await api.suite.published("benefit_grant.updated")) == 1


async def test_a_merchant_changes_limits_and_disables(api: Api) -> None:
    caller, key = api.caller(), await a_key(api)
    after = await caller.call("UpdateLicenseKey", edit(key, "usage", "limit_usage", usage=3))
    assert (after.usage, after.HasField("limit_usage"), after.limit_activations) == (3, False, 2)
    disabled = license_key_pb2.LICENSE_KEY_STATUS_DISABLED
    after = await caller.call("UpdateLicenseKey", edit(key, "status", status=disabled))
    assert after.status == disabled
    assert (await refusal(caller.call("ValidateLicenseKey", validation(key)))).reason == "LICENSE_KEY_NOT_FOUND"
    assert (await refusal(caller.call("ActivateLicenseKey", activation(key)))).reason == "LICENSE_KEY_NOT_ACTIVE"
    listed = await caller.call("ListLicenseKeys", pb.ListLicenseKeysRequest(status=disabled, include_total=True))
    assert [each.id for each in listed.license_keys] == [key.id]
    for wrong, field in (
        (edit(key, "key"), "update_mask"),
        (edit(key), "update_mask"),
        (edit(key, "status", status=license_key_pb2.LICENSE_KEY_STATUS_REVOKED), "status"),
        (edit(key, "expires_at", expires_at=Timestamp(seconds=2**62)), "expires_at"),
    ):
        assert (await refusal(caller.call("UpdateLicenseKey", wrong))).fields == [field]


async def test_a_revoked_key_stays_revoked_whatever_the_merchant_says(api: Api) -> None:
    caller, product, subscription, customer = api.caller(), new_id(), new_id(), new_id()
    benefit = await api.suite.benefit(a_draft(Kind.LICENSE_KEYS, properties=LIMITS))
    await api.suite.carry(product, [benefit.id])
    await api.suite.react(subscription_fact("active", "active", 1, subscription, product, customer))
    (key,) = (await caller.call("ListLicenseKeys", pb.ListLicenseKeysRequest(customer_id=str(customer)))).license_keys
    await api.suite.react(subscription_fact("revoked", "canceled", 2, subscription, product, customer))
    granted = edit(key, "status", status=license_key_pb2.LICENSE_KEY_STATUS_GRANTED)
    assert (await refusal(caller.call("UpdateLicenseKey", granted))).reason == "LICENSE_KEY_REVOKED"
    rotation = pb.RotateLicenseKeyRequest(request_id="1", id=key.id)
    assert (await refusal(caller.call("RotateLicenseKey", rotation))).reason == "LICENSE_KEY_REVOKED"
    assert (await caller.call("GetLicenseKey", pb.GetLicenseKeyRequest(id=key.id))).status == license_key_pb2.LICENSE_KEY_STATUS_REVOKED
