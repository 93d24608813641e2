"""bursar.checkout.v1.CustomerService."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import customer_pb2
from bursar.checkout.v1 import customer_service_pb2 as contract

from services.chassis.call import Call
from services.chassis.pagination import page_of
from services.checkout.api.door import Door
from services.checkout.api.rooms import PagedStore
from services.checkout.domain.customer import Customer
from services.checkout.domain.errors import CustomerNotFound
from services.checkout.messages.customer import customer_details, customer_edit, customer_to_proto
from services.checkout.usecases.create_customer import create_customer
from services.checkout.usecases.delete_customer import delete_customer
from services.checkout.usecases.filters import CustomerFilter
from services.checkout.usecases.outside_ports import TaxIds
from services.checkout.usecases.update_customer import update_customer


class CustomerServicer:
    """Customers."""

    def __init__(self, door: Door, tax_ids: TaxIds) -> None:
        self._door = door
        self._tax_ids = tax_ids

    async def CreateCustomer(self, request: contract.CreateCustomerRequest, call: Call) -> customer_pb2.Customer:
        async def effect(store: PagedStore) -> customer_pb2.Customer:
            details = customer_details(request)
            return customer_to_proto(
                await create_customer(
                    call.organization_id, details, await store.now(call.organization_id), store=store, tax_ids=self._tax_ids
                )
            )

        return await self._door.write(call.organization_id, call.method, request, customer_pb2.Customer, effect)

    async def GetCustomer(self, request: contract.GetCustomerRequest, call: Call) -> customer_pb2.Customer:
        return _found(await self._door.read(call.organization_id, lambda store: store.customers.get(UUID(request.id))))

    async def GetCustomerByExternalId(self, request: contract.GetCustomerByExternalIdRequest, call: Call) -> customer_pb2.Customer:
        return _found(await self._door.read(call.organization_id, lambda store: store.customers.by_external_id(request.external_id)))

    async def ListCustomers(self, request: contract.ListCustomersRequest, call: Call) -> contract.ListCustomersResponse:
        page = page_of(request, ("created_at", "email", "name"))
        given = CustomerFilter(request.email, request.query, dict(request.metadata))
        customers, token, total = await self._door.read(
            call.organization_id, lambda store: store.customers.page(call.organization_id, given, page)
        )
        return contract.ListCustomersResponse(
            customers=[customer_to_proto(customer) for customer in customers], next_page_token=token, total_count=total
        )

    async def UpdateCustomer(self, request: contract.UpdateCustomerRequest, call: Call) -> customer_pb2.Customer:
        async def effect(store: PagedStore) -> customer_pb2.Customer:
            edit = customer_edit(request)
            return customer_to_proto(
                await update_customer(UUID(request.id), edit, await store.now(call.organization_id), store=store, tax_ids=self._tax_ids)
            )

        return await self._door.write(call.organization_id, call.method, request, customer_pb2.Customer, effect)

    async def DeleteCustomer(self, request: contract.DeleteCustomerRequest, call: Call) -> customer_pb2.Customer:
        async def effect(store: PagedStore) -> customer_pb2.Customer:
            return customer_to_proto(await delete_customer(UUID(request.id), await store.now(call.organization_id), store=store))

        return await self._door.write(call.organization_id, call.method, request, customer_pb2.Customer, effect)


def _found(customer: Customer | None) -> customer_pb2.Customer:
    if customer is None:
        raise CustomerNotFound
    return customer_to_proto(customer)
