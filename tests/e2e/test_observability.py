"""What an operator can see of a purchase, and what nobody may see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.e2e.contracts import ROOT
from tests.e2e.merchants import Merchant, found_merchant, http_client
from tests.e2e.world import checkout, product

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OF_ONE_CALL = {"checkout", "payments"}
"""The services in which a confirm writes facts itself; the others react, in batches and in traces of their own."""

LONGEST_PATH = 24
"""What the edge logs of a path that it does not know; a secret would begin behind it."""

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Watched:
    """A purchase, and everything in it that is nobody's business."""

    order_id: str
    checkout_id: str
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def watched(stack: Stack, suite: Suite) -> Watched:
    merchant = found_merchant(stack, "watched")
    license_benefit = merchant.post("benefits", description="License", license_keys={})
    item = product(merchant, 1_000)
    merchant.post(f"products/{item['id']}/benefits", benefit_ids=[license_benefit["id"]])
    email, name, line = f"{uuid4().hex}@example.com", f"Ada {uuid4().hex}", f"{uuid4().hex} street"
    address = {"country": "FR", "line1": line}
    cart = checkout(merchant, item["id"], customer_email=email, customer_name=name, customer_billing_address=address)
    traced = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-00"}
    path = f"client/checkouts/{cart['client_secret']}"
    body = {"request_id": str(uuid4()), "confirmation_token_id": "pm_card_visa"}
    done = merchant.buyer().rest("POST", f"{path}:confirm", json=body, headers=traced).json()
    _go_wrong(merchant, path, email)
    for _ in range(300):
        merchant.rest("GET", "/healthz")  # the edge writes its log in blocks of 64 KiB
    wait_until_quiet(suite, 30.0)
    key = merchant.get("license_keys", customer_id=done["customer_id"])["license_keys"][0]["key"]
    passwords: dict[str, str] = json.loads((stack.layout.secrets / "passwords.json").read_text())
    secrets = {
        "e-mail": email,
        "name": name,
        "address": line,
        "client secret": cart["client_secret"],
        "access token": merchant.token.rsplit("_", 1)[1],
        "operator token": stack.description()["operator_token"].rsplit("_", 1)[1],
        "license key": key,
        "card": "pm_card_visa",
        "card number": "4242424242424242",
        "signed identity": "eyJ",
        **{f"password of {name}": value for name, value in passwords.items()},
    }
    return Watched(done["order_id"], done["id"], secrets)


def _go_wrong(merchant: Merchant, path: str, email: str) -> None:
    """Refusals are logged, and must say no more than successes."""
    merchant.buyer().rest("POST", f"{path}:confirm", json={"request_id": str(uuid4()), "change": {"customer_email": email + "\0"}})
    merchant.buyer().rest("PUT", path)
    merchant.buyer().rest("GET", f"{path}?no_such={email}")
    merchant.rest("POST", "customers", json={"request_id": "again", "email": email})
    merchant.rest("GET", f"customers/{email}")
    merchant.rest("GET", "customers", params={"email": email, "page_size": "many"})
    merchant.rest("GET", f"license_keys/{email}", headers={"authorization": f"Bearer {merchant.token}x"})


def test_the_facts_of_one_confirm_carry_its_trace(watched: Watched, suite: Suite) -> None:
    facts = {
        service: suite.rows(service, "select type, traceparent from outbox where traceparent like %(trace)s", trace=f"00-{TRACE}-%")
        for service in suite.services
    }
    types = {f"{service}: {row['type']}" for service, rows in facts.items() for row in rows}
    assert {service for service, rows in facts.items() if rows} >= OF_ONE_CALL
    assert {"checkout: order.created", "checkout: order.paid", "checkout: checkout.succeeded", "payments: payment.succeeded"} <= types


def test_every_fact_carries_a_trace(watched: Watched, suite: Suite) -> None:
    for service in suite.services:
        rows = suite.rows(service, "select type, traceparent from outbox")
        assert [row["type"] for row in rows if not _TRACEPARENT.fullmatch(row["traceparent"] or "")] == [], service


def metrics_addresses(stack: Stack) -> Iterator[tuple[str, str]]:
    yield from ((name, endpoint.metrics) for name, endpoint in stack.plan.endpoints.items())


def families(address: str) -> Iterator[Metric]:
    """Every metric of a process, also one that has nothing to tell yet."""
    answer = http_client(f"http://{address}").get("/metrics").raise_for_status()
    yield from text_string_to_metric_families(answer.text)


def test_every_process_tells_of_itself(watched: Watched, stack: Stack) -> None:
    for name, address in metrics_addresses(stack):
        names = {family.name for family in families(address)}
        assert any(family.startswith("bursar_") for family in names), name
        if name in stack.description()["services"]:
            assert {"bursar_rpc_requests", "bursar_rpc_duration_seconds", "bursar_outbox_pending", "bursar_dead_letters"} <= names, name


def test_what_operators_are_told_to_watch_is_there(watched: Watched, stack: Stack) -> None:
    documented = set(re.findall(r"`(bursar_[a-z_]+)`", (ROOT / "docs" / "operators.md").read_text()))
    assert len(documented) >= 4
    found = [family for _, address in metrics_addresses(stack) for family in families(address)]
    assert documented <= {f"{family.name}_total" if family.type == "counter" else family.name for family in found}


def test_no_series_names_an_organization_or_anybody(watched: Watched, stack: Stack) -> None:
    for name, address in metrics_addresses(stack):
        for sample in [sample for family in families(address) for sample in family.samples]:
            assert not {"organization", "organization_id", "org", "customer", "customer_id"} & set(sample.labels), f"{name}: {sample}"
            assert not _UUID.search(" ".join(sample.labels.values())), f"{name}: {sample}"


def logs(stack: Stack) -> list[Path]:
    """Of our processes and of the edge; the simulator and its log are Stripe's side."""
    return [path for path in sorted(stack.layout.logs.glob("*.log")) if path.stem != "simulator"]


def test_no_log_tells_a_secret_or_a_person(watched: Watched, stack: Stack) -> None:
    found = []
    for path in logs(stack):
        text = path.read_text(errors="replace")
        found += [f"{path.name}: {what}" for what, secret in watched.secrets.items() if secret in text]
    assert found == []


def test_a_failed_call_is_in_the_log_as_one_line_of_json(watched: Watched, stack: Stack) -> None:
    lines = [line for line in (stack.layout.logs / "checkout.log").read_text().splitlines() if line.startswith("{")]
    calls = [line for line in map(json.loads, lines) if line.get("msg") == "rpc"]
    assert any(line["code"] == "INVALID_ARGUMENT" and line["rpc"].startswith("/bursar.checkout.v1.") for line in calls)
    assert all({"ts", "level", "svc"} <= set(line) for line in calls)


def test_the_edge_logs_methods_and_of_other_paths_only_the_beginning(watched: Watched, stack: Stack) -> None:
    text = "".join(path.read_text(errors="replace") for path in logs(stack) if path.stem.startswith("edge"))
    paths = set(re.findall(r'"path":"([^"]*)"', text))
    assert "/bursar.checkout.v1.CheckoutClientService/ConfirmClientCheckout" in paths
    assert [path for path in paths if not path.startswith("/bursar.") and len(path) > LONGEST_PATH] == []
