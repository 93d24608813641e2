"""Key pairs for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.chassis.identity import IdentitySigner, IdentityVerifier


def signers(folder: Path, issuers: Sequence[str]) -> tuple[dict[str, IdentitySigner], IdentityVerifier]:
    """A signer for each issuer, and a verifier that trusts them all."""
    trust, made = [], {}
    for issuer in issuers:
        key = Ed25519PrivateKey.generate()
        path = folder / f"{issuer}.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        trust.append({"key_id": issuer, "issuer": issuer, "public_key_pem": public})
        made[issuer] = IdentitySigner(path, issuer)
    trust_file = folder / "trust.json"
    trust_file.write_text(json.dumps(trust))
    return made, IdentityVerifier.from_file(trust_file)
