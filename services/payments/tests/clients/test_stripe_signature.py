"""Bytes that Stripe signed pass; everything else does not."""

from __future__ import annotations

import time
from collections.abc import Callable

import orjson
import pytest
import stripe

from services.chassis.errors import Invalid
from services.payments.clients.stripe_signature import SignatureCheck

BODY = b'{"id": "evt_1",  "object":"event", "amount": 1.0, "name": "Zo\\u00eb"}'
SECRET = "whsec_now"


def signed(secret: str = SECRET, *, body: bytes = BODY, age: float = 0.0) -> str:
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time() - age)))


CHECK = SignatureCheck([SECRET, "whsec_before"])


def two_signatures() -> str:
    stamp, good = signed().split(",")
    return f"{stamp},v1={'0' * 64},{good},v0=ffff"


@pytest.mark.parametrize(
    "sign",
    [signed, lambda: signed("whsec_before"), lambda: signed(age=200), two_signatures],
    ids=["now", "older secret", "late", "two"],
)
def test_what_stripe_signed_passes(sign: Callable[[], str]) -> None:
    CHECK.check(BODY, sign())


@pytest.mark.parametrize(
    ("body", "sign"),
    [
        pytest.param(BODY, lambda: signed("whsec_other"), id="another secret"),
        pytest.param(BODY.replace(b"evt_1", b"evt_2"), signed, id="tampered"),
        pytest.param(orjson.dumps(orjson.loads(BODY)), signed, id="serialised again"),
        pytest.param(BODY + b"\n", signed, id="a byte more"),
        pytest.param(BODY, lambda: signed(age=600), id="ten minutes old"),
        pytest.param(BODY, lambda: signed(age=-600), id="from the future"),
        pytest.param(BODY, str, id="no header"),
        pytest.param(BODY, lambda: "t=now,v1=00", id="garbage"),
        pytest.param(BODY, lambda: f"t={int(time.time())}", id="no signature"),
        pytest.param(b"\xff\xfe", signed, id="not text"),
    ],
)
def test_everything_else_is_refused(body: bytes, sign: Callable[[], str]) -> None:
    with pytest.raises(Invalid) as refused:
        CHECK.check(body, sign())
    assert refused.value.reason == "SIGNATURE_INVALID"
