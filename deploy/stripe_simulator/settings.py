"""What a run of the simulator can be told; every time in seconds, every amount in the currency's minor unit."""

from dataclasses import dataclass
from pathlib import Path

API_VERSION = "2026-10-28.endive"
PLATFORM = "acct_1SimulatedPlatform"


@dataclass(slots=True)
class Settings:
    """Defaults behave like a Stripe sandbox in a hurry."""

    state: Path | None = None
    base_url: str = ""
    settle_delay_seconds: float = 0.05
    refund_delay_seconds: float = 0.05
    dispute_delay_seconds: float = 0.1
    latency_seconds: float = 0.0
    search_lag_seconds: float = 0.0
    settle_days: int = 2
    hold_days: int = 7
    dispute_days: int = 20
    fee_per_mille: int = 29
    fee_fixed_amount: int = 30
    fee_international_per_mille: int = 15
    dispute_fee_amount: int = 1500
    dispute_countered_fee_amount: int = 0
    key_lifetime_seconds: int = 24 * 3600
    event_lifetime_seconds: int = 30 * 24 * 3600
    keep_events: int = 100_000
    retry_seconds: tuple[float, ...] = (0.5, 2.0, 5.0, 15.0, 60.0)
    delivery_timeout_seconds: float = 10.0
    delivery_concurrency: int = 32
    delivery_queue: int = 200_000
    log_requests: bool = False
