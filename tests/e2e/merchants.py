"""Organizations to test with, and calls through the edge in their name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import grpc
import httpx

from deploy.local.stack import Stack

PLATFORM = "/platform/v1/"


@cache
def http_client(url: str) -> httpx.Client:
    """One pool of connections for a server."""
    return httpx.Client(base_url=url, timeout=30.0, limits=httpx.Limits(max_connections=64, max_keepalive_connections=64))


@cache
def channel(edge_grpc: str, number: int = 0) -> grpc.Channel:
    """One gRPC connection to an edge; another one for another `number`."""
    return grpc.insecure_channel(edge_grpc, options=[("grpc.use_local_subchannel_pool", 1), ("bursar.number", number)])


@dataclass(frozen=True)
class Merchant:
    """An organization with an access token."""

    organization_id: UUID
    token: str
    edge_url: str
    edge_grpc: str

    def rest(self, verb: str, path: str, **how: Any) -> httpx.Response:
        """One REST call; `path` without /platform/v1/ unless it begins with a slash."""
        headers = {**dict(self.metadata()), **how.pop("headers", {})}
        return http_client(self.edge_url).request(verb, path if path.startswith("/") else PLATFORM + path, headers=headers, **how)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """POST that has to succeed."""
        return _answer(path, self.rest("POST", path, json={"request_id": str(uuid4()), **body}))

    def patch(self, path: str, **body: Any) -> dict[str, Any]:
        """PATCH of the fields given, which has to succeed."""
        mask = ",".join(body)
        return _answer(path, self.rest("PATCH", path, json={"request_id": str(uuid4()), "update_mask": mask, **body}))

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """GET that has to succeed."""
        return _answer(path, self.rest("GET", path, params=query))

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """For gRPC calls."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()

    def channel(self, number: int = 0) -> grpc.Channel:
        """To the edge."""
        return channel(self.edge_grpc, number)

    def buyer(self) -> Merchant:
        """Somebody without a token."""
        return Merchant(self.organization_id, "", self.edge_url, self.edge_grpc)


def _answer(path: str, response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
    return dict(response.json())


def operator(stack: Stack) -> Merchant:
    """Who runs the installation: makes organizations, and belongs to none."""
    told = stack.description()
    return Merchant(UUID(int=0), told["operator_token"], told["edge"]["http"], told["edge"]["grpc"])


def found_merchant(stack: Stack, name: str, **settings: Any) -> Merchant:
    """A fresh organization that sells in euros from the Netherlands."""
    founder = operator(stack)
    organization = founder.post(
        "organizations",
        name=f"The {name}",
        slug=f"{name}-{uuid4().hex[:8]}",
        country="NL",
        default_presentment_currency="eur",
        settings={"invoice_numbering": "INVOICE_NUMBERING_ORGANIZATION", "allow_multiple_subscriptions": True, **settings},
    )
    token = founder.post("access_tokens", organization_id=organization["id"], comment=name, scopes=["*"])
    return Merchant(UUID(organization["id"]), token["token"], founder.edge_url, founder.edge_grpc)


def found_sandbox(stack: Stack, **fields: Any) -> Merchant:
    """A fresh organization in the Netherlands with a clock of its own, and a token for everything."""
    founder = operator(stack)
    given = {"name": "A sandbox", "slug": f"sandbox-{uuid4().hex[:12]}", "country": "NL", "mode": "ORGANIZATION_MODE_SANDBOX"}
    organization = founder.post("organizations", **given, **fields)
    token = founder.post("access_tokens", organization_id=organization["id"], comment="clock", scopes=["*"])
    return Merchant(UUID(organization["id"]), token["token"], founder.edge_url, founder.edge_grpc)


@cache
def sandbox(stack: Stack, number: int = 0) -> Merchant:
    """One shared by all tests that only ask about clocks; another one for another `number`."""
    return found_sandbox(stack, default_presentment_currency="eur")
