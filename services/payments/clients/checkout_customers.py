"""Customers, as `checkout` knows them."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import customer_pb2, customer_service_pb2

from services.chassis.peers import Peers
from services.payments.domain.customer import Customer

_GET = customer_service_pb2.DESCRIPTOR.services_by_name["CustomerService"].methods_by_name["GetCustomer"]


class CheckoutCustomers:
    """Asks `checkout`."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def of(self, organization_id: UUID, customer_id: UUID) -> Customer:
        """NotFound: CUSTOMER_NOT_FOUND. Unavailable while `checkout` does not answer."""
        request = customer_service_pb2.GetCustomerRequest(id=str(customer_id))
        found = await self._peers.call(_GET, request, customer_pb2.Customer, organization_id=organization_id)
        return Customer(organization_id, customer_id, found.email, found.name or None)
