"""Where the services' wall time goes, by their own counters: in the database, at the broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

_COUNTERS = ("bursar_consumer_seconds", "bursar_relay_seconds", "bursar_stripe_call_seconds")


def seconds_spent(stack: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Seconds since the start by service and stage: `react`, `read and ack`, `relay in the database`, `relay at the broker`,
    `calls to Stripe`. `stack` is the content of stack.json."""
    found: dict[tuple[str, str], float] = {}
    for service, told in stack["services"].items():
        text = httpx.get(f"http://{told['metrics']}/metrics", timeout=10.0).raise_for_status().text
        for family in text_string_to_metric_families(text):
            if family.name not in _COUNTERS:
                continue
            for sample in family.samples:
                if sample.name.endswith(("_total", "_sum")):
                    key = service, _stage(family.name, sample.labels.get("part", ""))
                    found[key] = found.get(key, 0.0) + sample.value
    return found


def difference(after: Mapping[tuple[str, str], float], before: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """What was spent between two looks."""
    return {key: seconds - before.get(key, 0.0) for key, seconds in after.items()}


def _stage(counter: str, part: str) -> str:
    if counter == "bursar_stripe_call_seconds":
        return "calls to Stripe"
    if counter == "bursar_relay_seconds":
        return "relay at the broker" if part == "broker" else "relay in the database"
    return "react" if part == "react" else "read and ack"
