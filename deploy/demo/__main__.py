"""Starts the real suite with fresh data, plays a merchant's day and a subscription's year through its edge, and checks every invariant.

    python -m deploy.demo [--keep-running] [--directory var/demo]

Exit status 1 if an expectation of a scene or an invariant is broken.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from rich.console import Console

from deploy.audit.invariants import audit
from deploy.audit.quiet import NotQuiet, wait_until_quiet
from deploy.audit.suite import Addresses, Suite
from deploy.demo import catalog, show, year
from deploy.demo.edge import CallMade, Edge, EdgeError
from deploy.demo.flow import flows
from deploy.demo.scenes import Outcome, Stage, scenes
from deploy.local.layout import REPOSITORY, Layout
from deploy.local.options import StackOptions
from deploy.local.plan import Outside
from deploy.local.stack import Stack

application = typer.Typer(add_completion=False, help=__doc__)


@application.command()
def demo(
    directory: Annotated[Path, typer.Option("--directory", help="Where data and logs go; data of earlier runs is forgotten.")] = REPOSITORY
    / "var"
    / "demo",
    keep_running: Annotated[bool, typer.Option("--keep-running", help="Leave the suite up afterwards, until Ctrl-C.")] = False,
) -> None:
    """Play the day."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    console = Console(width=max(140, Console().width))
    Layout(directory.resolve()).wipe()
    try:
        with Stack.start(directory, None, StackOptions(outside=Outside.of(os.environ))) as stack:
            sound = play(console, stack)
            if keep_running:
                console.print(f"still up: {stack.description()['edge']['http']} – Ctrl-C stops it")
                threading.Event().wait()
    except KeyboardInterrupt:
        raise typer.Exit(1) from None
    except (RuntimeError, NotQuiet, EdgeError) as error:
        console.print(f"[bold red]{error}")
        raise typer.Exit(1) from error
    raise typer.Exit(0 if sound else 1)


def play(console: Console, stack: Stack) -> bool:
    """All scenes and the verdict. Whether everything is as it should be."""
    told = stack.description()
    operator = Edge(told["edge"]["http"], told["edge"]["grpc"], told["operator_token"])
    organization, token = _merchant(operator)
    merchant = Edge(operator.url, operator.grpc_address, token)
    buyer = Edge(operator.url, operator.grpc_address, None)
    with Suite(Addresses.of(told)) as suite:

        def settle() -> None:
            wait_until_quiet(suite, 30.0)

        stage = Stage(merchant, buyer, catalog.stock(merchant), told["simulator"]["url"], settle)
        settle()
        merchant.calls.clear()
        sound = True
        for title, scene in scenes():
            since = datetime.now(UTC)
            outcome = _act(scene, stage)
            settle()
            show.heading(console, title)
            show.calls(console, _calls_of_the_scene(stage))
            show.facts(console, flows(suite, UUID(organization), since))
            _books(console, stage, outcome)
            show.expectations(console, outcome.expectations)
            sound = sound and all(true for _, true in outcome.expectations)
        sound = _year(console, operator, buyer, stage.simulator_url) and sound
        settle()
        return _verdict(console, suite, operator) and sound


def _act(scene: Callable[[Stage], Outcome], stage: Stage) -> Outcome:
    try:
        return scene(stage)
    except EdgeError as error:
        outcome = Outcome()
        outcome.expect(f"no call fails, but: {error} {error.reason}", False)
        return outcome


def _year(console: Console, operator: Edge, buyer: Edge, simulator_url: str) -> bool:
    """A year in the life of a subscription, in seconds. Whether everything went as it should."""
    show.heading(console, "A year in the life of a subscription, on a sandbox's clock")
    life = year.begin(operator, buyer, simulator_url)
    sound, shown = True, dict[str, str]()
    for title, step in year.steps():
        life.expectations.clear()
        life.counts.clear()
        try:
            step(life)
        except EdgeError as error:
            life.expect(f"no call fails, but: {error} {error.reason}", False)
        console.print(f"[bold]{title}")
        show.happenings(console, life.counts)
        for order in life.orders() if life.subscription_id else []:
            if shown.get(order["id"]) != order["status"]:
                show.order_lines(console, order)
            shown[order["id"]] = order["status"]
        show.expectations(console, life.expectations)
        sound = sound and all(true for _, true in life.expectations)
    show.year_at_a_glance(console, life.orders())
    return sound


def _merchant(operator: Edge) -> tuple[str, str]:
    """A Dutch merchant that sells in euros; the id and an access token with every scope."""
    organization = operator.post(
        "organizations",
        {
            "name": "Atelier Oranje",
            "slug": f"atelier-{uuid4().hex[:8]}",
            "country": "NL",
            "default_presentment_currency": "eur",
            "settings": {"invoice_prefix": "ATL", "invoice_numbering": "INVOICE_NUMBERING_ORGANIZATION"},
        },
    )
    token = operator.post("access_tokens", {"organization_id": organization["id"], "comment": "demo", "scopes": ["*"]})
    return organization["id"], token["token"]


def _calls_of_the_scene(stage: Stage) -> list[CallMade]:
    made = sorted([*stage.merchant.calls, *stage.buyer.calls], key=lambda call: call.started)
    stage.merchant.calls.clear()
    stage.buyer.calls.clear()
    return made


def _books(console: Console, stage: Stage, outcome: Outcome) -> None:
    for order_id in outcome.order_ids:
        order = stage.merchant.get(f"orders/{order_id}")
        show.order(console, order)
        show.ledger_entries(console, _transactions(stage, order_id))
        show.grants(console, stage.merchant.get("benefit_grants", customer_id=order["customer_id"])["benefit_grants"])
    stage.merchant.calls.clear()


def _transactions(stage: Stage, order_id: str) -> list[dict[str, Any]]:
    """The order's own, and those of its payments."""
    payments = stage.merchant.get("payments", order_id=order_id)["payments"]
    sources = [order_id, *(payment["id"] for payment in payments)]
    return [found for source in sources for found in stage.merchant.get("ledger/transactions", source_id=source)["transactions"]]


def _verdict(console: Console, suite: Suite, operator: Edge) -> bool:
    show.heading(console, "The verdict")
    balance = operator.get("ledger/trial_balance")
    show.trial_balance(console, balance)
    booked = {line["currency"]: int(line["balance_amount"]) for line in balance["lines"] if line["kind"] == "ACCOUNT_KIND_CLEARING"}
    held = suite.processor_totals("bursar_order_id")["currencies"]
    show.clearing(console, booked, {currency: sums["net_amount"] for currency, sums in held.items()})
    found = audit(suite)
    show.verdicts(console, found)
    sound = not any(verdict.problems for verdict in found)
    console.print("[bold green]Everything holds." if sound else "[bold red]Something is broken.")
    return sound


if __name__ == "__main__":
    application()
