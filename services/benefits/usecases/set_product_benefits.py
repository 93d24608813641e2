"""Set the benefits of a product, in order; customers who hold it gain and lose shortly after."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.benefits.domain.benefit import Benefit
from services.benefits.domain.errors import BenefitNotFound, ProductNotFound
from services.benefits.usecases.ports import Catalog, Ports, Work
from services.chassis.database import Database, Transaction


async def find_product(organization_id: UUID, product_id: UUID, *, database: Database, catalog: Catalog, ports: Ports) -> None:
    """Make sure that the product is known. ProductNotFound where neither its fact nor `checkout` knows it.

    Before the transaction of the change, because asking goes over the network.
    """
    async with database.transaction(organization_id) as transaction:
        if await ports.products.is_known(transaction, organization_id, product_id):
            return
    if not await catalog.has_product(organization_id, product_id):
        raise ProductNotFound(product_id)
    async with database.transaction(organization_id) as transaction:
        await ports.products.ensure(transaction, {product_id: organization_id})


async def set_product_benefits(
    transaction: Transaction, organization_id: UUID, product_id: UUID, benefit_ids: Sequence[UUID], *, ports: Ports
) -> list[Benefit]:
    """The product's benefits from now on. BenefitNotFound."""
    # Benefits before products, as in deleting a benefit: nobody waits in a circle.
    found = {benefit.id: benefit for benefit in await ports.benefits.live(transaction, organization_id, benefit_ids)}
    for benefit_id in benefit_ids:
        if benefit_id not in found:
            raise BenefitNotFound(benefit_id)
    await ports.products.lock(transaction, [product_id])
    await ports.benefits.link(transaction, organization_id, product_id, benefit_ids)
    await ports.backlog.add(transaction, [Work(ports.new_id(), organization_id, "product", product_id)])
    return [found[benefit_id] for benefit_id in benefit_ids]
