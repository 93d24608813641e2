"""Customers as messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bursar.checkout.v1 import customer_pb2, customer_service_pb2

from services.chassis.enums import number_of
from services.chassis.errors import Invalid
from services.chassis.field_mask import checked_paths
from services.chassis.ids import id_text
from services.chassis.metadata import read_metadata, write_metadata
from services.checkout.domain.address import Address
from services.checkout.domain.customer import Customer, CustomerDetails
from services.checkout.messages.types import address_from_proto, address_to_proto, set_time, text_of

_TEXTS = ("external_id", "name", "billing_name", "tax_id", "locale")
_PATHS = ("email", *_TEXTS, "billing_address", "metadata")


def customer_to_proto(customer: Customer) -> customer_pb2.Customer:
    details = customer.details
    message = customer_pb2.Customer(
        id=str(customer.id),
        organization_id=str(customer.organization_id),
        external_id=details.external_id,
        type=number_of(customer_pb2.CustomerType, customer.type),
        email=details.email,
        email_verified=customer.email_verified,
        name=details.name,
        billing_name=details.billing_name,
        billing_address=address_to_proto(details.billing_address),
        tax_id=details.tax_id,
        locale=details.locale,
        default_payment_method_id=id_text(customer.default_payment_method_id),
        version=customer.version,
    )
    set_time(message.deleted_at, customer.deleted_at)
    set_time(message.created_at, customer.created_at)
    set_time(message.modified_at, customer.modified_at)
    write_metadata(details.metadata or {}, message.metadata)
    return message


def customer_details(request: customer_service_pb2.CreateCustomerRequest) -> CustomerDetails:
    return CustomerDetails(
        email=request.email,
        external_id=text_of(request, "external_id"),
        name=text_of(request, "name"),
        billing_name=text_of(request, "billing_name"),
        billing_address=_address(request),
        tax_id=text_of(request, "tax_id"),
        locale=text_of(request, "locale"),
        metadata=read_metadata(request.metadata),
    )


def customer_edit(request: customer_service_pb2.UpdateCustomerRequest) -> Callable[[CustomerDetails], CustomerDetails]:
    """What the fields named in the mask do to a customer."""
    paths = checked_paths(request.update_mask, _PATHS)
    texts = {name: text_of(request, name) for name in _TEXTS if name in paths}
    if "email" in paths and not request.email:
        raise Invalid("FIELD_INVALID", "a customer has an e-mail address", field="email")

    def edit(details: CustomerDetails) -> CustomerDetails:
        if "email" in paths:
            details = replace(details, email=request.email)
        if "billing_address" in paths:
            details = replace(details, billing_address=_address(request))
        if "metadata" in paths:
            details = replace(details, metadata=read_metadata(request.metadata))
        return replace(details, **texts)  # type: ignore[arg-type]

    return edit


def _address(request: customer_service_pb2.CreateCustomerRequest | customer_service_pb2.UpdateCustomerRequest) -> Address | None:
    return address_from_proto(request.billing_address, "billing_address") if request.HasField("billing_address") else None
