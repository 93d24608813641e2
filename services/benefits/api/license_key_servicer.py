"""bursar.benefits.v1.LicenseKeyService, and its twin for software on a customer's machine."""

from __future__ import annotations

from uuid import UUID

from bursar.benefits.v1 import license_key_pb2, license_key_service_pb2

from services.benefits.api import convert_license_keys as convert
from services.benefits.api.calls import Calls, claimed_organization, own_organization
from services.benefits.usecases.change_license_key import rotate_license_key, update_license_key
from services.benefits.usecases.use_license_key import activate_license_key, deactivate_license_key, validate_license_key
from services.chassis.call import Call
from services.chassis.database import Transaction
from services.chassis.pagination import page_of

_Validate = license_key_service_pb2.ValidateLicenseKeyRequest
_Activate = license_key_service_pb2.ActivateLicenseKeyRequest
_Deactivate = license_key_service_pb2.DeactivateLicenseKeyRequest


class KeyUse:
    """What both twins do, once the organization is known."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def validate(self, organization_id: UUID, request: _Validate, call: Call) -> license_key_pb2.ValidatedLicenseKey:
        claim = convert.claim_of(request)

        async def effect(transaction: Transaction) -> license_key_pb2.ValidatedLicenseKey:
            return convert.validated_to_proto(
                *await validate_license_key(transaction, organization_id, request.key, claim, ports=self._calls.ports)
            )

        return await self._calls.change(organization_id, call, request, license_key_pb2.ValidatedLicenseKey, effect)

    async def activate(self, organization_id: UUID, request: _Activate, call: Call) -> license_key_pb2.LicenseKeyActivation:
        installation = convert.installation_of(request)

        async def effect(transaction: Transaction) -> license_key_pb2.LicenseKeyActivation:
            return convert.activation_to_proto(
                await activate_license_key(transaction, organization_id, request.key, installation, ports=self._calls.ports)
            )

        return await self._calls.change(organization_id, call, request, license_key_pb2.LicenseKeyActivation, effect)

    async def deactivate(self, organization_id: UUID, request: _Deactivate, call: Call) -> license_key_pb2.LicenseKeyActivation:
        activation_id = UUID(request.activation_id)

        async def effect(transaction: Transaction) -> license_key_pb2.LicenseKeyActivation:
            return convert.activation_to_proto(
                await deactivate_license_key(transaction, organization_id, request.key, activation_id, ports=self._calls.ports)
            )

        return await self._calls.change(organization_id, call, request, license_key_pb2.LicenseKeyActivation, effect)


class LicenseKeyServicer:
    """License keys, for the merchant's server."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._ports = calls.ports
        self._use = KeyUse(calls)

    async def GetLicenseKey(self, request: license_key_service_pb2.GetLicenseKeyRequest, call: Call) -> license_key_pb2.LicenseKey:
        async with self._calls.database.transaction(call.organization_id) as transaction:
            return convert.license_key_to_proto(await self._ports.license_keys.get(transaction, call.organization_id, UUID(request.id)))

    async def ListLicenseKeys(
        self, request: license_key_service_pb2.ListLicenseKeysRequest, call: Call
    ) -> license_key_service_pb2.ListLicenseKeysResponse:
        page, wanted = page_of(request), convert.key_filter_of(request)
        async with self._calls.database.transaction(call.organization_id) as transaction:
            return convert.license_keys_to_proto(*await self._ports.license_keys.page(transaction, call.organization_id, wanted, page))

    async def UpdateLicenseKey(self, request: license_key_service_pb2.UpdateLicenseKeyRequest, call: Call) -> license_key_pb2.LicenseKey:
        change = convert.key_change_of(request)

        async def effect(transaction: Transaction) -> license_key_pb2.LicenseKey:
            key = await update_license_key(transaction, call.organization_id, UUID(request.id), change, ports=self._ports)
            return convert.license_key_to_proto(key)

        return await self._calls.change(call.organization_id, call, request, license_key_pb2.LicenseKey, effect)

    async def RotateLicenseKey(self, request: license_key_service_pb2.RotateLicenseKeyRequest, call: Call) -> license_key_pb2.LicenseKey:
        async def effect(transaction: Transaction) -> license_key_pb2.LicenseKey:
            return convert.license_key_to_proto(
                await rotate_license_key(transaction, call.organization_id, UUID(request.id), ports=self._ports)
            )

        return await self._calls.change(call.organization_id, call, request, license_key_pb2.LicenseKey, effect)

    async def ValidateLicenseKey(self, request: _Validate, call: Call) -> license_key_pb2.ValidatedLicenseKey:
        return await self._use.validate(own_organization(request.organization_id, call), request, call)

    async def ActivateLicenseKey(self, request: _Activate, call: Call) -> license_key_pb2.LicenseKeyActivation:
        return await self._use.activate(own_organization(request.organization_id, call), request, call)

    async def DeactivateLicenseKey(self, request: _Deactivate, call: Call) -> license_key_pb2.LicenseKeyActivation:
        return await self._use.deactivate(own_organization(request.organization_id, call), request, call)


class LicenseKeyClientServicer:
    """The same for anybody who has a key: the request names the organization, and its rows are all that the call can see."""

    def __init__(self, calls: Calls) -> None:
        self._use = KeyUse(calls)

    async def ValidateClientLicenseKey(self, request: _Validate, call: Call) -> license_key_pb2.ValidatedLicenseKey:
        return await self._use.validate(claimed_organization(request.organization_id), request, call)

    async def ActivateClientLicenseKey(self, request: _Activate, call: Call) -> license_key_pb2.LicenseKeyActivation:
        return await self._use.activate(claimed_organization(request.organization_id), request, call)

    async def DeactivateClientLicenseKey(self, request: _Deactivate, call: Call) -> license_key_pb2.LicenseKeyActivation:
        return await self._use.deactivate(claimed_organization(request.organization_id), request, call)
