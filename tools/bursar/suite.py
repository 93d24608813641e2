"""The suite by REST: where it is, as whom one calls, and what its errors mean for whoever sits in front of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

STACK_FILE = Path(__file__).parents[2] / "var" / "stack.json"
_CALL_SECONDS = 25.0
"""The edge itself answers within 20."""
_TO_DO: dict[int | str, str] = {
    "ORGANIZATION_NOT_SANDBOX": "give the access token of a sandbox by --token or BURSAR_SANDBOX_TOKEN",
    401: "the access token is not good (any more): give another by --token or BURSAR_SANDBOX_TOKEN",
    503: "the suite is starting, or a part of it is away: see `make status`",
}


class SuiteError(Exception):
    """What to tell whoever sits in front of it."""

    def __init__(self, message: str, *, reason: str = "", passing: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.passing = passing
        """Whether the same call may succeed later."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where the edge is and by which token one calls."""

    url: str
    token: str


def find_access(url: str | None, token: str | None, environment: Mapping[str, str] = os.environ, stack_file: Path = STACK_FILE) -> Access:
    """Options before variables before what `make up` wrote. SuiteError if something is missing."""
    stack = _stack(stack_file)
    local_url = stack.get("edge", {}).get("http")
    found_url = url or environment.get("BURSAR_EDGE_URL") or local_url
    if not found_url:
        raise SuiteError("no suite is running here: start one with `make up-detached`, or say where one is by --url or BURSAR_EDGE_URL")
    if not found_url.startswith(("http://", "https://")):
        raise SuiteError(f"{found_url} is not an address such as http://127.0.0.1:8080")
    token = token or environment.get("BURSAR_SANDBOX_TOKEN")
    if not token and found_url == local_url:
        token = stack.get("sandbox", {}).get("access_token")
    token = token or environment.get("BURSAR_ACCESS_TOKEN")
    if not token:
        raise SuiteError("give the access token of a sandbox by --token or BURSAR_SANDBOX_TOKEN")
    if not (token.isascii() and token.isprintable()):
        raise SuiteError("this is not an access token: it has characters that no token has")
    return Access(found_url.rstrip("/"), token)


class Suite:
    """Calls the edge. Every error is a SuiteError."""

    def __init__(self, access: Access, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"authorization": f"Bearer {access.token}"}
        self._url = access.url
        self._client = httpx.Client(base_url=access.url, headers=headers, timeout=_CALL_SECONDS, transport=transport)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self._answer("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
        """`seconds`: what the suite has for its answer."""
        return self._answer("POST", path, json=dict(body), headers={"grpc-timeout": f"{round(seconds * 1000)}m"})

    def _answer(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **given)
        except httpx.HTTPError as error:
            what = "does not answer" if isinstance(error, httpx.TransportError) else "cannot be called"
            raise SuiteError(
                f"{self._url} {what} ({error}): is the suite running? See `make status`; start it with `make up-detached`", passing=True
            ) from None
        if response.is_success:
            return dict(response.json())
        raise _refusal(response)


def _refusal(response: httpx.Response) -> SuiteError:
    try:
        body = response.json()
        message = str(body.get("message", ""))
        reason = next((str(detail["reason"]) for detail in body.get("details", ()) if "reason" in detail), "")
    except (ValueError, AttributeError, TypeError):
        message, reason = response.text[:200], ""
    passing = response.status_code in (429, 502, 503, 504)
    said = ": ".join(part for part in (reason, message) if part) or f"the edge answered {response.status_code}"
    to_do = _TO_DO.get(reason) or _TO_DO.get(response.status_code)
    return SuiteError(f"{said}\n{to_do}" if to_do else said, reason=reason, passing=passing)


def _stack(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError):
        return {}
