"""Makes an operator, the demo organization and its access token: what a fresh stack is used with."""

import json
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.local.layout import REPOSITORY
from deploy.local.supervisor import ProcessFailed

SLUG = "demo"
BOOTSTRAP_SECONDS = 30
CALL_SECONDS = 20.0
PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Provisioned:
    """`organization` is `{id, slug}`; the access token is the organization's and has every scope."""

    organization: dict[str, str]
    access_token: str
    operator_token: str


def provision(bootstrap: list[str], environment: Mapping[str, str], edge_url: str) -> Provisioned:
    """`bootstrap` is identity's command that prints JSON with `operator_token`. Repeating it finds what is there."""
    operator_token = _operator_token(bootstrap, environment)
    headers = {"authorization": f"Bearer {operator_token}"}
    with httpx.Client(base_url=edge_url, headers=headers, timeout=CALL_SECONDS) as operator:
        organization = _demo_organization(operator)
        token = _answer(operator.post("/platform/v1/access_tokens", json=_token_request(organization["id"])))
    known = {"id": organization["id"], "slug": organization["slug"]}
    return Provisioned(known, token["token"], operator_token)


def _operator_token(bootstrap: list[str], environment: Mapping[str, str]) -> str:
    ended = subprocess.run(
        bootstrap,
        cwd=REPOSITORY,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=BOOTSTRAP_SECONDS,
    )
    try:
        token: str = json.loads(ended.stdout.strip().splitlines()[-1])["operator_token"]
    except (IndexError, KeyError, TypeError, ValueError):
        said = f"{ended.stdout}{ended.stderr}"
        raise ProcessFailed(f"{' '.join(bootstrap)} printed no operator_token:\n{said}") from None
    return token


def _demo_organization(operator: httpx.Client) -> dict[str, Any]:
    """Found by its slug when it was made before."""
    page_token = ""
    while True:
        query = {"page_size": str(PAGE_SIZE), "page_token": page_token}
        page = _answer(operator.get("/platform/v1/organizations", params=query))
        for organization in page["organizations"]:
            if organization["slug"] == SLUG:
                return dict(organization)
        page_token = page["next_page_token"]
        if not page_token:
            return _answer(operator.post("/platform/v1/organizations", json=_organization_request()))


def _organization_request() -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "name": "Demo",
        "slug": SLUG,
        "mode": "ORGANIZATION_MODE_SANDBOX",
        "country": "US",
        "default_presentment_currency": "usd",
        "settings": {"invoice_prefix": "DEMO"},
    }


def _token_request(organization_id: str) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "organization_id": organization_id,
        "comment": "local stack",
        "scopes": ["*"],
    }


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.is_error:
        request = response.request
        raise ProcessFailed(f"{request.method} {request.url} answered {response.status_code}: {response.text}")
    return dict(response.json())
