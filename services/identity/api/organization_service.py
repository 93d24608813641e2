"""OrganizationService."""

from __future__ import annotations

from functools import partial

from bursar.identity.v1 import organization_service_pb2 as pb
from bursar.identity.v1.organization_pb2 import Organization

from services.chassis.call import Call
from services.chassis.database import Transaction
from services.chassis.idempotency import once
from services.chassis.ids import parse_id
from services.chassis.organization_clock import OrganizationClock
from services.chassis.pagination import page_of
from services.identity.api.callers import Callers
from services.identity.api.rooms import Rooms
from services.identity.convert import organization_to_proto, organizations_to_proto, read_clock_start, read_edit, read_profile
from services.identity.domain.errors import OrganizationNotFound
from services.identity.usecases.create_organization import create_organization
from services.identity.usecases.update_organization import update_organization


class OrganizationServicer:
    """Every method works on what the caller may see."""

    def __init__(self, *, callers: Callers, rooms: Rooms, clock: OrganizationClock) -> None:
        self._callers = callers
        self._rooms = rooms
        self._clock = clock

    async def CreateOrganization(self, request: pb.CreateOrganizationRequest, call: Call) -> Organization:
        async with self._callers.transaction(call) as transaction:
            effect = partial(self._create, transaction, request)
            return await once(transaction, self._callers.request_scope(call), call.method, request, Organization, effect)

    async def GetOrganization(self, request: pb.GetOrganizationRequest, call: Call) -> Organization:
        organization_id = parse_id(request.id, "id")
        async with self._callers.transaction(call) as transaction:
            organization = await self._rooms.organizations(transaction).get(organization_id)
        if organization is None:
            raise OrganizationNotFound(organization_id)
        return organization_to_proto(organization)

    async def ListOrganizations(self, request: pb.ListOrganizationsRequest, call: Call) -> pb.ListOrganizationsResponse:
        page = page_of(request, ("created_at", "slug"))
        async with self._callers.transaction(call) as transaction:
            return organizations_to_proto(*await self._rooms.organizations(transaction).page(request.slug, page))

    async def UpdateOrganization(self, request: pb.UpdateOrganizationRequest, call: Call) -> Organization:
        async with self._callers.transaction(call) as transaction:
            effect = partial(self._update, transaction, request)
            return await once(transaction, self._callers.request_scope(call), call.method, request, Organization, effect)

    async def _create(self, transaction: Transaction, request: pb.CreateOrganizationRequest) -> Organization:
        rooms = self._rooms
        organization = await create_organization(
            request.slug,
            read_profile(request),
            read_clock_start(request),
            self._clock.system.now(),
            organizations=rooms.organizations(transaction),
            publisher=rooms.publisher(transaction),
        )
        return organization_to_proto(organization)

    async def _update(self, transaction: Transaction, request: pb.UpdateOrganizationRequest) -> Organization:
        rooms = self._rooms
        organization_id = parse_id(request.id, "id")
        organization = await update_organization(
            organization_id,
            read_edit(request),
            await self._clock.now(transaction, organization_id),
            organizations=rooms.organizations(transaction),
            publisher=rooms.publisher(transaction),
        )
        return organization_to_proto(organization)
