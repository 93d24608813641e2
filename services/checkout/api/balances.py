"""bursar.checkout.v1.CustomerBalanceService."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import customer_balance_pb2
from bursar.checkout.v1 import customer_balance_service_pb2 as contract

from services.chassis.call import Call
from services.chassis.pagination import page_of
from services.checkout.api.door import Door
from services.checkout.api.rooms import PagedStore
from services.checkout.domain.errors import CustomerNotFound
from services.checkout.messages.balance import balance_to_proto, transaction_to_proto
from services.checkout.usecases.adjust_balance import adjust_balance


class CustomerBalanceServicer:
    """Customers' balances."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def ListCustomerBalances(
        self, request: contract.ListCustomerBalancesRequest, call: Call
    ) -> contract.ListCustomerBalancesResponse:
        async def work(store: PagedStore) -> contract.ListCustomerBalancesResponse:
            customer_id = await _known(request.customer_id, store)
            found = await store.balances.of_customers([call.organization_id], [customer_id])
            return contract.ListCustomerBalancesResponse(balances=[balance_to_proto(*each) for each in sorted(found.items())])

        return await self._door.read(call.organization_id, work)

    async def AdjustCustomerBalance(
        self, request: contract.AdjustCustomerBalanceRequest, call: Call
    ) -> customer_balance_pb2.CustomerBalanceTransaction:
        async def effect(store: PagedStore) -> customer_balance_pb2.CustomerBalanceTransaction:
            now = await store.now(call.organization_id)
            return transaction_to_proto(
                await adjust_balance(UUID(request.customer_id), request.currency, request.amount, request.reason, now, store=store)
            )

        answer = customer_balance_pb2.CustomerBalanceTransaction
        return await self._door.write(call.organization_id, call.method, request, answer, effect)

    async def ListCustomerBalanceTransactions(
        self, request: contract.ListCustomerBalanceTransactionsRequest, call: Call
    ) -> contract.ListCustomerBalanceTransactionsResponse:
        page = page_of(request)

        async def work(store: PagedStore) -> contract.ListCustomerBalanceTransactionsResponse:
            customer_id = await _known(request.customer_id, store)
            found, token = await store.balances.page(call.organization_id, customer_id, request.currency, page)
            return contract.ListCustomerBalanceTransactionsResponse(
                transactions=[transaction_to_proto(each) for each in found], next_page_token=token
            )

        return await self._door.read(call.organization_id, work)


async def _known(customer_id: str, store: PagedStore) -> UUID:
    """CustomerNotFound; deleted ones keep their balances."""
    if await store.customers.get(UUID(customer_id)) is None:
        raise CustomerNotFound
    return UUID(customer_id)
