"""Asks `checkout` about products."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import product_pb2, product_service_pb2

from services.chassis.errors import NotFound
from services.chassis.peers import Peers
from services.subscription.convert_facts import read_product
from services.subscription.domain.catalog import CatalogProduct
from services.subscription.domain.change_errors import ProductNotFound

_GET = product_service_pb2.DESCRIPTOR.services_by_name["ProductService"].methods_by_name["GetProduct"]


class CheckoutProducts:
    """The catalogue as `checkout` has it now; our copies may be a moment behind it."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def get(self, organization_id: UUID, product_id: UUID) -> CatalogProduct:
        """ProductNotFound, also for another organization's."""
        request = product_service_pb2.GetProductRequest(id=str(product_id))
        try:
            return read_product(await self._peers.call(_GET, request, product_pb2.Product, organization_id=organization_id))
        except NotFound:
            raise ProductNotFound(product_id) from None
