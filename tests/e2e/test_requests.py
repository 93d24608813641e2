"""The requests that the other tests break are sound: every public method accepts the one made from its rules."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import MethodDescriptor

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.calls import by_grpc, by_rest
from tests.e2e.contracts import access, methods, public_methods, short_name
from tests.e2e.merchants import Merchant, found_merchant, operator
from tests.e2e.requests import Requests, dotted, paths_of
from tests.e2e.world import World, populate

ENDS_SOMETHING = ("Confirm", "Cancel", "Uncancel", "Rotate", "Deactivate", "Revoke", "Delete")
"""Last of all, because afterwards other methods would refuse."""

ORDER = sorted(public_methods(), key=lambda method: next((n for n, verb in enumerate(ENDS_SOMETHING, 1) if method.name.startswith(verb)), 0))

OF_THE_STATE = {"UncancelSubscription": "OK", "RevokeAccessToken": "OK"}


@pytest.fixture(scope="module")
def buyer_of_everything(stack: Stack) -> Merchant:
    return found_merchant(stack, "third")


@pytest.fixture(scope="module")
def things(buyer_of_everything: Merchant, stack: Stack, suite: Suite) -> World:
    return populate(buyer_of_everything, stack, suite)


@pytest.mark.parametrize("method", ORDER, ids=short_name)
def test_a_request_made_from_the_rules_is_accepted(
    method: MethodDescriptor, buyer_of_everything: Merchant, things: World, stack: Stack
) -> None:
    rule = access(method)
    caller = buyer_of_everything if rule.scope else buyer_of_everything.buyer() if rule.anonymous else operator(stack)
    door = by_grpc if method.name.startswith(ENDS_SOMETHING) else by_rest
    answer = door(caller, method, Requests(things).minimal(method))
    assert answer.ok, str(answer)


@pytest.mark.parametrize("method", [method for method in methods() if method.input_type.full_name != "google.api.HttpBody"], ids=short_name)
def test_every_field_of_every_request_has_an_example(method: MethodDescriptor, things: World) -> None:
    requests = Requests(things)
    for path in paths_of(method.input_type):
        request = requests.with_fields(method, path)
        assert request.ByteSize() > 0, dotted(path)
