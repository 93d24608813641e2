"""The two ways in: REST with a token, as with curl, and gRPC with the generated client."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import grpc
import httpx


@dataclass(frozen=True, slots=True)
class CallMade:
    """One call for the table: what, how it ended, how long it took."""

    what: str
    outcome: str
    milliseconds: float
    started: float


class EdgeError(Exception):
    """The edge said no; `body` is the error as JSON: code, message, details."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status}: {body.get('message')}")
        self.status = status
        self.body = body

    @property
    def reason(self) -> str:
        """The stable reason, e.g. `DISCOUNT_EXHAUSTED`."""
        return next((str(detail["reason"]) for detail in self.body.get("details", ()) if "reason" in detail), "")


@dataclass
class Edge:
    """Calls through Envoy, remembered for the tables."""

    url: str
    grpc_address: str
    token: str | None
    calls: list[CallMade] = field(default_factory=list)

    def __post_init__(self) -> None:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=30.0)
        self._channel = grpc.insecure_channel(self.grpc_address)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """GET /platform/v1/…"""
        return self._send("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, request_id: str | None = None) -> dict[str, Any]:
        """POST with a fresh request id unless one is given."""
        return self._send("POST", path, json={"request_id": request_id or str(uuid4()), **(body or {})})

    def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST of a question, which changes nothing and so has no request id."""
        return self._send("POST", path, json=body)

    def grpc(self, stub_type: Any, method: str, request: Any) -> Any:
        """Call a method of a generated stub."""
        metadata = (("authorization", f"Bearer {self.token}"),) if self.token else ()
        started = time.perf_counter()
        service = stub_type.__name__.removesuffix("Stub")
        answer = getattr(stub_type(self._channel), method)(request, timeout=10.0, metadata=metadata)
        self._remember(f"gRPC {service}/{method}", "OK", started)
        return answer

    def close(self) -> None:
        self._http.close()
        self._channel.close()

    def _send(self, verb: str, path: str, **how: Any) -> dict[str, Any]:
        started = time.perf_counter()
        response = self._http.request(verb, f"/platform/v1/{path}", **how)
        self._remember(f"{verb} /platform/v1/{_short(path)}", str(response.status_code), started)
        if response.is_error:
            raise EdgeError(response.status_code, response.json())
        return dict(response.json())

    def _remember(self, what: str, outcome: str, started: float) -> None:
        self.calls.append(CallMade(what, outcome, (time.perf_counter() - started) * 1000, started))


def _short(path: str) -> str:
    """Ids and secrets cut to their beginning, so that a row stays a row."""
    return "/".join(f"{part[:8]}…{_verb(part)}" if len(part) > 24 else part for part in path.split("/"))


def _verb(part: str) -> str:
    return f":{part.rsplit(':', 1)[1]}" if ":" in part else ""
