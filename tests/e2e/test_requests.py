"""The requests that the other tests break are sound: every public method accepts the one made from its rules."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import MethodDescriptor

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.calls import by_grpc, by_rest
from tests.e2e.contracts import http_rule, methods, request_of, short_name, takes_fields
from tests.e2e.merchants import Merchant, found_merchant
from tests.e2e.paths import dotted, paths_of
from tests.e2e.refusals import METHODS, caller_of
from tests.e2e.requests import Requests
from tests.e2e.world import World, populate

REFUSED = {
    "DeactivateClientLicenseKey": "LICENSE_KEY_ACTIVATION_NOT_FOUND",
    "RetryOrderPayment": "ORDER_NOT_PENDING",
    "VoidOrder": "ORDER_NOT_PENDING",
    "ClearPendingUpdate": "NO_PENDING_UPDATE",
    "ResumeSubscription": "SUBSCRIPTION_NOT_PAUSED",
}
"""Methods that understand their request and find nothing to do: it is done, or this merchant's things are not in that state."""


@pytest.fixture(scope="module")
def careful(stack: Stack) -> Merchant:
    return found_merchant(stack, "careful")


@pytest.fixture(scope="module")
def careful_world(careful: Merchant, stack: Stack, suite: Suite) -> World:
    return populate(careful, stack, suite)


@pytest.mark.parametrize("method", METHODS, ids=short_name)
def test_a_request_made_from_the_rules_is_accepted(method: MethodDescriptor, careful: Merchant, careful_world: World, stack: Stack) -> None:
    verb, _ = http_rule(method) or ("", "")
    door = by_grpc if verb == "DELETE" else by_rest
    answer = door(caller_of(method, careful, stack), method, Requests(careful_world).minimal(method))
    assert answer.ok or answer.reason == REFUSED.get(method.name), str(answer)


@pytest.mark.parametrize("method", [method for method in methods() if takes_fields(method)], ids=short_name)
def test_every_field_of_every_request_has_an_example(method: MethodDescriptor, careful_world: World) -> None:
    requests = Requests(careful_world)
    for path in paths_of(request_of(method)):
        assert requests.with_fields(method, path).IsInitialized(), dotted(path)
