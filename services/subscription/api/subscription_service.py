"""SubscriptionService, for organizations: its two halves as one."""

from __future__ import annotations

from dataclasses import dataclass

from services.subscription.api.subscription_changes import SubscriptionChanges
from services.subscription.api.subscription_lives import SubscriptionLives


@dataclass(frozen=True, kw_only=True)
class SubscriptionServicer(SubscriptionLives, SubscriptionChanges):
    """Every method works on the caller's organization."""
