"""Who may call which method, read from the contracts. A method without an entry is denied to everybody."""

from __future__ import annotations

from dataclasses import dataclass

from bursar.options.v1 import access_pb2
from google.protobuf.descriptor import MethodDescriptor

from services.chassis.errors import Forbidden, Unauthenticated
from services.chassis.identity import CallerKind, Identity


@dataclass(frozen=True, slots=True)
class Access:
    """The callers of one method."""

    method: str
    scope: str = ""
    services: frozenset[str] = frozenset()
    anonymous: bool = False
    operator: bool = False

    def check(self, identity: Identity | None) -> None:
        """Unauthenticated or Forbidden unless the caller fits."""
        if self.anonymous:
            return
        if identity is None or identity.kind is CallerKind.ANONYMOUS:
            raise Unauthenticated("CALLER_UNKNOWN", "this call needs an access token")
        if identity.kind is CallerKind.ORGANIZATION:
            if not self.scope:
                raise Forbidden("METHOD_NOT_ALLOWED", "this call is not open to organizations")
            if not identity.holds(self.scope):
                raise Forbidden("SCOPE_MISSING", f"the access token lacks the scope {self.scope}", details={"scope": self.scope})
        elif identity.kind is CallerKind.SERVICE:
            if identity.actor not in self.services:
                raise Forbidden("METHOD_NOT_ALLOWED", f"this call is not open to the service {identity.actor}")
        elif not self.operator:
            raise Forbidden("METHOD_NOT_ALLOWED", "this call is not open to operators")


def access_of(method: MethodDescriptor) -> Access:
    """What the contract says of a method; nothing said means nobody."""
    options = method.GetOptions()
    entry = options.Extensions[access_pb2.access]
    return Access(
        method=method.full_name,
        scope=entry.scope,
        services=frozenset(entry.services),
        anonymous=entry.anonymous,
        operator=entry.operator,
    )
