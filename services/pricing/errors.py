"""What pricing refuses, by name. `field` is the path in the caller's request."""

from __future__ import annotations

from services.chassis.errors import Invalid


class PriceTiersInvalid(Invalid):
    def __init__(self, why: str, field: str) -> None:
        super().__init__("PRICE_TIERS_INVALID", why, field=field)


class PriceBoundsInvalid(Invalid):
    def __init__(self, why: str, field: str) -> None:
        super().__init__("PRICE_BOUNDS_INVALID", why, field=field)


class AmountAboveMaximum(Invalid):
    def __init__(self, currency: str, maximum: int, field: str) -> None:
        message = f"the largest amount in {currency} is {maximum} (minor units)"
        super().__init__("AMOUNT_ABOVE_MAXIMUM", message, field=field, details={"currency": currency, "maximum": str(maximum)})


class QuantityNotAllowed(Invalid):
    def __init__(self, why: str, field: str) -> None:
        super().__init__("QUANTITY_NOT_ALLOWED", why, field=field)
