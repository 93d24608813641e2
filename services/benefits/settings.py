"""Settings of benefits."""

from __future__ import annotations

from services.chassis.settings import Settings


class BenefitsSettings(Settings):
    """What benefits is told; nothing beyond what every service is told."""

    service: str = "benefits"
