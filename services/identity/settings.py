"""What this service is told."""

from __future__ import annotations

from pydantic import Field

from services.chassis.settings import Settings


class IdentitySettings(Settings):
    """The suite's settings, and where the authorizer listens."""

    authorize_address: str | None = Field(None, description="host:port of the authorizer's gRPC server; none: the same as grpc_address")

    @property
    def authorizer_address(self) -> str:
        """Where `authorize` listens. It is a process of its own, so it may have the same address in a container of its own."""
        return self.authorize_address or self.grpc_address
