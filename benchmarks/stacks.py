"""The whole suite for benchmarks that need it, with a merchant and one entitled customer; and what its processes cost."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Addresses, Suite
from deploy.demo.edge import Edge
from deploy.local.options import StackOptions
from deploy.local.stack import Stack

ADDRESS = {"country": "FR", "city": "Lyon", "postal_code": "69001", "line1": "1 place Bellecour"}


@dataclass(frozen=True)
class Bench:
    """A running suite with somebody to ask about."""

    stack: Stack
    suite: Suite
    merchant: Edge
    organization_id: str
    product_id: str
    customer_id: str
    benefit_id: str

    @property
    def buyer(self) -> Edge:
        """A browser without a token."""
        return Edge(self.merchant.url, self.merchant.grpc_address, None)

    def open_checkout(self) -> dict[str, Any]:
        """A checkout that needs nothing but its confirmation."""
        body = {
            "product_ids": [self.product_id],
            "currency": "eur",
            "customer_email": f"{uuid4().hex}@example.com",
            "customer_billing_address": ADDRESS,
        }
        return self.merchant.post("checkouts", body)

    def confirm(self, checkout: dict[str, Any], buyer: Edge) -> dict[str, Any]:
        """Pay it."""
        return buyer.post(f"client/checkouts/{checkout['client_secret']}:confirm", {"confirmation_token_id": "pm_card_visa"})


@contextmanager
def running() -> Iterator[Bench]:
    """Start everything on fresh data; gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="bursar-bench-") as folder,
        Stack.start(Path(folder), None, StackOptions(keep_data=False)) as stack,
    ):
        told = stack.description()
        with Suite(Addresses.of(told)) as suite:
            yield _stocked(stack, suite)


def _stocked(stack: Stack, suite: Suite) -> Bench:
    told = stack.description()
    merchant = Edge(told["edge"]["http"], told["edge"]["grpc"], told["access_token"])
    benefit = merchant.post("benefits", {"description": "Everything", "feature_flag": {}})
    price = {"price_currency": "eur", "fixed": {"price_amount": "1000"}}
    home = {"price_currency": "usd", "fixed": {"price_amount": "1000"}}
    product = merchant.post("products", {"name": "Editor", "prices": [price, home]})
    merchant.post(f"products/{product['id']}/benefits", {"benefit_ids": [benefit["id"]]})
    bench = Bench(stack, suite, merchant, told["organization"]["id"], product["id"], "", benefit["id"])
    sold = bench.confirm(bench.open_checkout(), bench.buyer)
    wait_until_quiet(suite, 30.0)
    return Bench(stack, suite, merchant, bench.organization_id, product["id"], sold["customer_id"], benefit["id"])


def cpu_seconds(stack: Stack, names: list[str]) -> dict[str, float]:
    """Processor time of each process with its children, since it started."""
    used = {}
    for name in names:
        process = psutil.Process(stack.process(name).pid)
        family = [process, *process.children(recursive=True)]
        used[name] = sum(_own_seconds(member) for member in family)
    return used


def _own_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
