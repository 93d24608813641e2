"""Makes an operator, a live and a sandbox organization and their access tokens: what a fresh stack is used with."""

import json
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.local.layout import REPOSITORY
from deploy.local.supervisor import ProcessFailed

LIVE, SANDBOX = "demo", "demo-sandbox"
BOOTSTRAP_SECONDS = 30
CALL_SECONDS = 20.0
PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Provisioned:
    """`organization` is `{id, slug}`, live; `sandbox` is `{organization_id, access_token}`. Access tokens have every scope."""

    organization: dict[str, str]
    access_token: str
    operator_token: str
    sandbox: dict[str, str]


def provision(bootstrap: list[str], environment: Mapping[str, str], edge_url: str) -> Provisioned:
    """`bootstrap` is identity's command that prints JSON with `operator_token`. Repeating it finds what is there."""
    operator_token = _operator_token(bootstrap, environment)
    headers = {"authorization": f"Bearer {operator_token}"}
    with httpx.Client(base_url=edge_url, headers=headers, timeout=CALL_SECONDS) as operator:
        known = _organizations(operator)
        live = known.get(LIVE) or _made(operator, LIVE)
        sandbox = known.get(SANDBOX) or _made(operator, SANDBOX)
        return Provisioned(
            organization={"id": live, "slug": LIVE},
            access_token=_token(operator, live),
            operator_token=operator_token,
            sandbox={"organization_id": sandbox, "access_token": _token(operator, sandbox)},
        )


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


def _organizations(operator: httpx.Client) -> dict[str, str]:
    """Ids of ours that were made before, by their slugs."""
    found: dict[str, str] = {}
    page_token = ""
    while True:
        query = {"page_size": str(PAGE_SIZE), "page_token": page_token}
        page = _answer(operator.get("/platform/v1/organizations", params=query))
        found |= {each["slug"]: each["id"] for each in page["organizations"] if each["slug"] in (LIVE, SANDBOX)}
        page_token = page["next_page_token"]
        if not page_token or len(found) == 2:
            return found


def _made(operator: httpx.Client, slug: str) -> str:
    request = {
        "request_id": str(uuid.uuid4()),
        "name": "Demo" if slug == LIVE else "Demo sandbox",
        "slug": slug,
        "mode": "ORGANIZATION_MODE_LIVE" if slug == LIVE else "ORGANIZATION_MODE_SANDBOX",
        "country": "US",
        "default_presentment_currency": "usd",
        "settings": {"invoice_prefix": "DEMO"},
    }
    organization_id: str = _answer(operator.post("/platform/v1/organizations", json=request))["id"]
    return organization_id


def _token(operator: httpx.Client, organization_id: str) -> str:
    request = {"request_id": str(uuid.uuid4()), "organization_id": organization_id, "comment": "local stack", "scopes": ["*"]}
    token: str = _answer(operator.post("/platform/v1/access_tokens", json=request))["token"]
    return token


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.is_error:
        request = response.request
        raise ProcessFailed(f"{request.method} {request.url} answered {response.status_code}: {response.text}")
    return dict(response.json())
