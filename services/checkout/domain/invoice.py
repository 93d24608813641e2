"""Numbers of invoices and receipts: series without gaps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from services.checkout.domain.customer import short_code

if TYPE_CHECKING:
    from services.checkout.domain.organization import Organization

_FEWEST_DIGITS = 4
_RECEIPT_PREFIX = "RCPT"
_FALLBACK_PREFIX = "INV"


class InvoiceNumbering(StrEnum):
    """Which series invoice numbers are drawn from."""

    CUSTOMER = "customer"
    ORGANIZATION = "organization"


class SeriesKind(StrEnum):
    """What a series numbers. An invoice and a receipt may look alike and still count apart."""

    INVOICE = "invoice"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """A counter of one organization: what it numbers, and how its numbers begin.

    It is named by the text itself, so that two customers with the same short code share a counter and never a number.
    """

    organization_id: UUID
    kind: SeriesKind
    prefix: str

    def number(self, count: int) -> str:
        """The count-th number of the series, from 1."""
        return f"{self.prefix}-{count:0{_FEWEST_DIGITS}d}"


def invoice_series(organization_id: UUID, prefix: str, numbering: InvoiceNumbering, customer_id: UUID) -> Series:
    """Where a customer's next invoice number comes from: `PREFIX-SHORTID-0001` or `PREFIX-0001`."""
    start = prefix or _FALLBACK_PREFIX
    text = f"{start}-{short_code(customer_id)}" if numbering is InvoiceNumbering.CUSTOMER else start
    return Series(organization_id, SeriesKind.INVOICE, text)


def receipt_series(organization_id: UUID, customer_id: UUID) -> Series:
    """Where a customer's next receipt number comes from: `RCPT-SHORTID-0001`."""
    return Series(organization_id, SeriesKind.RECEIPT, f"{_RECEIPT_PREFIX}-{short_code(customer_id)}")


def series_of_order(organization: Organization, customer_id: UUID, *, is_charged: bool) -> tuple[Series, ...]:
    """Where a paid order's numbers come from: the invoice's series, and the receipt's if something was charged."""
    invoice = invoice_series(organization.id, organization.invoice_prefix, organization.invoice_numbering, customer_id)
    return (invoice, receipt_series(organization.id, customer_id)) if is_charged else (invoice,)
