"""Shows the secret of a token again to whoever repeats the request that made it, without keeping the secret.

The stored answer of the request holds the token encrypted under a key that is not in the database (derived from the service's
signing key), and is gone with the record of the request. So neither a copy of the database nor, later, database and key give a token.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.identity.domain.errors import AccessTokenNoLongerShown

_PURPOSE = b"bursar identity: access tokens in stored answers"
_NONCE_BYTES = 12


class Seal:
    """Encrypts texts for the stored answers of one service."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(key))

    @classmethod
    def from_file(cls, path: Path) -> Seal:
        """A seal whose key follows from a secret file. Another file cannot open what this one sealed."""
        return cls(path.read_bytes())

    def close(self, text: str) -> str:
        """The text, unreadable."""
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), _PURPOSE)).decode()

    def open(self, sealed: str) -> str:
        """The text again. AccessTokenNoLongerShown if it was sealed by another key."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _PURPOSE).decode()
        except (InvalidTag, ValueError, binascii.Error):
            raise AccessTokenNoLongerShown from None
