"""`Stripe-Signature`: HMAC-SHA256 of `<time>.<body>` with the whole secret as key."""

import hashlib
import hmac


def header(body: bytes, secrets: list[str], timestamp: int) -> str:
    """One `v1` for each secret: two while a secret is rolled."""
    signed = str(timestamp).encode() + b"." + body
    digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={digest}" for digest in digests)])
