"""What a merchant does with a license key: change its limits, disable it, give it another text."""

from __future__ import annotations

from uuid import UUID

from services.benefits.domain.grant import touched
from services.benefits.domain.license_key import KeyChange, LicenseKey, changed, rotated
from services.benefits.usecases.ports import Ports
from services.chassis.database import Transaction


async def update_license_key(
    transaction: Transaction, organization_id: UUID, key_id: UUID, change: KeyChange, *, ports: Ports
) -> LicenseKey:
    """The key as changed. LicenseKeyNotFound, LicenseKeyRevoked."""
    before = await ports.license_keys.lock(transaction, organization_id, key_id)
    live = await ports.license_keys.grant_is_live(transaction, before.grant_id)
    after = changed(before, change, grant_is_live=live, now=await ports.clock.now(transaction, organization_id))
    await ports.license_keys.save(transaction, [after])
    return after


async def rotate_license_key(transaction: Transaction, organization_id: UUID, key_id: UUID, *, ports: Ports) -> LicenseKey:
    """The same record with another key; the old one stops working. LicenseKeyNotFound, LicenseKeyRevoked."""
    known = await ports.license_keys.get(transaction, organization_id, key_id)
    # Customers before grants before keys, as in converging: nobody waits in a circle.
    customers = await ports.customers.lock_shared(transaction, [known.customer_id])
    grant = await ports.grants.lock(transaction, known.grant_id)
    before = await ports.license_keys.lock(transaction, organization_id, key_id)
    now = await ports.clock.now(transaction, organization_id)
    after = rotated(before, ports.random_id(), now)
    await ports.license_keys.save(transaction, [after])
    told, fact = touched(grant, now)
    await ports.grants.save(transaction, [told])
    ports.publish(transaction, [fact], {grant.customer_id: customers[grant.customer_id].external_id})
    return after
