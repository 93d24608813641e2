"""What differs between one edge and another; everything else is the same for all."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

# A piece of Envoy's configuration, as it is written to JSON.
Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
JsonObject: TypeAlias = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    @staticmethod
    def parse(text: str) -> "Address":
        """Reads `host:port`."""
        host, separator, port = text.rpartition(":")
        if not separator or not port.isdigit():
            raise ValueError(f"not host:port: {text!r}")
        return Address(host, int(port))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caller may use up. Sizes in bytes, times in seconds."""

    body_bytes: int = 1024 * 1024
    header_kilobytes: int = 16
    header_count: int = 64
    requests_per_second: int = 20_000
    concurrent_streams: int = 100
    connections: int = 10_000
    concurrent_requests: int = 900
    """To one service at a time; more are turned away at once. Above 1000 a gRPC server would cancel some of those that wait."""
    deadline_seconds: int = 20
    """The deadline of a call that brings none, and the most that a call can ask for."""
    stream_seconds: int = 60
    """The same for a call whose answers are streamed: a file takes as long as its reader."""
    stream_idle_seconds: int = 10
    """A stream that rests for so long is broken off."""


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """Where the edge listens and whom it calls. `services` maps the owner of a package to its gRPC address."""

    listen: Address
    admin: Address
    authorizer: Address
    services: dict[str, Address]
    descriptors: Path
    """The file Envoy reads the contracts from."""
    access_log: Path
    limits: Limits = field(default_factory=Limits)
