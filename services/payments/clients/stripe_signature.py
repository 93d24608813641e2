"""Whether a webhook's body comes from Stripe and is fresh, byte for byte."""

from __future__ import annotations

import time
from collections.abc import Sequence

from services.chassis.errors import Invalid
from services.payments.clients.stripe_sdk import stripe

TOLERANCE_SECONDS = 300


class SignatureCheck:
    """Knows every secret that signs now: two while one is rolled."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def check(self, body: bytes, header: str) -> None:
        """Invalid: SIGNATURE_INVALID, unless one of the secrets signed exactly these bytes within the tolerance."""
        if not any(_signed(body, header, secret) for secret in self._secrets) or _from_the_future(header):
            raise Invalid("SIGNATURE_INVALID", "the body is not signed by Stripe, or not lately", field="stripe-signature")


def _signed(body: bytes, header: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret, tolerance=TOLERANCE_SECONDS))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False


def _from_the_future(header: str) -> bool:
    """The SDK checks the age only. The header is Stripe's here, for its signature was checked."""
    stamp = next(part for part in header.split(",") if part.startswith("t="))
    return int(stamp[2:]) > time.time() + TOLERANCE_SECONDS
