"""Secrets of a stack: made at random once, kept as long as its data, readable by its owner only."""

import json
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

RANDOM_BYTES = 18


class SecretStore:
    """Passwords by name in one file, and a signing key for each service beside it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = directory / "passwords.json"
        self._known: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def password(self, name: str) -> str:
        """The same for a name as long as the directory is kept. URL-safe."""
        if name not in self._known:
            self._known[name] = secrets.token_urlsafe(RANDOM_BYTES)
            write_private(self._file, json.dumps(self._known).encode())
        return self._known[name]

    def signing_key(self, service: str) -> Path:
        """The PEM file of the service's Ed25519 private key."""
        path = self._directory / f"{service}.pem"
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
            write_private(path, key.private_bytes(encoding, form, serialization.NoEncryption()))
        return path

    def trust_file(self, services: list[str]) -> Path:
        """JSON list of `{key_id, issuer, public_key_pem}`: whose signatures the services believe."""
        path = self._directory / "trust.json"
        write_private(path, json.dumps([self._trusted(service) for service in services]).encode())
        return path

    def _trusted(self, service: str) -> dict[str, str]:
        private = serialization.load_pem_private_key(self.signing_key(service).read_bytes(), password=None)
        public = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(public)
        key_id = f"{service}-{digest.finalize().hex()[:12]}"
        return {"key_id": key_id, "issuer": service, "public_key_pem": public.decode()}


def write_private(path: Path, content: bytes) -> None:
    """Replaces the file at once; nobody else may read it, also not for a moment."""
    new = path.with_suffix(f"{path.suffix}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_bytes(content)
    new.replace(path)
