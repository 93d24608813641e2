"""Who is calling: a short-lived signed identity that every service verifies itself.

`identity` signs for callers from outside; each service signs for itself. The text is a JWT (EdDSA, RFC 8037), sent as metadata
`x-bursar-identity`. Verified texts are remembered until they expire, because a signature costs more than the rest of a call.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jwt.types import Options

from services.chassis.errors import Forbidden, Unauthenticated

METADATA_KEY = "x-bursar-identity"
LIFETIME_SECONDS = 300
EDGE_ISSUER = "identity"
_AUDIENCE = "bursar"
_REMEMBERED = 10_000
_REQUIRED: Options = {"require": ["exp", "iat", "sub"]}


class CallerKind(StrEnum):
    """What sort of caller it is."""

    ORGANIZATION = "organization"
    SERVICE = "service"
    OPERATOR = "operator"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified caller."""

    kind: CallerKind
    actor: str
    """The token's id or the service's name, for logs and audit."""
    organization_id: UUID | None = None
    scopes: frozenset[str] = frozenset()

    def holds(self, scope: str) -> bool:
        """Whether the caller has a scope; `*` stands for all."""
        return scope in self.scopes or "*" in self.scopes

    def organization(self) -> UUID:
        """The organization that the caller acts for. Forbidden without one."""
        if self.organization_id is None:
            raise Forbidden("ORGANIZATION_REQUIRED", "this call needs a caller that acts for an organization")
        return self.organization_id


class IdentitySigner:
    """Signs identities with one service's key."""

    def __init__(self, key_file: Path, issuer: str) -> None:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{key_file.name} is not an Ed25519 key")
        self._key = key
        self._issuer = issuer
        self._own: OrderedDict[UUID | None, tuple[str, float]] = OrderedDict()

    def sign(self, identity: Identity, *, now: float | None = None) -> str:
        """The signed text, valid for LIFETIME_SECONDS."""
        issued = int(time.time() if now is None else now)
        claims: dict[str, object] = {
            "iss": self._issuer,
            "aud": _AUDIENCE,
            "iat": issued,
            "exp": issued + LIFETIME_SECONDS,
            "sub": identity.actor,
            "kind": identity.kind.value,
        }
        if identity.organization_id:
            claims["org"] = str(identity.organization_id)
        if identity.scopes:
            claims["scope"] = " ".join(sorted(identity.scopes))
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._issuer})

    def own(self, organization_id: UUID | None) -> str:
        """This service's identity acting for an organization, signed anew when half its life is over."""
        known = self._own.get(organization_id)
        now = time.time()
        if known and known[1] > now:
            return known[0]
        text = self.sign(Identity(CallerKind.SERVICE, self._issuer, organization_id))
        self._own[organization_id] = (text, now + LIFETIME_SECONDS / 2)
        self._own.move_to_end(organization_id)
        if len(self._own) > _REMEMBERED:
            self._own.popitem(last=False)
        return text


class IdentityVerifier:
    """Verifies identities against the keys it was told to trust."""

    def __init__(self, trusted: Mapping[str, Ed25519PublicKey]) -> None:
        self._trusted = trusted
        self._verified: OrderedDict[str, tuple[Identity, float]] = OrderedDict()

    @classmethod
    def from_file(cls, path: Path) -> IdentityVerifier:
        """Read a trust file: a JSON list of {key_id, issuer, public_key_pem}."""
        trusted: dict[str, Ed25519PublicKey] = {}
        for entry in json.loads(path.read_text()):
            key = load_pem_public_key(entry["public_key_pem"].encode())
            if not isinstance(key, Ed25519PublicKey):
                raise ValueError(f"the key of {entry['issuer']} is not an Ed25519 key")
            trusted[entry["issuer"]] = key
        return cls(trusted)

    def verify(self, text: str) -> Identity:
        """The caller that the text names. Unauthenticated if it is expired, forged or signed by a stranger."""
        known = self._verified.get(text)
        if known is not None:
            if known[1] > time.time():
                return known[0]
            del self._verified[text]
        identity, expires = self._check(text)
        self._verified[text] = (identity, expires)
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)
        return identity

    def _check(self, text: str) -> tuple[Identity, float]:
        try:
            issuer = str(jwt.get_unverified_header(text)["kid"])
            claims = jwt.decode(
                text,
                self._trusted[issuer],
                algorithms=["EdDSA"],
                audience=_AUDIENCE,
                issuer=issuer,
                options=_REQUIRED,
            )
            kind = CallerKind(claims["kind"])
            # Only `identity` speaks for others; a service speaks for itself alone.
            if issuer != EDGE_ISSUER and not (kind is CallerKind.SERVICE and claims["sub"] == issuer):
                raise ValueError("a service may only sign its own identity")
            organization = claims.get("org")
            identity = Identity(
                kind, claims["sub"], UUID(organization) if organization else None, frozenset(claims.get("scope", "").split())
            )
        except (jwt.PyJWTError, KeyError, ValueError):
            raise Unauthenticated("IDENTITY_INVALID", "the caller's identity is missing, expired or not signed by the suite") from None
        return identity, float(claims["exp"])
