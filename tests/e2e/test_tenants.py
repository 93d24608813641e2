"""What belongs to another organization does not exist: not through any method, not in any table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from services.chassis.identity import CallerKind, Identity, IdentitySigner
from tests.e2e.calls import DOORS, Answer, call_grpc
from tests.e2e.contracts import (
    access,
    field_of,
    grpc_path,
    http_rule,
    internal_methods,
    is_repeated,
    owner_of,
    public_methods,
    request_of,
    short_name,
)
from tests.e2e.merchants import Merchant, sandbox
from tests.e2e.paths import Path, dotted, is_reference, paths_of, world_key
from tests.e2e.records import Records
from tests.e2e.requests import Requests
from tests.e2e.world import World

PUBLIC = public_methods()
INTERNAL = internal_methods()

NAMES_NOTHING = {
    "CreateCheckout.external_customer_id": "each organization gives such names as it likes",
    "GetBalanceAsOf.transaction_id": "only a place in time: any number does, whether it is a transaction or not",
    "ListBenefits.exclude_id": "another's is not in the list anyway",
}
"""Fields that look like an id, in which another organization's means nothing."""

NOT_LOOKED_FOR = {
    "CheckSettled.facts.event_id": "a live organization has nothing to settle",
    "CountBillableSubscriptions.upgraded_subscription_id": "only left out of the count",
}
"""Ids between services by which nothing is found."""

OF_SANDBOXES = [method for method in PUBLIC if method.containing_service.name == "ClockService"]
"""Only organizations with a clock of their own may call them, and the merchants here are live."""

BY_PROOF = {"client_secret", "invitation_token"}
"""Fields whose content proves the right to use it, whoever calls; an id of the thing itself must not do instead."""


def references(method: MethodDescriptor) -> list[Path]:
    """The fields of a request that name something."""
    return [path for path in paths_of(request_of(method)) if is_reference(method, path)]


@pytest.fixture(scope="module")
def untouched(merchant: Merchant, world: World, records: Records, suite: Suite) -> dict[str, str]:
    """What the first merchant owns before the walk."""
    wait_until_quiet(suite, 30.0)
    return records.digests(merchant.organization_id)


@pytest.fixture(autouse=True)
def _no_effect(request: pytest.FixtureRequest, records: Records, merchant: Merchant) -> Iterator[None]:
    """After every step the first merchant's rows are as they were."""
    before = request.getfixturevalue("untouched")
    yield
    after = records.digests(merchant.organization_id)
    assert {table for table in before if before[table] != after[table]} == set()


def foreign(method: MethodDescriptor, path: Path, world: World) -> Any:
    """The first merchant's id for a field."""
    if path[-1].name in BY_PROOF:
        return world["checkout_id"]
    value = world[world_key(method, path)]
    kind = path[-1].cpp_type in (path[-1].CPPTYPE_INT64, path[-1].CPPTYPE_INT32)
    content: Any = int(value) if kind else value
    return [content] if is_repeated(path[-1]) else content


def leaks(answer: Answer, own: World, others: World, told: Any) -> list[str]:
    """What an answer contains of the others, besides what the request told itself."""
    told_texts = {str(entry) for entry in (told if isinstance(told, list) else [told])}
    theirs = {name: value for name, value in others.items() if len(value) > 10 and own.get(name) != value and value not in told_texts}
    return [f"{name} {value}" for name, value in theirs.items() if value in answer.text]


def is_empty(answer: Answer) -> bool:
    """No entry and no total; an entitlement that is a no."""
    return not any(value for name, value in answer.content.items() if value not in ("0", "", False))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("method", PUBLIC, ids=short_name)
def test_another_organizations_ids_are_not_found(
    method: MethodDescriptor, door: str, stack: Stack, stranger: Merchant, strangers_world: World, world: World
) -> None:
    rule = access(method)
    if not rule.scope and not rule.anonymous:
        answer = DOORS[door](stranger, method, Requests(strangers_world).minimal(method))
        assert answer.code == "PERMISSION_DENIED", f"a method for operators answered {answer}"
        return
    callers = [sandbox(stack, 1)] if method in OF_SANDBOXES else [stranger, stranger.buyer()] if rule.anonymous else [stranger]
    requests = Requests(strangers_world)
    problems = []
    for caller in callers:
        for path in references(method):
            if f"{method.name}.{dotted(path)}" in NAMES_NOTHING:
                continue
            request = requests.with_fields(method, path)
            told = foreign(method, path, world)
            requests.put(method, request, path, told)
            answer = DOORS[door](caller, method, request)
            problems += [f"{dotted(path)}: {problem}" for problem in judge(method, path, answer, strangers_world, world, told)]
    assert problems == []


def judge(method: MethodDescriptor, path: Path, answer: Answer, own: World, others: World, told: Any) -> Iterator[str]:
    """What is wrong with the answer to a request with one foreign reference."""
    if leaked := leaks(answer, own, others, told):
        yield f"leaks {leaked}"
    if method.name.startswith(("List", "Check", "Export")) and path[-1].name != "organization_id":
        # A list of what belongs to one thing says that there is no such thing.
        if answer.code != "NOT_FOUND" and not (answer.ok and is_empty(answer)):
            yield f"expected nothing, got {answer} {answer.content if answer.ok else ''}"
    elif answer.code != "NOT_FOUND" or answer.reason == "ROUTE_NOT_FOUND":
        yield f"expected NOT_FOUND, got {answer}"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("method", [method for method in PUBLIC if access(method).scope], ids=short_name)
def test_a_list_shows_only_what_is_the_callers_own(
    method: MethodDescriptor, door: str, stranger: Merchant, strangers_world: World, world: World
) -> None:
    if not method.name.startswith("List") or method in OF_SANDBOXES:
        return
    # The widest question: nothing but what has to be asked.
    answer = DOORS[door](stranger, method, Requests(strangers_world).minimal(method))
    assert answer.ok, str(answer)
    assert leaks(answer, strangers_world, world, "") == []
    entries = [entry for value in answer.content.values() if isinstance(value, list) for entry in value]
    assert entries, "the stranger has one of everything, so its lists are not empty"
    assert {entry["organization_id"] for entry in entries if "organization_id" in entry} <= {strangers_world["organization_id"]}


@pytest.mark.parametrize(
    "method", [method for method in PUBLIC if field_of(method, "page_token") and method not in OF_SANDBOXES], ids=short_name
)
def test_another_organizations_page_token_leads_to_nothing_of_its(
    method: MethodDescriptor, merchant: Merchant, stranger: Merchant, strangers_world: World, world: World
) -> None:
    requests = Requests(world)
    page = requests.minimal(method)
    page.page_size = 1  # type: ignore[attr-defined]
    token = DOORS["gRPC"](merchant, method, page).content.get("next_page_token") or "bm90aGluZw"
    request = Requests(strangers_world).minimal(method)
    request.page_size, request.page_token = 1, token  # type: ignore[attr-defined]
    answer = DOORS["gRPC"](stranger, method, request)
    assert answer.code in ("OK", "INVALID_ARGUMENT"), str(answer)
    assert leaks(answer, strangers_world, world, token) == []


@pytest.mark.parametrize("method", INTERNAL, ids=short_name)
def test_a_method_between_services_is_not_there_at_the_edge(method: MethodDescriptor, stranger: Merchant, strangers_world: World) -> None:
    request = Requests(strangers_world).minimal(method)
    answer = DOORS["gRPC"](stranger, method, request)
    assert answer.code in ("UNIMPLEMENTED", "NOT_FOUND"), str(answer)
    for verb in ("GET", "POST"):
        assert stranger.rest(verb, grpc_path(method)).status_code == 404


@pytest.mark.parametrize("method", INTERNAL, ids=short_name)
def test_a_method_between_services_is_closed_to_everybody_else(
    method: MethodDescriptor, stack: Stack, stranger: Merchant, strangers_world: World
) -> None:
    raw = Requests(strangers_world).minimal(method).SerializeToString()
    allowed = set(access(method).services)
    outsider = next(name for name in stack.description()["services"] if name not in allowed and name != "identity")
    signers = {name: IdentitySigner(stack.layout.secrets / f"{name}.pem", name) for name in ("identity", outsider, *allowed)}
    organization = Identity(CallerKind.ORGANIZATION, "token", stranger.organization_id, frozenset({"*"}))
    expected = {
        "": "UNAUTHENTICATED",
        "nonsense": "UNAUTHENTICATED",
        signers["identity"].sign(organization): "PERMISSION_DENIED",
        signers["identity"].sign(Identity(CallerKind.OPERATOR, "operator")): "PERMISSION_DENIED",
        signers[outsider].sign(Identity(CallerKind.SERVICE, outsider, stranger.organization_id)): "PERMISSION_DENIED",
        # A service that signs for somebody else.
        signers[outsider].sign(organization): "UNAUTHENTICATED",
        signers[outsider].sign(Identity(CallerKind.SERVICE, next(iter(allowed)), stranger.organization_id)): "UNAUTHENTICATED",
    }
    with grpc.insecure_channel(stack.description()["services"][owner_of(method)]["grpc"]) as channel:
        for identity, code in expected.items():
            metadata = (("x-bursar-identity", identity),) if identity else ()
            assert call_grpc(channel, method, raw, metadata).code == code, identity[:60]


FINDING = ("LookUp", "Cancel", "Count", "Get", "List", "Check")
"""Methods between services that are about something which is there; the others make something under ids that the caller gives."""


@pytest.mark.parametrize("method", [method for method in INTERNAL if method.name.startswith(FINDING)], ids=short_name)
def test_a_service_that_acts_for_one_organization_finds_nothing_of_another(
    method: MethodDescriptor, stack: Stack, stranger: Merchant, strangers_world: World, world: World
) -> None:
    service = sorted(access(method).services)[0]
    signer = IdentitySigner(stack.layout.secrets / f"{service}.pem", service)
    metadata = (("x-bursar-identity", signer.own(stranger.organization_id)),)
    requests, problems = Requests(strangers_world), []
    with grpc.insecure_channel(stack.description()["services"][owner_of(method)]["grpc"]) as channel:
        for path in references(method):
            if f"{method.name}.{dotted(path)}" in NOT_LOOKED_FOR:
                continue
            request, told = requests.with_fields(method, path), foreign(method, path, world)
            requests.put(method, request, path, told)
            answer = call_grpc(channel, method, request.SerializeToString(), metadata)
            if not (answer.code == "NOT_FOUND" or (answer.ok and is_empty(answer))):
                problems.append(f"{dotted(path)}: {answer} {answer.content}")
    assert problems == []


def test_a_card_of_another_organizations_customer_cannot_be_charged(
    stack: Stack, stranger: Merchant, strangers_world: World, world: World
) -> None:
    method = next(method for method in INTERNAL if method.name == "CreatePayment")
    card = next(path for path in references(method) if path[-1].name == "payment_method_id")
    request: Any = Requests({**strangers_world, "order_id": str(uuid4())}).with_fields(method, card)
    request.payment_method_id = world["payment_method_id"]
    metadata = (("x-bursar-identity", IdentitySigner(stack.layout.secrets / "checkout.pem", "checkout").own(stranger.organization_id)),)
    with grpc.insecure_channel(stack.description()["services"]["payments"]["grpc"]) as channel:
        answer = call_grpc(channel, method, request.SerializeToString(), metadata)
    assert (answer.code, answer.reason) == ("NOT_FOUND", "PAYMENT_METHOD_NOT_FOUND")


@pytest.mark.parametrize("method", PUBLIC, ids=short_name)
def test_a_method_that_needs_a_token_does_not_answer_without_a_good_one(
    method: MethodDescriptor, stack: Stack, stranger: Merchant, strangers_world: World
) -> None:
    if access(method).anonymous:
        return
    request = Requests(strangers_world).minimal(method)
    tokens = ["", "nonsense", stranger.token[:-3] + "abc", stranger.token.upper()]
    for token in tokens:
        caller = Merchant(stranger.organization_id, token, stranger.edge_url, stranger.edge_grpc)
        for door in DOORS.values():
            assert door(caller, method, request).code == "UNAUTHENTICATED", token
    with grpc.insecure_channel(stack.description()["services"][owner_of(method)]["grpc"]) as channel:
        assert call_grpc(channel, method, request.SerializeToString(), ()).code == "UNAUTHENTICATED"


@pytest.mark.parametrize("name", NAMES_NOTHING)
def test_a_field_that_names_nothing_tells_nothing(name: str, stranger: Merchant, strangers_world: World, world: World) -> None:
    method_name, _, field = name.partition(".")
    method = next(method for method in PUBLIC if method.name == method_name)
    path = next(path for path in references(method) if dotted(path) == field)
    requests = Requests(strangers_world)
    of_nobody = {"transaction_id": 2**62, "exclude_id": [str(uuid4())]}.get(field, "nobody's")
    for value in (foreign(method, path, world), of_nobody):
        request = requests.with_fields(method, path)
        requests.put(method, request, path, value)
        answer = DOORS["gRPC"](stranger, method, request)
        assert answer.ok, str(answer)
        assert leaks(answer, strangers_world, world, value) == []


def test_every_method_was_walked() -> None:
    assert len(PUBLIC) > 40
    assert len(INTERNAL) >= 8
    assert sum(len(references(method)) for method in PUBLIC) > 60
    assert all(http_rule(method) for method in PUBLIC)


def test_after_the_walk_nothing_of_the_first_merchant_has_changed(
    untouched: dict[str, str], records: Records, merchant: Merchant, suite: Suite
) -> None:
    wait_until_quiet(suite, 30.0)
    after = records.digests(merchant.organization_id)
    assert len(after) > 20
    assert after == untouched
