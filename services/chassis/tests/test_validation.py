"""The same bytes are judged the same, the first time and every time."""

from __future__ import annotations

import pytest
from bursar.benefits.v1 import grant_service_pb2

from services.chassis import validation
from services.chassis.errors import Invalid
from services.chassis.ids import new_id
from services.chassis.validation import Shape

Request = grant_service_pb2.CheckEntitlementRequest


def test_sound_requests_are_told_apart_from_broken_ones_however_often_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "_MOST_REMEMBERED", 3)
    shape = Shape(Request)
    sound = [Request(customer_id=str(new_id()), benefit_id=str(new_id())) for _ in range(5)]
    broken = Request(customer_id="x", benefit_id=str(new_id()))
    suspect = Request(external_customer_id="a\x00b", benefit_id=str(new_id()))
    for _ in range(3):
        for request in sound:
            assert shape.parse(request.SerializeToString()) == request
        for request, field in ((broken, "customer_id"), (suspect, "external_customer_id")):
            with pytest.raises(Invalid) as refused:
                shape.parse(request.SerializeToString())
            assert [violation.field for violation in refused.value.violations] == [field]


def test_a_request_is_a_message_of_its_own_every_time() -> None:
    shape, raw = Shape(Request), Request(external_customer_id="c", benefit_id=str(new_id())).SerializeToString()
    shape.parse(raw).external_customer_id = "changed"
    assert shape.parse(raw).external_customer_id == "c"
