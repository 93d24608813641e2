"""Between the contract and the domain, both ways: license keys."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from bursar.benefits.v1 import license_key_pb2, license_key_service_pb2

from services.benefits.domain.license_key import Activation, Claim, KeyChange, LicenseKey
from services.benefits.usecases.listing import KeyFilter
from services.benefits.usecases.use_license_key import Installation
from services.chassis.errors import Invalid
from services.chassis.field_mask import checked_paths
from services.chassis.metadata import read_metadata, write_metadata
from services.chassis.timestamps import from_timestamp, to_timestamp
from services.chassis.validation import stripped

_KEY_STATUSES = {
    license_key_pb2.LICENSE_KEY_STATUS_GRANTED: "granted",
    license_key_pb2.LICENSE_KEY_STATUS_REVOKED: "revoked",
    license_key_pb2.LICENSE_KEY_STATUS_DISABLED: "disabled",
}
_KEY_PATHS = ("status", "usage", "limit_activations", "limit_usage", "expires_at")


def license_key_to_proto(key: LicenseKey) -> license_key_pb2.LicenseKey:
    return license_key_pb2.LicenseKey(
        id=str(key.id),
        organization_id=str(key.organization_id),
        customer_id=str(key.customer_id),
        benefit_id=str(key.benefit_id),
        key=key.key,
        display_key=key.display_key,
        status=next(value for value, each in _KEY_STATUSES.items() if each == key.status),
        limit_activations=key.limit_activations,
        usage=key.usage,
        limit_usage=key.limit_usage,
        validations=key.validations,
        last_validated_at=to_timestamp(key.last_validated_at),
        expires_at=to_timestamp(key.expires_at),
        version=key.version,
        created_at=to_timestamp(key.created_at),
        modified_at=to_timestamp(key.modified_at),
    )


def license_keys_to_proto(keys: Sequence[LicenseKey], token: str, total: int | None) -> license_key_service_pb2.ListLicenseKeysResponse:
    return license_key_service_pb2.ListLicenseKeysResponse(
        license_keys=[license_key_to_proto(each) for each in keys], next_page_token=token, total_count=total
    )


def key_filter_of(request: license_key_service_pb2.ListLicenseKeysRequest) -> KeyFilter:
    return KeyFilter(
        benefit_id=UUID(request.benefit_id) if request.HasField("benefit_id") else None,
        customer_id=UUID(request.customer_id) if request.HasField("customer_id") else None,
        status=_KEY_STATUSES.get(request.status),
    )


def key_change_of(request: license_key_service_pb2.UpdateLicenseKeyRequest) -> KeyChange:
    paths = checked_paths(request.update_mask, _KEY_PATHS)
    status = _KEY_STATUSES.get(request.status, "")
    if "status" in paths and status not in ("granted", "disabled"):
        raise Invalid("FIELD_INVALID", "status is granted or disabled; a key is revoked with its grant", field="status")
    return KeyChange(
        fields=paths,
        status=status if "status" in paths else "",
        usage=request.usage,
        limit_activations=request.limit_activations if request.HasField("limit_activations") else None,
        limit_usage=request.limit_usage if request.HasField("limit_usage") else None,
        expires_at=from_timestamp(request.expires_at, "expires_at") if request.HasField("expires_at") else None,
    )


def claim_of(request: license_key_service_pb2.ValidateLicenseKeyRequest) -> Claim:
    return Claim(
        benefit_id=UUID(request.benefit_id) if request.HasField("benefit_id") else None,
        customer_id=UUID(request.customer_id) if request.HasField("customer_id") else None,
        activation_id=UUID(request.activation_id) if request.HasField("activation_id") else None,
        conditions=read_metadata(request.conditions, "conditions"),
        increment_usage=request.increment_usage,
    )


def installation_of(request: license_key_service_pb2.ActivateLicenseKeyRequest) -> Installation:
    return Installation(
        stripped(request.label, "label"),
        read_metadata(request.conditions, "conditions"),
        read_metadata(request.meta, "meta"),
    )


def activation_to_proto(activation: Activation) -> license_key_pb2.LicenseKeyActivation:
    message = license_key_pb2.LicenseKeyActivation(
        id=str(activation.id),
        license_key_id=str(activation.license_key_id),
        label=activation.label,
        created_at=to_timestamp(activation.created_at),
        modified_at=to_timestamp(activation.modified_at),
    )
    write_metadata(activation.meta, message.meta)
    return message


def validated_to_proto(key: LicenseKey, activation: Activation | None) -> license_key_pb2.ValidatedLicenseKey:
    return license_key_pb2.ValidatedLicenseKey(
        license_key=license_key_to_proto(key), activation=activation_to_proto(activation) if activation else None
    )
