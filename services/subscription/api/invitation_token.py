"""The secrets by which seats are claimed: they say which organization's rows to look in, and 32 bytes that nobody can guess prove the rest.

The bytes follow from the seat, the number of its invitation and a key that is not in the database (derived from the service's signing
key). So a repeated request shows the same secret again though nothing but its hash is stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.chassis.ids import is_sandbox, sandbox_start
from services.subscription.domain.seat_errors import InvitationNotFound

_PURPOSE = b"bursar subscription: invitations to seats"
_PREFIX = "bursar_si_"
_ORGANIZATION_LENGTH = 22


class InvitationTokens:
    """Secrets under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(key)

    @classmethod
    def from_file(cls, path: Path) -> InvitationTokens:
        """Secrets whose key follows from a secret file."""
        return cls(path.read_bytes())

    def token(self, organization_id: UUID, seat_id: UUID, number: int) -> str:
        """The secret of one invitation."""
        proof = hmac.digest(self._key, organization_id.bytes + seat_id.bytes + number.to_bytes(8, "big"), "sha256")
        return f"{_PREFIX}{_text(organization_id.bytes)}{_text(proof)}"

    def hash(self, organization_id: UUID, seat_id: UUID, number: int) -> bytes:
        """What is stored of it."""
        return token_hash(self.token(organization_id, seat_id, number))


def token_hash(token: str) -> bytes:
    """What a secret is looked up by."""
    return hashlib.sha256(token.encode()).digest()


def organization_of(token: str) -> UUID:
    """Whose seat it would be. InvitationNotFound if it is no secret of ours."""
    where = token.removeprefix(_PREFIX)[:_ORGANIZATION_LENGTH]
    try:
        organization_id = UUID(bytes=base64.urlsafe_b64decode(where + "=="))
        if is_sandbox(organization_id):
            sandbox_start(organization_id)  # made up ones may have no such time
    except (ValueError, OverflowError):  # of which binascii.Error is one
        raise InvitationNotFound from None
    return organization_id


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
