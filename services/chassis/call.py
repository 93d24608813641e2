"""What a method is told about the call besides the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.chassis.errors import Unauthenticated
from services.chassis.identity import CallerKind, Identity


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the method's path, the verified caller, and the raw metadata."""

    method: str
    caller: Identity | None
    metadata: Mapping[str, str | bytes]

    @property
    def identity(self) -> Identity:
        """The caller. Unauthenticated if nobody said who is calling."""
        if self.caller is None:
            raise Unauthenticated("CALLER_UNKNOWN", "this call needs an access token")
        return self.caller

    @property
    def organization_id(self) -> UUID:
        """The organization that the caller acts for; the only source of a query's scope."""
        return self.identity.organization()

    @property
    def is_operator(self) -> bool:
        """Whether an operator of the installation is calling."""
        return self.caller is not None and self.caller.kind is CallerKind.OPERATOR


@dataclass(frozen=True, slots=True)
class StreamCall(Call):
    """A call of a method that streams its answers."""

    answer_metadata: dict[str, str] = field(default_factory=dict)
    """Headers that go out with the first answer; the method writes them before it. An error is answered without."""
