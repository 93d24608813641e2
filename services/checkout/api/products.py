"""bursar.checkout.v1.ProductService."""

from __future__ import annotations

from uuid import UUID

from bursar.checkout.v1 import product_pb2
from bursar.checkout.v1 import product_service_pb2 as contract

from services.chassis.call import Call
from services.chassis.enums import word_of
from services.chassis.pagination import page_of
from services.checkout.api.door import Door
from services.checkout.api.rooms import PagedStore
from services.checkout.domain.errors import ProductNotFound
from services.checkout.messages.product import edited_prices, price_terms, product_edit, product_terms, product_to_proto
from services.checkout.usecases.create_product import create_product
from services.checkout.usecases.filters import ProductFilter
from services.checkout.usecases.update_product import update_product


class ProductServicer:
    """Products and their prices."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def CreateProduct(self, request: contract.CreateProductRequest, call: Call) -> product_pb2.Product:
        async def effect(store: PagedStore) -> product_pb2.Product:
            prices = [price_terms(price) for price in request.prices]
            return product_to_proto(
                await create_product(
                    call.organization_id, product_terms(request), prices, await store.now(call.organization_id), store=store
                )
            )

        return await self._door.write(call.organization_id, call.method, request, product_pb2.Product, effect)

    async def GetProduct(self, request: contract.GetProductRequest, call: Call) -> product_pb2.Product:
        found = await self._door.read(call.organization_id, lambda store: store.products.many([UUID(request.id)]))
        if not found:
            raise ProductNotFound
        return product_to_proto(found[UUID(request.id)])

    async def ListProducts(self, request: contract.ListProductsRequest, call: Call) -> contract.ListProductsResponse:
        page = page_of(request, ("created_at", "name", "price_amount_type", "price_amount"))
        given = ProductFilter(
            request.query,
            request.is_archived if request.HasField("is_archived") else None,
            request.is_recurring if request.HasField("is_recurring") else None,
            [word_of(product_pb2.ProductVisibility, each) for each in request.visibility],
            dict(request.metadata),
        )
        products, token, total = await self._door.read(
            call.organization_id, lambda store: store.products.page(call.organization_id, given, page)
        )
        return contract.ListProductsResponse(
            products=[product_to_proto(product) for product in products], next_page_token=token, total_count=total
        )

    async def UpdateProduct(self, request: contract.UpdateProductRequest, call: Call) -> product_pb2.Product:
        async def effect(store: PagedStore) -> product_pb2.Product:
            edit, prices = product_edit(request), edited_prices(request)
            return product_to_proto(
                await update_product(UUID(request.id), edit, prices, await store.now(call.organization_id), store=store)
            )

        return await self._door.write(call.organization_id, call.method, request, product_pb2.Product, effect)
