"""The errors of benefits, by what the caller can do about them."""

from __future__ import annotations

from uuid import UUID

from services.chassis.errors import Forbidden, Invalid, NotFound, NotPossibleNow


class BenefitNotFound(NotFound):
    """No such benefit in the organization, or it was deleted."""

    def __init__(self, benefit_id: UUID) -> None:
        super().__init__("BENEFIT_NOT_FOUND", f"no benefit {benefit_id}", details={"benefit_id": str(benefit_id)})


class BenefitKindFixed(Invalid):
    """A benefit stays of the kind it was made."""

    def __init__(self, kind: str, field: str) -> None:
        super().__init__("BENEFIT_KIND_FIXED", f"the benefit is of the kind {kind}, which cannot change", field=field)


class ExpirationTooLong(Invalid):
    """Keys may live 457 years, 1,200 months or 36,500 days."""

    def __init__(self, longest: int, timeframe: str) -> None:
        field = "license_keys.expires.ttl"
        super().__init__("LICENSE_KEY_EXPIRATION_TOO_LONG", f"a key lives {longest} {timeframe}s at the most", field=field)


class ProductNotFound(NotFound):
    """No such product in the organization."""

    def __init__(self, product_id: UUID) -> None:
        super().__init__("PRODUCT_NOT_FOUND", f"no product {product_id}", details={"product_id": str(product_id)})


class GrantNotFound(NotFound):
    """No such grant in the organization."""

    def __init__(self, grant_id: UUID) -> None:
        super().__init__("BENEFIT_GRANT_NOT_FOUND", f"no benefit grant {grant_id}", details={"benefit_grant_id": str(grant_id)})


class LicenseKeyNotFound(NotFound):
    """No such key; or it is not one that this request may use, which a caller who guesses must not be able to tell apart."""

    def __init__(self) -> None:
        super().__init__("LICENSE_KEY_NOT_FOUND", "no such license key")


class LicenseKeyRevoked(NotPossibleNow):
    """The grant behind the key ended."""

    def __init__(self) -> None:
        super().__init__("LICENSE_KEY_REVOKED", "the license key is revoked")


class UsageExceeded(NotPossibleNow):
    """The key has less usage left than asked for."""

    def __init__(self, left: int) -> None:
        super().__init__("LICENSE_KEY_USAGE_EXCEEDED", f"the license key has a usage of {left} left", details={"left": str(left)})


class LicenseKeyNotActive(Forbidden):
    """Revoked, disabled or expired."""

    def __init__(self) -> None:
        super().__init__("LICENSE_KEY_NOT_ACTIVE", "the license key is not active")


class ActivationsNotSupported(Forbidden):
    """The benefit has no activation limit, so its keys are used without."""

    def __init__(self) -> None:
        super().__init__("LICENSE_KEY_ACTIVATIONS_NOT_SUPPORTED", "this license key does not support activations")


class ActivationLimitReached(Forbidden):
    """As many installations as the key allows."""

    def __init__(self, limit: int) -> None:
        super().__init__("LICENSE_KEY_ACTIVATION_LIMIT_REACHED", f"the license key allows {limit} activations")


class ActivationNotFound(NotFound):
    """No such activation of this key."""

    def __init__(self, activation_id: UUID) -> None:
        super().__init__("LICENSE_KEY_ACTIVATION_NOT_FOUND", f"no activation {activation_id} of this license key")
