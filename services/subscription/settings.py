"""What this service is told."""

from __future__ import annotations

from pydantic import Field

from services.chassis.settings import Settings
from services.subscription.usecases.catch_up import BATCH


class SubscriptionSettings(Settings):
    """The suite's settings, and how much of what is due is done at once."""

    service: str = "subscription"
    renewal_batch: int = Field(BATCH, ge=1, le=1000, description="subscriptions that one transaction renews, at most")
