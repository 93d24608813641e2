"""Which requests pass without a token, and which only look like them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.chassis.access import access_of
from services.identity.api.authorizer.anonymous import AnonymousRequests
from services.identity.contracts import all_methods

REQUESTS = AnonymousRequests(all_methods())
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/platform/v1/client/checkouts/cs_1234567890abcdef"),
        ("GET", "/platform/v1/client/checkouts/cs_1.2-3~4?view=full"),
        ("PATCH", "/platform/v1/client/checkouts/cs_1234567890abcdef"),
        ("POST", "/platform/v1/client/checkouts/cs_1234567890abcdef:confirm"),
        ("POST", "/platform/v1/client/license_keys:validate"),
        ("POST", "/stripe/webhooks"),
        ("POST", "/bursar.checkout.v1.CheckoutClientService/GetClientCheckout"),
        ("POST", "/bursar.payments.v1.StripeWebhookService/ReceiveStripeEvent"),
        ("POST", "/grpc.health.v1.Health/Check"),
    ],
)
def test_what_the_contracts_open_to_anyone_passes(method: str, target: str) -> None:
    assert REQUESTS.include(method, target)


@pytest.mark.parametrize(
    "target",
    [
        "/platform/v1/orders",
        "/platform/v1/client/../orders",
        "/platform/v1/client/checkouts/../../orders",
        "/platform/v1/client/checkouts/..",
        "/platform/v1/client/checkouts/.",
        "/platform/v1/client/checkouts/...",
        "/platform/v1/client/checkouts/..:confirm",
        "/platform/v1/client/checkouts/..;/orders",
        "/platform/v1/client/checkouts/a/../../orders",
        "/platform/v1/client/checkouts/a%2f..%2f..%2forders",
        "/platform/v1/client/checkouts/%2e%2e/orders",
        "/platform/v1/client/checkouts/%252e%252e",
        "/platform/v1/client/checkouts/a%00",
        "/platform/v1/client/checkouts/a\\..\\orders",
        "/platform/v1/client/checkouts//a",
        "//platform/v1/client/checkouts/a",
        "/platform//v1/client/checkouts/a",
        "/platform/v1/client/checkouts/",
        "/platform/v1/client/checkouts",
        "/platform/v1/client/checkouts/a/",
        "/platform/v1/client/checkouts/a#/orders",
        "/platform/v1/client/checkouts/a b",
        "/platform/v1/client/checkouts/a\n",
        "/platform/v1/client/checkouts/é",
        "/platform/v1/client/",
        "/platform/v1/client/anything",
        "/platform/v1/clients",
        "/Platform/v1/client/checkouts/a",
        "/PLATFORM/V1/CLIENT/CHECKOUTS/A",
        "/platform/v1/CLIENT/checkouts/a",
        "/STRIPE/WEBHOOKS",
        "/stripe/webhooks/",
        "/stripe/webhooks/../../platform/v1/orders",
        "/stripe/webhooks%2f..",
        "/stripe/webhooks;x=y",
        "/stripe/webhooksx",
        "stripe/webhooks",
        "http://evil/stripe/webhooks",
        "/x?/stripe/webhooks",
        "/bursar.checkout.v1.CheckoutService/GetCheckout",
        "/bursar.checkout.v1.CheckoutClientService/GetClientCheckout/",
        "/bursar.checkout.v1.CheckoutClientService/",
        "/bursar.checkout.v1.checkoutclientservice/GetClientCheckout",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/",
        "",
        "*",
        "?",
        "/platform/v1/client/checkouts/" + "a" * 3000,
    ],
)
def test_what_only_looks_like_it_does_not(target: str) -> None:
    assert not any(REQUESTS.include(method, target) for method in METHODS)


def test_the_verb_counts() -> None:
    assert [method for method in METHODS if REQUESTS.include(method, "/stripe/webhooks")] == ["POST"]
    assert [method for method in METHODS if REQUESTS.include(method, "/platform/v1/client/checkouts/a")] == ["GET", "PATCH"]


OPEN = [method.full_name for method in all_methods() if access_of(method).anonymous]


def test_what_is_open_is_a_short_known_list() -> None:
    services = {name.split(".")[3] for name in OPEN}
    assert {name for name in services if not name.endswith("ClientService")} == {"SeatClaimService", "StripeWebhookService"}
    assert [name for name in OPEN if "StripeWebhook" in name] == ["bursar.payments.v1.StripeWebhookService.ReceiveStripeEvent"]


@given(method=st.sampled_from(METHODS), target=st.text(st.characters(codec="utf-8"), max_size=120))
@example(method="GET", target="/platform/v1/client/checkouts/a?\n")
def test_whatever_passes_is_spelled_plainly(method: str, target: str) -> None:
    if REQUESTS.include(method, target):
        path = target.partition("?")[0]
        assert path.startswith(("/platform/v1/client/", "/stripe/webhooks", "/bursar.", "/grpc.health.v1.Health/Check"))
        assert not set(path) & set("%\\;#? \t\n\x00")
        assert "//" not in path
        assert not {".", ".."} & set(path.replace(":", "/").split("/"))


@given(
    tail=st.lists(
        st.sampled_from(["a", ".", "..", "/", "//", "%2f", "%2e", ";", ":confirm", "\\", "client", "orders", "~", "?"]), max_size=8
    )
)
def test_no_spelling_leads_out_of_the_open_paths(tail: list[str]) -> None:
    target = "/platform/v1/client/checkouts/" + "".join(tail)
    if any(REQUESTS.include(method, target) for method in METHODS):
        segment = target.partition("?")[0].removeprefix("/platform/v1/client/checkouts/").removesuffix(":confirm")
        assert segment.strip(".")
        assert not set(segment) & set("/%;\\:")
