"""The tables of this service as queries see them; migrations/ makes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import TypeEngine

_metadata = MetaData()
_TIME = TIMESTAMP(timezone=True)
_Type = TypeEngine[Any] | type[TypeEngine[Any]]


def _table(name: str, /, **columns: _Type) -> Table:
    return Table(name, _metadata, *(Column(column, kind) for column, kind in columns.items()))


organization = _table("organization", id=Uuid, version=BigInteger, details=JSONB)

product = _table(
    "product",
    id=Uuid,
    organization_id=Uuid,
    name=Text,
    description=Text,
    visibility=Text,
    is_archived=Boolean,
    recurring_interval=Text,
    recurring_interval_count=Integer,
    trial_interval=Text,
    trial_interval_count=Integer,
    version=BigInteger,
    created_at=_TIME,
    modified_at=_TIME,
    metadata=JSONB,
)

product_price = _table(
    "product_price",
    id=Uuid,
    organization_id=Uuid,
    product_id=Uuid,
    position=SmallInteger,
    currency=Text,
    amount_type=Text,
    amount=JSONB,
    tax_behavior=Text,
    is_archived=Boolean,
    created_at=_TIME,
)

discount = _table(
    "discount",
    id=Uuid,
    organization_id=Uuid,
    name=Text,
    code=Text,
    basis_points=Integer,
    amounts=JSONB,
    duration=Text,
    duration_in_months=Integer,
    starts_at=_TIME,
    ends_at=_TIME,
    max_redemptions=Integer,
    max_redemptions_per_customer=Integer,
    redemptions_count=Integer,
    product_ids=JSONB,
    version=BigInteger,
    deleted_at=_TIME,
    created_at=_TIME,
    modified_at=_TIME,
    metadata=JSONB,
)

discount_redemption = _table(
    "discount_redemption",
    checkout_id=Uuid,
    subscription_id=Uuid,
    request_id=Text,
    organization_id=Uuid,
    discount_id=Uuid,
    customer_id=Uuid,
    person=Text,
    created_at=_TIME,
)

customer = _table(
    "customer",
    id=Uuid,
    organization_id=Uuid,
    external_id=Text,
    type=Text,
    email=Text,
    email_verified=Boolean,
    name=Text,
    billing_name=Text,
    billing_address=JSONB,
    tax_id=Text,
    locale=Text,
    default_payment_method_id=Uuid,
    version=BigInteger,
    deleted_at=_TIME,
    created_at=_TIME,
    modified_at=_TIME,
    metadata=JSONB,
)

customer_payment_method = _table(
    "customer_payment_method",
    organization_id=Uuid,
    customer_id=Uuid,
    id=Uuid,
    version=BigInteger,
    is_default=Boolean,
    is_gone=Boolean,
    fingerprint=Text,
)

customer_balance = _table("customer_balance", organization_id=Uuid, customer_id=Uuid, currency=Text, amount=BigInteger)

customer_balance_transaction = _table(
    "customer_balance_transaction",
    id=Uuid,
    organization_id=Uuid,
    customer_id=Uuid,
    currency=Text,
    type=Text,
    amount=BigInteger,
    balance_amount=BigInteger,
    order_id=Uuid,
    reason=Text,
    created_at=_TIME,
)

checkout = _table(
    "checkout",
    id=Uuid,
    organization_id=Uuid,
    status=Text,
    client_secret=Text,
    cart=JSONB,
    buyer=JSONB,
    offer=JSONB,
    pages=JSONB,
    product_id=Uuid,
    customer_id=Uuid,
    external_customer_id=Text,
    customer_email=Text,
    person=Text,
    order_id=Uuid,
    subscription_id=Uuid,
    forgone_subscription_id=Uuid,
    attempt=Integer,
    attempt_kind=Text,
    payment_id=Uuid,
    payment_method_id=Uuid,
    payment_action=JSONB,
    payment_failure=JSONB,
    version=BigInteger,
    expires_at=_TIME,
    created_at=_TIME,
    modified_at=_TIME,
    changed_at=_TIME,
    metadata=JSONB,
)

checkout_attempt = _table(
    "checkout_attempt",
    checkout_id=Uuid,
    attempt=Integer,
    organization_id=Uuid,
    kind=Text,
    payment_id=Uuid,
    request_id=Text,
    request_hash=LargeBinary,
    created_at=_TIME,
)

surplus_payment = _table("surplus_payment", payment_id=Uuid, organization_id=Uuid, order_id=Uuid, attempt=Integer, created_at=_TIME)

orders = _table(
    "orders",
    id=Uuid,
    organization_id=Uuid,
    status=Text,
    billing_reason=Text,
    customer_id=Uuid,
    external_customer_id=Text,
    product_id=Uuid,
    discount_id=Uuid,
    subscription_id=Uuid,
    checkout_id=Uuid,
    currency=Text,
    subtotal_amount=BigInteger,
    discount_amount=BigInteger,
    net_amount=BigInteger,
    tax_amount=BigInteger,
    total_amount=BigInteger,
    applied_balance_amount=BigInteger,
    due_amount=BigInteger,
    tax_inclusive=Boolean,
    tax_lines=JSONB,
    billing_name=Text,
    billing_address=JSONB,
    customer_tax_id=Text,
    description=Text,
    payment_id=Uuid,
    processor=Text,
    invoice_number=Text,
    receipt_number=Text,
    version=BigInteger,
    paid_at=_TIME,
    created_at=_TIME,
    modified_at=_TIME,
    metadata=JSONB,
    seats=Integer,
    period_start=_TIME,
    period_end=_TIME,
    payment_method_id=Uuid,
    void_on_failure=Boolean,
    is_delivered=Boolean,
    holds_balance=Boolean,
    forfeited_amount=BigInteger,
    payment_attempts=Integer,
    payment_failure=JSONB,
    payment_action=JSONB,
    dunning_phase=Text,
    past_due_at=_TIME,
    dunning_due_at=_TIME,
)

order_item = _table(
    "order_item",
    id=Uuid,
    organization_id=Uuid,
    order_id=Uuid,
    position=SmallInteger,
    label=Text,
    amount=BigInteger,
    discount_amount=BigInteger,
    tax_amount=BigInteger,
    proration=Boolean,
    price_id=Uuid,
    start_timestamp=_TIME,
    end_timestamp=_TIME,
    quantity=Integer,
    description=Text,
    billing_entry_id=Uuid,
    billing_entry_type=Text,
)

order_charge = _table(
    "order_charge",
    order_id=Uuid,
    attempt=Integer,
    organization_id=Uuid,
    trigger=Text,
    status=Text,
    payment_id=Uuid,
    request_id=Text,
    request_hash=LargeBinary,
    created_at=_TIME,
    look_at=_TIME,
)

ended_subscription = _table("ended_subscription", organization_id=Uuid, subscription_id=Uuid)

number_series = _table("number_series", organization_id=Uuid, kind=Text, prefix=Text, last_number=BigInteger)
