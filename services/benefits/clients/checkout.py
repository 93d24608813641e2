"""Asks `checkout` about products."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import product_pb2, product_service_pb2

from services.chassis.errors import NotFound
from services.chassis.peers import Peers

_GET_PRODUCT = product_service_pb2.DESCRIPTOR.services_by_name["ProductService"].methods_by_name["GetProduct"]


class CheckoutCatalog:
    """Products as `checkout` knows them."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def has_product(self, organization_id: UUID, product_id: UUID) -> bool:
        """Whether the organization has such a product. Unavailable when `checkout` does not answer."""
        request = product_service_pb2.GetProductRequest(id=str(product_id))
        try:
            await self._peers.call(_GET_PRODUCT, request, product_pb2.Product, organization_id=organization_id)
        except NotFound:
            return False
        return True
