"""Organizations, as identity tells of them."""

from __future__ import annotations

from uuid import UUID

from bursar.identity.v1 import organization_pb2
from bursar.types.v1 import billing_pb2

from services.checkout.domain.dunning import USUAL_DAYS, UnpaidBehavior
from services.checkout.domain.invoice import InvoiceNumbering
from services.checkout.domain.organization import Organization
from services.checkout.domain.price import TaxBehavior
from services.checkout.messages.types import behavior_from_proto, enum_from_proto


def organization_from_proto(message: organization_pb2.Organization) -> Organization:
    settings = message.settings
    numbering = enum_from_proto(InvoiceNumbering, organization_pb2.InvoiceNumbering, settings.invoice_numbering)
    return Organization(
        id=UUID(message.id),
        version=message.version,
        country=message.country,
        default_currency=message.default_presentment_currency or "usd",
        default_tax_behavior=behavior_from_proto(message.default_tax_behavior) or TaxBehavior.LOCATION,
        invoice_prefix=settings.invoice_prefix,
        invoice_numbering=numbering or InvoiceNumbering.CUSTOMER,
        allow_multiple_subscriptions=settings.allow_multiple_subscriptions,
        allow_trial_without_payment_method=settings.allow_trial_without_payment_method,
        prevent_trial_abuse=settings.prevent_trial_abuse,
        time_zone=settings.time_zone or "UTC",
        tax_registrations=tuple(settings.tax_registrations),
        dunning_days=tuple(sorted(settings.dunning_days)) or USUAL_DAYS,
        unpaid_behavior=enum_from_proto(UnpaidBehavior, billing_pb2.UnpaidBehavior, settings.unpaid_behavior) or UnpaidBehavior.CANCEL,
    )
