"""Client secrets of checkouts: they say which organization's rows to look in, and 32 random bytes prove the rest."""

from __future__ import annotations

import base64
import hashlib
import secrets
from uuid import UUID

from services.chassis.ids import is_sandbox, sandbox_start
from services.checkout.domain.errors import CheckoutNotFound

_PREFIX = "bursar_cs_"
_ORGANIZATION_LENGTH = 22
_RANDOM_BYTES = 32


def new_client_secret(organization_id: UUID) -> str:
    """A fresh secret for a checkout of the organization."""
    where = base64.urlsafe_b64encode(organization_id.bytes).decode().rstrip("=")
    return f"{_PREFIX}{where}{secrets.token_urlsafe(_RANDOM_BYTES)}"


def request_scope(method: str, client_secret: str) -> str:
    """Within which a buyer's request ids are their own: two buyers may use the same one."""
    return f"{method} {hashlib.sha256(client_secret.encode()).hexdigest()[:32]}"


def organization_of(client_secret: str) -> UUID:
    """Whose checkout it would be. CheckoutNotFound if it is no secret of ours."""
    where = client_secret.removeprefix(_PREFIX)[:_ORGANIZATION_LENGTH]
    try:
        organization_id = UUID(bytes=base64.urlsafe_b64decode(where + "=="))
        if is_sandbox(organization_id):
            sandbox_start(organization_id)  # made up ones may have no such time
    except (ValueError, OverflowError):  # of which binascii.Error is one
        raise CheckoutNotFound from None
    return organization_id
