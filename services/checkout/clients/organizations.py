"""The identity service: who an organization is, as long as no fact has told us."""

from __future__ import annotations

from uuid import UUID

from bursar.identity.v1 import organization_pb2
from bursar.identity.v1 import organization_service_pb2 as contract

from services.chassis.peers import Peers
from services.checkout.domain.organization import Organization
from services.checkout.messages.organization import organization_from_proto

_GET = contract.DESCRIPTOR.services_by_name["OrganizationService"].methods_by_name["GetOrganization"]


class OrganizationsOverGrpc:
    """Questions to the identity service."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def organization(self, organization_id: UUID) -> Organization:
        request = contract.GetOrganizationRequest(id=str(organization_id))
        answer = await self._peers.call(_GET, request, organization_pb2.Organization, organization_id=organization_id)
        return organization_from_proto(answer)
