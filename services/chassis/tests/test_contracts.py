"""What must hold for every contract of the suite, read from the descriptor set that `make protos` builds."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from services.chassis.access import access_of

ROOT = Path(__file__).resolve().parents[3]


def _services() -> list[ServiceDescriptor]:
    files = FileDescriptorSet.FromString((ROOT / "build" / "descriptors.pb").read_bytes())
    found: list[ServiceDescriptor] = []
    for file in files.file:
        if file.package.startswith("bursar."):
            module = import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
            found += module.DESCRIPTOR.services_by_name.values()
    return found


SERVICES = _services()
METHODS = [method for service in SERVICES for method in service.methods]
_READS = ("Get", "List", "Check", "Count", "Find", "LookUp", "Audit", "Quote", "Preview", "Export")
_REPEATABLE = {
    "PostBatch",  # each posting has a key
    "ReceiveStripeEvent",  # the event's own id
    "TakeCustomer",  # the address: there is one customer for it
    "ClaimSeat",  # the invitation
    "MoveTime",  # the instant
    "RunDue",  # what is due is done once
}


def test_there_are_contracts() -> None:
    assert len(SERVICES) >= 15
    assert len(METHODS) >= 50


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_every_method_says_who_may_call_it(method: object) -> None:
    access = access_of(method)  # type: ignore[arg-type]
    assert access.scope or access.services or access.anonymous or access.operator
    # A call without identity must carry its own proof, so it may not also be one that a token opens.
    assert not (access.anonymous and (access.scope or access.services or access.operator))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.full_name)
def test_a_service_is_public_with_all_its_methods_or_with_none(service: ServiceDescriptor) -> None:
    public = [annotations_pb2.http in method.GetOptions().Extensions for method in service.methods]
    assert all(public) or not any(public)
    if not any(public):
        assert all(access_of(method).services for method in service.methods), "internal methods are for services"


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_what_changes_something_carries_a_request_id_or_a_key_of_its_own(method: object) -> None:
    verb = method.name  # type: ignore[attr-defined]
    fields = method.input_type.fields_by_name  # type: ignore[attr-defined]
    if verb.startswith(_READS) or verb in _REPEATABLE:
        return
    own_keys = {"request_id", "idempotency_key", "payment_id", "setup_id", "order_id"}
    inner = {name for field in fields.values() if field.message_type for name in field.message_type.fields_by_name}
    assert own_keys & (set(fields) | inner), f"{verb} has no key by which a repetition is known"
