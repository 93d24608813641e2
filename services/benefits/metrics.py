"""What an operator watches."""

from __future__ import annotations

from prometheus_client import Gauge

GRANTS_MISMATCH = Gauge("bursar_grants_mismatch", "Sources whose grants were not what they should be, in the last sweep; should be 0.")
