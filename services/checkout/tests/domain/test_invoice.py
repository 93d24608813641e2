"""Numbers of invoices and receipts."""

from __future__ import annotations

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.checkout.domain.customer import short_code
from services.checkout.domain.invoice import InvoiceNumbering, SeriesKind, invoice_series, receipt_series

ORGANIZATION, CUSTOMER = uuid4(), UUID("01890000-0000-7000-8000-0000000000ff")


def test_numbers_by_customer_or_by_organization() -> None:
    by_customer = invoice_series(ORGANIZATION, "ACME", InvoiceNumbering.CUSTOMER, CUSTOMER)
    by_organization = invoice_series(ORGANIZATION, "ACME", InvoiceNumbering.ORGANIZATION, CUSTOMER)
    assert by_customer.number(1) == f"ACME-{short_code(CUSTOMER)}-0001"
    assert by_organization.number(12345) == "ACME-12345"
    assert receipt_series(ORGANIZATION, CUSTOMER).number(7) == f"RCPT-{short_code(CUSTOMER)}-0007"


def test_invoices_and_receipts_count_apart_even_if_they_look_alike() -> None:
    invoice = invoice_series(ORGANIZATION, "RCPT", InvoiceNumbering.CUSTOMER, CUSTOMER)
    receipt = receipt_series(ORGANIZATION, CUSTOMER)
    assert invoice.prefix == receipt.prefix
    assert (invoice.kind, receipt.kind) == (SeriesKind.INVOICE, SeriesKind.RECEIPT)
    assert invoice != receipt


@given(st.uuids())
def test_a_short_code_is_eight_letters(customer_id: UUID) -> None:
    code = short_code(customer_id)
    assert len(code) == 8
    assert code.isalpha()
    assert code.isupper()
