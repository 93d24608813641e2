"""What is measured of the books."""

from __future__ import annotations

from prometheus_client import Gauge

IMBALANCE = Gauge("bursar_ledger_imbalance_minor_units", "What a currency's balances add up to; anything but 0 is an alarm.", ("currency",))
FINDINGS = Gauge("bursar_ledger_audit_findings", "What the last audit found.")
