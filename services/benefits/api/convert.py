"""Between the contract and the domain, both ways: benefits and grants."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from bursar.benefits.v1 import benefit_pb2, benefit_service_pb2, grant_pb2, grant_service_pb2
from bursar.types.v1.intervals_pb2 import RecurringInterval

from services.benefits.domain.benefit import Benefit, BenefitChange, Expiration, Kind, Properties, Visibility
from services.benefits.domain.entitlement import Entitlement
from services.benefits.domain.errors import BenefitKindFixed
from services.benefits.domain.source import SourceKind
from services.benefits.usecases.create_benefit import Draft
from services.benefits.usecases.listing import BenefitFilter, GrantFilter, ShownGrant
from services.chassis.errors import Invalid
from services.chassis.field_mask import checked_paths
from services.chassis.ids import id_text
from services.chassis.metadata import read_metadata, write_metadata
from services.chassis.timestamps import to_timestamp
from services.chassis.validation import stripped

_TIMEFRAMES = {
    RecurringInterval.RECURRING_INTERVAL_DAY: "day",
    RecurringInterval.RECURRING_INTERVAL_MONTH: "month",
    RecurringInterval.RECURRING_INTERVAL_YEAR: "year",
}
_INTERVALS = {name: value for value, name in _TIMEFRAMES.items()}
_VISIBILITIES = {
    benefit_pb2.BENEFIT_VISIBILITY_PUBLIC: Visibility.PUBLIC,
    benefit_pb2.BENEFIT_VISIBILITY_PRIVATE: Visibility.PRIVATE,
}
_BENEFIT_PATHS = ("description", "visibility", "custom", "license_keys", "metadata")


def benefit_to_proto(benefit: Benefit) -> benefit_pb2.Benefit:
    message = benefit_pb2.Benefit(
        id=str(benefit.id),
        organization_id=str(benefit.organization_id),
        description=benefit.description,
        visibility=next(value for value, each in _VISIBILITIES.items() if each is benefit.visibility),
        is_deleted=benefit.is_deleted,
        version=benefit.version,
        created_at=to_timestamp(benefit.created_at),
        modified_at=to_timestamp(benefit.modified_at),
    )
    of = benefit.properties
    if benefit.kind is Kind.CUSTOM:
        message.custom.CopyFrom(benefit_pb2.CustomBenefit(note=of.note))
    elif benefit.kind is Kind.FEATURE_FLAG:
        message.feature_flag.SetInParent()
    else:
        message.license_keys.CopyFrom(_license_keys(of))
    write_metadata(benefit.metadata, message.metadata)
    return message


def _license_keys(of: Properties) -> benefit_pb2.LicenseKeysBenefit:
    message = benefit_pb2.LicenseKeysBenefit(prefix=of.prefix, limit_usage=of.limit_usage)
    if of.expires:
        message.expires.ttl = of.expires.ttl
        message.expires.timeframe = _INTERVALS[of.expires.timeframe]
    if of.limit_activations is not None:
        message.activations.limit = of.limit_activations
        message.activations.enable_customer_admin = of.enable_customer_admin
    return message


def draft_of(request: benefit_service_pb2.CreateBenefitRequest) -> Draft:
    kind = Kind(str(request.WhichOneof("properties")))
    return Draft(
        kind,
        stripped(request.description, "description", shortest=3),
        _VISIBILITIES.get(request.visibility),
        _properties(request, kind),
        read_metadata(request.metadata),
    )


def change_of(request: benefit_service_pb2.UpdateBenefitRequest) -> BenefitChange:
    paths = checked_paths(request.update_mask, _BENEFIT_PATHS)
    kinds = [path for path in ("custom", "license_keys") if path in paths]
    if len(kinds) > 1 or (kinds and request.WhichOneof("properties") not in (None, kinds[0])):
        raise BenefitKindFixed(kinds[0], kinds[-1])
    kind = Kind(kinds[0]) if kinds else None
    if "visibility" in paths and not request.visibility:
        raise Invalid("FIELD_INVALID", "visibility is public or private", field="visibility")
    return BenefitChange(
        description=stripped(request.description, "description", shortest=3) if "description" in paths else None,
        visibility=_VISIBILITIES[request.visibility] if "visibility" in paths else None,
        kind=kind,
        properties=_properties(request, kind) if kind else None,
        metadata=read_metadata(request.metadata) if "metadata" in paths else None,
    )


def _properties(request: benefit_service_pb2.CreateBenefitRequest | benefit_service_pb2.UpdateBenefitRequest, kind: Kind) -> Properties:
    if kind is Kind.CUSTOM:
        return Properties(note=request.custom.note or None)
    if kind is Kind.FEATURE_FLAG:
        return Properties()
    keys = request.license_keys
    return Properties(
        prefix=keys.prefix or None,
        expires=Expiration(keys.expires.ttl, _TIMEFRAMES[keys.expires.timeframe]) if keys.HasField("expires") else None,
        limit_activations=keys.activations.limit if keys.HasField("activations") else None,
        enable_customer_admin=keys.activations.enable_customer_admin,
        limit_usage=keys.limit_usage if keys.HasField("limit_usage") else None,
    )


def product_benefits_to_proto(product_id: UUID, benefits: Sequence[Benefit]) -> benefit_service_pb2.ProductBenefits:
    return benefit_service_pb2.ProductBenefits(product_id=str(product_id), benefits=[benefit_to_proto(each) for each in benefits])


def benefits_to_proto(benefits: Sequence[Benefit], token: str, total: int | None) -> benefit_service_pb2.ListBenefitsResponse:
    return benefit_service_pb2.ListBenefitsResponse(
        benefits=[benefit_to_proto(each) for each in benefits], next_page_token=token, total_count=total
    )


def grant_to_proto(shown: ShownGrant) -> grant_pb2.BenefitGrant:
    grant = shown.grant
    by_order = grant.source_kind is SourceKind.ORDER
    return grant_pb2.BenefitGrant(
        id=str(grant.id),
        organization_id=str(grant.organization_id),
        customer_id=str(grant.customer_id),
        benefit_id=str(grant.benefit_id),
        order_id=str(grant.bought_by) if by_order else None,
        subscription_id=None if by_order else str(grant.bought_by),
        seat_id=id_text(grant.seat_id),
        is_granted=grant.is_granted,
        is_revoked=not grant.is_granted,
        granted_at=to_timestamp(grant.granted_at),
        revoked_at=to_timestamp(grant.revoked_at),
        license_key_id=str(shown.license_key.id) if shown.license_key else None,
        display_key=shown.license_key.display_key if shown.license_key else None,
        version=grant.version,
        created_at=to_timestamp(grant.created_at),
        modified_at=to_timestamp(grant.modified_at),
    )


def grants_to_proto(grants: Sequence[ShownGrant], token: str, total: int | None) -> grant_service_pb2.ListBenefitGrantsResponse:
    return grant_service_pb2.ListBenefitGrantsResponse(
        benefit_grants=[grant_to_proto(each) for each in grants], next_page_token=token, total_count=total
    )


def benefit_filter_of(request: benefit_service_pb2.ListBenefitsRequest) -> BenefitFilter:
    return BenefitFilter(request.query, list(request.type), [UUID(each) for each in request.exclude_id], dict(request.metadata))


def grant_filter_of(request: grant_service_pb2.ListBenefitGrantsRequest) -> GrantFilter:
    return GrantFilter(
        customer_ids=[UUID(each) for each in request.customer_id],
        external_customer_ids=list(request.external_customer_id),
        benefit_ids=[UUID(each) for each in request.benefit_id],
        bought_by=[UUID(getattr(request, name)) for name in ("order_id", "subscription_id") if request.HasField(name)],
        is_granted=request.is_granted if request.HasField("is_granted") else None,
    )


def entitlement_to_bytes(entitlement: Entitlement | None) -> bytes:
    """The answer as it travels, so that a remembered one is not written anew for each call."""
    if entitlement is None:
        return b""
    message = grant_service_pb2.Entitlement(
        entitled=True, grant_id=str(entitlement.grant_id), expires_at=to_timestamp(entitlement.expires_at)
    )
    write_metadata(entitlement.metadata, message.metadata)
    return message.SerializeToString()
