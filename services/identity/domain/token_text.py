"""The text of a token: `bursar_oat_<id>_<secret><checksum>`, or `bursar_opt_…` for an operator's.

The prefix is for people and secret scanners, the id finds the row, the secret is 32 random bytes. The checksum is no protection;
it tells mistyped and made-up tokens apart from real ones without asking the database.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from uuid import UUID

SECRET_BYTES = 32
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_DIGITS = 43
_CHECKSUM_DIGITS = 6
_TEXT = re.compile(rf"bursar_(oat|opt)_([0-9a-f]{{32}})_[0-9A-Za-z]{{{_SECRET_DIGITS + _CHECKSUM_DIGITS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TokenName:
    """Which token a text claims to be; only the hash proves it."""

    id: UUID
    of_operator: bool


def token_text(name: TokenName, secret: bytes) -> str:
    """The whole text. `secret` is SECRET_BYTES long."""
    assert len(secret) == SECRET_BYTES
    kind = "opt" if name.of_operator else "oat"
    body = f"bursar_{kind}_{name.id.hex}_{_base62(int.from_bytes(secret), _SECRET_DIGITS)}"
    return body + _checksum(body)


def read_token(text: str) -> TokenName | None:
    """What the text claims to be; None if it is no token, or its checksum is wrong."""
    match = _TEXT.fullmatch(text)
    if match is None or _checksum(text[:-_CHECKSUM_DIGITS]) != text[-_CHECKSUM_DIGITS:]:
        return None
    return TokenName(UUID(match[2]), match[1] == "opt")


def token_hash(text: str) -> bytes:
    """SHA-256 of the whole text: a fast hash is right for a secret of 256 random bits."""
    return hashlib.sha256(text.encode()).digest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_DIGITS)


def _base62(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 62)
        text = _ALPHABET[digit] + text
    return text
