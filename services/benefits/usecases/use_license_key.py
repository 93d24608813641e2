"""What software does with a license key: validate it, activate an installation, deactivate it. The key's row is locked meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from services.benefits.domain.errors import ActivationNotFound
from services.benefits.domain.license_key import Activation, Claim, LicenseKey, check_activation, validated
from services.benefits.usecases.ports import Ports
from services.chassis.database import Transaction
from services.chassis.metadata import MetadataValue


@dataclass(frozen=True, slots=True)
class Installation:
    """What asks to be activated."""

    label: str
    conditions: dict[str, MetadataValue]
    meta: dict[str, MetadataValue]


async def validate_license_key(
    transaction: Transaction, organization_id: UUID, key: str, claim: Claim, *, ports: Ports
) -> tuple[LicenseKey, Activation | None]:
    """The key with this validation counted. LicenseKeyNotFound whatever does not fit, UsageExceeded."""
    before = await ports.license_keys.lock_by_key(transaction, organization_id, key)
    activation = await ports.license_keys.activation(transaction, before.id, claim.activation_id) if claim.activation_id else None
    after = validated(before, claim, activation, await ports.clock.now(transaction, organization_id))
    await ports.license_keys.save(transaction, [after])
    return after, activation


async def activate_license_key(
    transaction: Transaction, organization_id: UUID, key: str, installation: Installation, *, ports: Ports
) -> Activation:
    """One installation more. LicenseKeyNotFound, LicenseKeyNotActive, ActivationsNotSupported, ActivationLimitReached."""
    found = await ports.license_keys.lock_by_key(transaction, organization_id, key)
    now = await ports.clock.now(transaction, organization_id)
    check_activation(found, await ports.license_keys.count_activations(transaction, found.id), now)
    activation = Activation(
        ports.new_id(), organization_id, found.id, installation.label, installation.conditions, installation.meta, now, now, None
    )
    await ports.license_keys.add_activation(transaction, activation)
    return activation


async def deactivate_license_key(
    transaction: Transaction, organization_id: UUID, key: str, activation_id: UUID, *, ports: Ports
) -> Activation:
    """One installation less; possible whatever became of the key. LicenseKeyNotFound, ActivationNotFound."""
    found = await ports.license_keys.lock_by_key(transaction, organization_id, key)
    before = await ports.license_keys.activation(transaction, found.id, activation_id)
    if before is None:
        raise ActivationNotFound(activation_id)
    now = await ports.clock.now(transaction, organization_id)
    after = replace(before, deactivated_at=now, modified_at=now)
    await ports.license_keys.save_activation(transaction, after)
    return after
