"""Asks `checkout` about customers, and has it make those that are not there."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import billing_service_pb2, customer_pb2, customer_service_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from services.chassis.errors import NotFound
from services.chassis.peers import Peers
from services.subscription.domain.seat import Holder
from services.subscription.domain.seat_errors import CustomerNotFound

_CUSTOMERS = customer_service_pb2.DESCRIPTOR.services_by_name["CustomerService"].methods_by_name
_TAKE = billing_service_pb2.DESCRIPTOR.services_by_name["BillingService"].methods_by_name["TakeCustomer"]


class CheckoutCustomers:
    """Customers as `checkout` knows them; deleted ones are not found."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def get(self, organization_id: UUID, customer_id: UUID) -> Holder:
        """The customer of an id. CustomerNotFound."""
        return await self._ask(organization_id, _CUSTOMERS["GetCustomer"], customer_service_pb2.GetCustomerRequest(id=str(customer_id)))

    async def get_by_external_id(self, organization_id: UUID, external_id: str) -> Holder:
        """The customer whom the merchant calls so. CustomerNotFound."""
        request = customer_service_pb2.GetCustomerByExternalIdRequest(external_id=external_id)
        return await self._ask(organization_id, _CUSTOMERS["GetCustomerByExternalId"], request)

    async def take(self, organization_id: UUID, email: str) -> Holder:
        """The customer with an e-mail address, made if there is none."""
        return await self._ask(organization_id, _TAKE, billing_service_pb2.TakeCustomerRequest(email=email))

    async def _ask(self, organization_id: UUID, method: MethodDescriptor, request: Message) -> Holder:
        try:
            customer = await self._peers.call(method, request, customer_pb2.Customer, organization_id=organization_id)
        except NotFound:
            raise CustomerNotFound from None
        if customer.HasField("deleted_at"):
            raise CustomerNotFound
        external_id = customer.external_id if customer.HasField("external_id") else None
        return Holder(UUID(customer.id), external_id, customer.email or None)
