"""BenefitService over the wire."""

from __future__ import annotations

import base64
import json
from typing import Any

import grpc
import pytest
from bursar.benefits.v1 import benefit_pb2
from bursar.benefits.v1 import benefit_service_pb2 as pb
from bursar.types.v1.intervals_pb2 import RecurringInterval
from google.protobuf.field_mask_pb2 import FieldMask

from services.benefits.tests.api.conftest import Api
from services.chassis.ids import new_id
from tests.support.client import Refused

CODES = grpc.StatusCode


def a_request(**changes: Any) -> pb.CreateBenefitRequest:
    kinds = {"custom", "feature_flag", "license_keys"} & set(changes)
    values: dict[str, Any] = {"request_id": str(new_id()), "description": "Early access"}
    if not kinds:
        values["custom"] = benefit_pb2.CustomBenefit(note="Welcome")
    request = pb.CreateBenefitRequest(**{**values, **{name: value for name, value in changes.items() if name != "metadata"}})
    request.metadata.update(changes.get("metadata", {}))
    return request


async def test_a_benefit_is_made_once_and_read_as_made(api: Api) -> None:
    caller = api.caller()
    request = a_request(metadata={"tier": "gold", "seats": 3, "beta": True, "share": 0.5})
    benefit = await caller.call("CreateBenefit", request)
    assert await caller.call("CreateBenefit", request) == benefit
    assert (benefit.custom.note, benefit.visibility, benefit.version) == ("Welcome", benefit_pb2.BENEFIT_VISIBILITY_PUBLIC, 1)
    assert dict(benefit.metadata) == {"tier": "gold", "seats": 3, "beta": True, "share": 0.5}
    assert await caller.call("GetBenefit", pb.GetBenefitRequest(id=benefit.id)) == benefit
    assert len(await api.suite.published("benefit.created")) == 1
    request.description = "Other"
    with pytest.raises(Refused) as refused:
        await caller.call("CreateBenefit", request)
    assert refused.value.reason == "REQUEST_ID_REUSED"


async def test_feature_flags_are_private_and_license_keys_keep_their_limits(api: Api) -> None:
    flag = await api.caller().call("CreateBenefit", a_request(feature_flag=benefit_pb2.FeatureFlagBenefit()))
    assert flag.visibility == benefit_pb2.BENEFIT_VISIBILITY_PRIVATE
    assert flag.WhichOneof("properties") == "feature_flag"
    limits = benefit_pb2.LicenseKeysBenefit(
        prefix="APP",
        limit_usage=7,
        expires=benefit_pb2.LicenseKeyExpiration(ttl=2, timeframe=RecurringInterval.RECURRING_INTERVAL_YEAR),
        activations=benefit_pb2.LicenseKeyActivationLimit(limit=3, enable_customer_admin=True),
    )
    keys = await api.caller().call("CreateBenefit", a_request(license_keys=limits))
    assert keys.license_keys == limits


async def test_only_masked_fields_change_and_the_kind_never(api: Api) -> None:
    caller = api.caller()
    benefit = await caller.call("CreateBenefit", a_request(metadata={"a": 1}))

    def edit(*paths: str, **changes: Any) -> pb.UpdateBenefitRequest:
        return pb.UpdateBenefitRequest(request_id=str(new_id()), id=benefit.id, update_mask=FieldMask(paths=paths), **changes)

    after = await caller.call("UpdateBenefit", edit("description", description="Renamed", custom=benefit_pb2.CustomBenefit(note="no")))
    assert (after.description, after.custom.note, dict(after.metadata), after.version) == ("Renamed", "Welcome", {"a": 1}, 2)
    after = await caller.call("UpdateBenefit", edit("custom", "metadata", custom=benefit_pb2.CustomBenefit(note="New")))
    assert (after.custom.note, dict(after.metadata)) == ("New", {})
    for wrong, reason in (
        (edit("license_keys", license_keys=benefit_pb2.LicenseKeysBenefit()), "BENEFIT_KIND_FIXED"),
        (edit("custom", feature_flag=benefit_pb2.FeatureFlagBenefit()), "BENEFIT_KIND_FIXED"),
        (edit("version"), "FIELD_MASK_INVALID"),
        (edit(), "FIELD_MASK_INVALID"),
        (edit("description", description="  x "), "FIELD_INVALID"),
        (edit("visibility"), "FIELD_INVALID"),
    ):
        with pytest.raises(Refused) as refused:
            await caller.call("UpdateBenefit", wrong)
        assert (refused.value.code, refused.value.reason) == (CODES.INVALID_ARGUMENT, reason)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"description": "ab"}, "description"),
    ({"description": "     "}, "description"),
    ({"description": "bad\x00text"}, "description"),
    ({"metadata": {"nested": {"a": 1}}}, "metadata.nested"),
    ({"metadata": {"k" * 41: 1}}, f"metadata.{'k' * 40}"),
    ({"license_keys": benefit_pb2.LicenseKeysBenefit(prefix="no_dashes")}, "license_keys.prefix"),
    ({"license_keys": benefit_pb2.LicenseKeysBenefit(limit_usage=0)}, "license_keys.limit_usage"),
    (
        {
            "license_keys": benefit_pb2.LicenseKeysBenefit(
                expires=benefit_pb2.LicenseKeyExpiration(ttl=458, timeframe=RecurringInterval.RECURRING_INTERVAL_YEAR)
            )
        },
        "license_keys.expires.ttl",
    ),
]


async def test_a_wrong_field_is_named(api: Api) -> None:
    for changes, field in WRONG:
        with pytest.raises(Refused) as refused:
            await api.caller().call("CreateBenefit", a_request(**changes))
        assert (refused.value.code, refused.value.fields) == (CODES.INVALID_ARGUMENT, [field])


async def test_lists_go_page_by_page_and_search(api: Api) -> None:
    caller = api.caller()
    for name in ("Alpha access", "Beta access", "Gamma rays"):
        await caller.call("CreateBenefit", a_request(description=name))
    names, token = [], ""
    while True:
        page = await caller.call("ListBenefits", pb.ListBenefitsRequest(page_size=2, order_by="description", page_token=token))
        names += [benefit.description for benefit in page.benefits]
        if not (token := page.next_page_token):
            break
    assert names == ["Alpha access", "Beta access", "Gamma rays"]
    found = await caller.call("ListBenefits", pb.ListBenefitsRequest(query="ACCESS", include_total=True, page_size=1))
    assert (found.total_count, found.benefits[0].description) == (2, "Beta access")
    assert (await caller.call("ListBenefits", pb.ListBenefitsRequest(query="%"))).benefits == []


async def test_benefits_are_narrowed_by_type_and_metadata_and_without_some(api: Api) -> None:
    caller = api.caller()
    note = await caller.call("CreateBenefit", a_request(metadata={"tier": "gold", "seats": 3}))
    flag = await caller.call("CreateBenefit", a_request(feature_flag=benefit_pb2.FeatureFlagBenefit(), metadata={"tier": "gold"}))
    keys = await caller.call("CreateBenefit", a_request(license_keys=benefit_pb2.LicenseKeysBenefit()))
    for given, expected in (
        ({"type": ["license_keys", "feature_flag"]}, [flag, keys]),
        ({"type": ["custom"], "exclude_id": [note.id]}, []),
        ({"exclude_id": [flag.id, str(new_id())]}, [note, keys]),
        ({"metadata": {"tier": "gold"}}, [note, flag]),
        ({"metadata": {"tier": "gold", "seats": "3"}}, [note]),
        ({"metadata": {"seats": ""}}, []),
    ):
        found = await caller.call("ListBenefits", pb.ListBenefitsRequest(order_by="type", **given))
        assert [each.id for each in found.benefits] == [each.id for each in expected], given


async def test_a_page_token_that_was_tampered_with_is_refused(api: Api) -> None:
    caller = api.caller()
    for _ in range(2):
        await caller.call("CreateBenefit", a_request())
    token = (await caller.call("ListBenefits", pb.ListBenefitsRequest(page_size=1))).next_page_token
    fingerprint, _, row_id = json.loads(base64.urlsafe_b64decode(token + "=="))
    for key in (["v", "soon"], ["v", 2**70], ["u", row_id[1]], "x", None):
        forged = base64.urlsafe_b64encode(json.dumps([fingerprint, key, row_id]).encode()).decode()
        with pytest.raises(Refused) as refused:
            await caller.call("ListBenefits", pb.ListBenefitsRequest(page_size=1, page_token=forged))
        assert refused.value.fields == ["page_token"], key


async def test_products_carry_benefits_in_order(api: Api) -> None:
    caller, product = api.caller(), api.product()
    first, second = [await caller.call("CreateBenefit", a_request(description=name)) for name in ("First", "Second")]
    request = pb.SetProductBenefitsRequest(request_id="1", product_id=str(product), benefit_ids=[second.id, first.id])
    answer = await caller.call("SetProductBenefits", request)
    assert [benefit.id for benefit in answer.benefits] == [second.id, first.id]
    assert await caller.call("GetProductBenefits", pb.GetProductBenefitsRequest(product_id=str(product))) == answer
    assert api.catalog.asked == 1
    await caller.call("DeleteBenefit", pb.DeleteBenefitRequest(id=second.id))
    left = await caller.call("GetProductBenefits", pb.GetProductBenefitsRequest(product_id=str(product)))
    assert [benefit.id for benefit in left.benefits] == [first.id]
    with pytest.raises(Refused) as refused:
        await caller.call("GetBenefit", pb.GetBenefitRequest(id=second.id))
    assert refused.value.reason == "BENEFIT_NOT_FOUND"


async def test_another_organization_s_things_are_not_found(api: Api) -> None:
    stranger, product = api.caller(new_id()), api.product()
    benefit = await api.caller().call("CreateBenefit", a_request())
    await api.caller().call("SetProductBenefits", pb.SetProductBenefitsRequest(request_id="1", product_id=str(product)))
    for method, request, reason in (
        ("GetBenefit", pb.GetBenefitRequest(id=benefit.id), "BENEFIT_NOT_FOUND"),
        ("DeleteBenefit", pb.DeleteBenefitRequest(id=benefit.id), "BENEFIT_NOT_FOUND"),
        (
            "UpdateBenefit",
            pb.UpdateBenefitRequest(request_id="2", id=benefit.id, update_mask=FieldMask(paths=["metadata"])),
            "BENEFIT_NOT_FOUND",
        ),
        ("SetProductBenefits", pb.SetProductBenefitsRequest(request_id="2", product_id=str(product)), "PRODUCT_NOT_FOUND"),
        ("GetProductBenefits", pb.GetProductBenefitsRequest(product_id=str(product)), "PRODUCT_NOT_FOUND"),
    ):
        with pytest.raises(Refused) as refused:
            await stranger.call(method, request)
        assert (refused.value.code, refused.value.reason) == (CODES.NOT_FOUND, reason)
    own = api.product(new_id())
    with pytest.raises(Refused):
        await stranger.call("SetProductBenefits", pb.SetProductBenefitsRequest(request_id="3", product_id=str(own)))
    assert (await stranger.call("ListBenefits", pb.ListBenefitsRequest())).benefits == []
    with pytest.raises(Refused) as refused:
        request = pb.SetProductBenefitsRequest(request_id="4", product_id=str(product), benefit_ids=[str(new_id())])
        await api.caller().call("SetProductBenefits", request)
    assert refused.value.reason == "BENEFIT_NOT_FOUND"
