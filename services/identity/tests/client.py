"""Calls the API over a connection, as whomever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import grpc
import pytest
from bursar.identity.v1 import access_token_service_pb2, organization_service_pb2
from bursar.identity.v1.access_token_pb2 import AccessToken
from bursar.identity.v1.organization_pb2 import Organization
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from services.chassis.identity import METADATA_KEY, CallerKind, Identity, IdentitySigner
from services.chassis.ids import new_id

_SERVICES = (
    organization_service_pb2.DESCRIPTOR.services_by_name["OrganizationService"],
    access_token_service_pb2.DESCRIPTOR.services_by_name["AccessTokenService"],
)
_METHODS = {method.name: method for service in _SERVICES for method in service.methods}
OPERATOR = Identity(CallerKind.OPERATOR, "operator")


def member(organization_id: UUID | str, *scopes: str) -> Identity:
    """The caller behind an organization's token."""
    return Identity(CallerKind.ORGANIZATION, "token", UUID(str(organization_id)), frozenset(scopes or ("*",)))


class Refused(Exception):
    """An error answer: code, reason and the field that it names first."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        super().__init__(error.details())
        self.code, self.reason, self.field = error.code(), "", ""
        metadata: Any = error.trailing_metadata() or ()
        for key, value in metadata:
            if key == "grpc-status-details-bin":
                for packed in Status.FromString(value).details:
                    info, bad = ErrorInfo(), BadRequest()
                    if packed.Unpack(info):
                        self.reason = info.reason
                    elif packed.Unpack(bad):
                        self.field = bad.field_violations[0].field


class Client:
    """`await client.call("GetOrganization", caller, id=…)`."""

    def __init__(self, channel: grpc.aio.Channel, signers: Mapping[str, IdentitySigner]) -> None:
        self._channel = channel
        self._signers = signers

    async def call(self, method: str, caller: Identity | str, /, request: Any = None, **fields: Any) -> Any:
        """The answer; `caller` is an identity, or a service's name with an organization after a slash. Refused otherwise."""
        described = _METHODS[method]
        send = self._channel.unary_unary(
            f"/{described.containing_service.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        message = GetMessageClass(described.input_type)(**fields) if request is None else request
        try:
            return await send(message, timeout=10, metadata=[(METADATA_KEY, self._identity(caller))])
        except grpc.aio.AioRpcError as error:
            raise Refused(error) from None

    async def organization(self, slug: str = "acme", **fields: Any) -> Organization:
        """A new organization."""
        values = {"request_id": str(new_id()), "name": "Acme Inc.", "slug": slug, "country": "DE", **fields}
        answer: Organization = await self.call("CreateOrganization", OPERATOR, **values)
        return answer

    async def token(self, organization_id: str, caller: Identity = OPERATOR, **fields: Any) -> AccessToken:
        """A new access token of an organization."""
        values = {"request_id": str(new_id()), "organization_id": organization_id, "scopes": ["*"], **fields}
        answer: AccessToken = await self.call("CreateAccessToken", caller, **values)
        return answer

    async def refusal(self, method: str, caller: Identity | str, /, request: Any = None, **fields: Any) -> tuple[str, str, str]:
        """Code, reason and first field of the error that a call answers."""
        with pytest.raises(Refused) as caught:
            await self.call(method, caller, request, **fields)
        return caught.value.code.name, caught.value.reason, caught.value.field

    def _identity(self, caller: Identity | str) -> str:
        if isinstance(caller, str):
            service, _, organization_id = caller.partition("/")
            return self._signers[service].own(UUID(organization_id))
        return self._signers["identity"].sign(caller)
