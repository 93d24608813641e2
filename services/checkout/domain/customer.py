"""Somebody who buys from an organization: one per e-mail address and one per external id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.checkout.domain.address import Address
from services.checkout.domain.balance import BalanceAdjusted, BalanceTransaction
from services.checkout.domain.errors import CustomerExternalIdFixed
from services.checkout.domain.metadata import Metadata

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHORT_CODE_LENGTH = 8


class CustomerType(StrEnum):
    """One person or several."""

    INDIVIDUAL = "individual"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class CustomerDetails:
    """A customer as the merchant or the buyer describes them."""

    email: str
    external_id: str | None = None
    name: str | None = None
    billing_name: str | None = None
    billing_address: Address | None = None
    tax_id: str | None = None
    locale: str | None = None
    metadata: Metadata | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer; deleted ones keep their orders."""

    id: UUID
    organization_id: UUID
    type: CustomerType
    details: CustomerDetails
    email_verified: bool
    default_payment_method_id: UUID | None
    version: int
    deleted_at: datetime | None
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerCreated:
    """Somebody new."""

    customer: Customer


@dataclass(frozen=True, slots=True)
class CustomerUpdated:
    """Their details are others."""

    customer: Customer


@dataclass(frozen=True, slots=True)
class CustomerDeleted:
    """They are no customer any more: subscriptions end, benefits go."""

    customer: Customer


def create(customer_id: UUID, organization_id: UUID, details: CustomerDetails, *, now: datetime) -> tuple[Customer, CustomerCreated]:
    """A new customer."""
    customer = Customer(customer_id, organization_id, CustomerType.INDIVIDUAL, details, False, None, 1, None, now, now)
    return customer, CustomerCreated(customer)


def update(customer: Customer, details: CustomerDetails, *, now: datetime) -> tuple[Customer, CustomerUpdated]:
    """The customer described by `details`. CustomerExternalIdFixed if it had another external id."""
    if customer.details.external_id is not None and details.external_id != customer.details.external_id:
        raise CustomerExternalIdFixed
    verified = customer.email_verified and details.email.lower() == customer.details.email.lower()
    after = replace(customer, details=details, email_verified=verified, version=customer.version + 1, modified_at=now)
    return after, CustomerUpdated(after)


def pay_by(customer: Customer, payment_method_id: UUID | None, *, now: datetime) -> tuple[Customer, CustomerUpdated] | None:
    """The customer with this payment method, or none, for what is due from now on; None if that is so already."""
    if customer.default_payment_method_id == payment_method_id:
        return None
    after = replace(customer, default_payment_method_id=payment_method_id, version=customer.version + 1, modified_at=now)
    return after, CustomerUpdated(after)


def note_balance(customer: Customer, transaction: BalanceTransaction, *, now: datetime) -> tuple[Customer, BalanceAdjusted]:
    """The customer whose balance was adjusted by hand."""
    after = replace(customer, version=customer.version + 1, modified_at=now)
    return after, BalanceAdjusted(transaction, after.version)


def delete(customer: Customer, *, now: datetime) -> tuple[Customer, CustomerDeleted]:
    """The customer as deleted. E-mail address and external id are free again."""
    after = replace(customer, version=customer.version + 1, deleted_at=now, modified_at=now)
    return after, CustomerDeleted(after)


def filled_in(known: CustomerDetails, given: CustomerDetails, *, is_known_buyer: bool) -> CustomerDetails:
    """What is known of a customer, completed by what they said at a purchase.

    If the merchant said who the buyer is, what they say about billing counts. A buyer who only typed an e-mail address may be anybody:
    they add what is missing and change nothing.
    """
    first, second = (given, known) if is_known_buyer else (known, given)
    return replace(
        known,
        external_id=known.external_id or given.external_id,
        name=known.name or given.name,
        billing_name=first.billing_name or second.billing_name,
        billing_address=first.billing_address or second.billing_address,
        tax_id=first.tax_id or second.tax_id,
        locale=known.locale or given.locale,
    )


def short_code(customer_id: UUID) -> str:
    """Eight letters that stand for a customer in numbers of invoices and receipts; from the random end of the id."""
    number, letters = customer_id.int & ((1 << 60) - 1), []
    for _ in range(_SHORT_CODE_LENGTH):
        number, index = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[index])
    return "".join(letters)
