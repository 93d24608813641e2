"""bursar.benefits.v1.BenefitService"""

from __future__ import annotations

from uuid import UUID

from bursar.benefits.v1 import benefit_pb2, benefit_service_pb2

from services.benefits.api import convert
from services.benefits.api.calls import Calls
from services.benefits.usecases.check_entitlement import CheckEntitlement
from services.benefits.usecases.create_benefit import create_benefit
from services.benefits.usecases.delete_benefit import delete_benefit
from services.benefits.usecases.ports import Catalog
from services.benefits.usecases.set_product_benefits import find_product, set_product_benefits
from services.benefits.usecases.update_benefit import update_benefit
from services.chassis.call import Call
from services.chassis.database import Transaction
from services.chassis.pagination import page_of


class BenefitServicer:
    """Benefits and which products carry them."""

    def __init__(self, calls: Calls, catalog: Catalog, check: CheckEntitlement[bytes]) -> None:
        self._calls = calls
        self._catalog = catalog
        self._check = check
        self._ports = calls.ports

    async def CreateBenefit(self, request: benefit_service_pb2.CreateBenefitRequest, call: Call) -> benefit_pb2.Benefit:
        draft = convert.draft_of(request)

        async def effect(transaction: Transaction) -> benefit_pb2.Benefit:
            return convert.benefit_to_proto(await create_benefit(transaction, call.organization_id, draft, ports=self._ports))

        return await self._calls.change(call.organization_id, call, request, benefit_pb2.Benefit, effect)

    async def GetBenefit(self, request: benefit_service_pb2.GetBenefitRequest, call: Call) -> benefit_pb2.Benefit:
        async with self._calls.database.transaction(call.organization_id) as transaction:
            return convert.benefit_to_proto(await self._ports.benefits.get(transaction, call.organization_id, UUID(request.id)))

    async def ListBenefits(self, request: benefit_service_pb2.ListBenefitsRequest, call: Call) -> benefit_service_pb2.ListBenefitsResponse:
        page, wanted = page_of(request, ("created_at", "description", "type")), convert.benefit_filter_of(request)
        async with self._calls.database.transaction(call.organization_id) as transaction:
            return convert.benefits_to_proto(*await self._ports.benefits.page(transaction, call.organization_id, wanted, page))

    async def UpdateBenefit(self, request: benefit_service_pb2.UpdateBenefitRequest, call: Call) -> benefit_pb2.Benefit:
        change = convert.change_of(request)

        async def effect(transaction: Transaction) -> benefit_pb2.Benefit:
            benefit = await update_benefit(transaction, call.organization_id, UUID(request.id), change, ports=self._ports)
            return convert.benefit_to_proto(benefit)

        answer = await self._calls.change(call.organization_id, call, request, benefit_pb2.Benefit, effect)
        self._check.forget_organization(call.organization_id)
        return answer

    async def DeleteBenefit(self, request: benefit_service_pb2.DeleteBenefitRequest, call: Call) -> benefit_pb2.Benefit:
        async def effect(transaction: Transaction) -> benefit_pb2.Benefit:
            return convert.benefit_to_proto(await delete_benefit(transaction, call.organization_id, UUID(request.id), ports=self._ports))

        return await self._calls.change(call.organization_id, call, request, benefit_pb2.Benefit, effect)

    async def SetProductBenefits(
        self, request: benefit_service_pb2.SetProductBenefitsRequest, call: Call
    ) -> benefit_service_pb2.ProductBenefits:
        product_id, benefit_ids = UUID(request.product_id), [UUID(each) for each in request.benefit_ids]
        await find_product(call.organization_id, product_id, database=self._calls.database, catalog=self._catalog, ports=self._ports)

        async def effect(transaction: Transaction) -> benefit_service_pb2.ProductBenefits:
            benefits = await set_product_benefits(transaction, call.organization_id, product_id, benefit_ids, ports=self._ports)
            return convert.product_benefits_to_proto(product_id, benefits)

        return await self._calls.change(call.organization_id, call, request, benefit_service_pb2.ProductBenefits, effect)

    async def GetProductBenefits(
        self, request: benefit_service_pb2.GetProductBenefitsRequest, call: Call
    ) -> benefit_service_pb2.ProductBenefits:
        product_id = UUID(request.product_id)
        await find_product(call.organization_id, product_id, database=self._calls.database, catalog=self._catalog, ports=self._ports)
        async with self._calls.database.transaction(call.organization_id) as transaction:
            links = await self._ports.benefits.of_products(transaction, [product_id])
            return convert.product_benefits_to_proto(product_id, links.get(product_id, ()))
