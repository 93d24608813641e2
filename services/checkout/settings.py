"""What this service is told."""

from __future__ import annotations

from pydantic import Field

from services.chassis.settings import Settings


class CheckoutSettings(Settings):
    """The suite's settings, and how often this service looks for what is due."""

    service: str = "checkout"
    expiry_every_seconds: float = Field(60.0, gt=0, description="between two looks for checkouts whose time is over")
    resolve_every_seconds: float = Field(5.0, gt=0, description="between two looks for payments without an answer")
    retry_every_seconds: float = Field(60.0, gt=0, description="between two looks for orders whose dunning goes on")
    charge_every_seconds: float = Field(5.0, gt=0, description="between two looks for orders to be charged that nobody told of")
