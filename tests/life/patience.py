"""Calls through an edge whose services may be away for a while: the same request, with the same id, until it is answered."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.merchants import Merchant

Json = dict[str, Any]
_PAUSE_SECONDS = 0.05
_WORTH_RETRYING = frozenset((429, 499, 502, 503, 504))
_ABORTED = 10


def post(caller: Merchant, path: str, body: Json, seconds: float = 60.0) -> Json:
    """The answer; AssertionError for a refusal, or when none came in time."""
    request, told = {"request_id": str(uuid4()), **body}, "nothing was answered"
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            response = caller.rest("POST", path, json=request)
        except httpx.TransportError as error:
            told = repr(error)
        else:
            if response.status_code == 200:
                return dict(response.json())
            told = f"{response.status_code} {response.text}"
            aborted = response.status_code == 409 and response.json().get("code") == _ABORTED
            assert aborted or response.status_code in _WORTH_RETRYING, f"{path}: {told}"
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError(f"{path}: {told}, for {seconds:.0f} s")
