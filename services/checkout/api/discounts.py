"""bursar.checkout.v1.DiscountService."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import discount_pb2
from bursar.checkout.v1 import discount_service_pb2 as contract

from services.chassis.call import Call
from services.chassis.pagination import page_of
from services.checkout.api.door import Door
from services.checkout.api.rooms import PagedStore
from services.checkout.domain.errors import DiscountNotFound
from services.checkout.messages.discount import discount_edit, discount_terms, discount_to_proto
from services.checkout.usecases.create_discount import create_discount
from services.checkout.usecases.delete_discount import delete_discount
from services.checkout.usecases.update_discount import update_discount


class DiscountServicer:
    """Discounts."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def CreateDiscount(self, request: contract.CreateDiscountRequest, call: Call) -> discount_pb2.Discount:
        async def effect(store: PagedStore) -> discount_pb2.Discount:
            terms = discount_terms(request)
            return discount_to_proto(await create_discount(call.organization_id, terms, await store.now(call.organization_id), store=store))

        return await self._door.write(call.organization_id, call.method, request, discount_pb2.Discount, effect)

    async def GetDiscount(self, request: contract.GetDiscountRequest, call: Call) -> discount_pb2.Discount:
        found = await self._door.read(call.organization_id, lambda store: store.discounts.get(UUID(request.id)))
        if found is None:
            raise DiscountNotFound
        return discount_to_proto(found)

    async def ListDiscounts(self, request: contract.ListDiscountsRequest, call: Call) -> contract.ListDiscountsResponse:
        page = page_of(request, ("created_at", "name", "code", "redemptions_count", "ends_at"))
        discounts, token, total = await self._door.read(
            call.organization_id, lambda store: store.discounts.page(call.organization_id, request.query, page)
        )
        return contract.ListDiscountsResponse(
            discounts=[discount_to_proto(discount) for discount in discounts], next_page_token=token, total_count=total
        )

    async def UpdateDiscount(self, request: contract.UpdateDiscountRequest, call: Call) -> discount_pb2.Discount:
        async def effect(store: PagedStore) -> discount_pb2.Discount:
            edit = discount_edit(request)
            return discount_to_proto(await update_discount(UUID(request.id), edit, await store.now(call.organization_id), store=store))

        return await self._door.write(call.organization_id, call.method, request, discount_pb2.Discount, effect)

    async def DeleteDiscount(self, request: contract.DeleteDiscountRequest, call: Call) -> discount_pb2.Discount:
        async def effect(store: PagedStore) -> discount_pb2.Discount:
            return discount_to_proto(await delete_discount(UUID(request.id), await store.now(call.organization_id), store=store))

        return await self._door.write(call.organization_id, call.method, request, discount_pb2.Discount, effect)
