"""bursar.benefits.v1.GrantService"""

from __future__ import annotations

from uuid import UUID

from bursar.benefits.v1 import grant_pb2, grant_service_pb2

from services.benefits.api import convert
from services.benefits.api.calls import Calls
from services.benefits.usecases.check_entitlement import CheckEntitlement
from services.chassis.call import Call
from services.chassis.pagination import page_of


class GrantServicer:
    """Who has which benefit."""

    def __init__(self, calls: Calls, check: CheckEntitlement[bytes]) -> None:
        self._calls = calls
        self._check = check

    async def GetBenefitGrant(self, request: grant_service_pb2.GetBenefitGrantRequest, call: Call) -> grant_pb2.BenefitGrant:
        async with self._calls.database.transaction(call.organization_id) as transaction:
            return convert.grant_to_proto(await self._calls.ports.grants.show(transaction, call.organization_id, UUID(request.id)))

    async def ListBenefitGrants(
        self, request: grant_service_pb2.ListBenefitGrantsRequest, call: Call
    ) -> grant_service_pb2.ListBenefitGrantsResponse:
        page, wanted = page_of(request), convert.grant_filter_of(request)
        async with self._calls.database.transaction(call.organization_id) as transaction:
            return convert.grants_to_proto(*await self._calls.ports.grants.page(transaction, call.organization_id, wanted, page))

    async def CheckEntitlement(self, request: grant_service_pb2.CheckEntitlementRequest, call: Call) -> bytes:
        external_id = request.external_customer_id
        if external_id:
            return await self._check(call.organization_id, external_id, True, request.benefit_id.lower())
        return await self._check(call.organization_id, request.customer_id.lower(), False, request.benefit_id.lower())
