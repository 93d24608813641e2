"""Checkouts and attempts as rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.checkout.domain.checkout import Checkout, CheckoutStatus
from services.checkout.domain.discount import same_person
from services.checkout.domain.payment import Attempt, AttemptKind
from services.checkout.storage.documents import BUYER, CART, OFFER, PAGES, PAYMENT_ACTION, PAYMENT_FAILURE


def checkout_to_row(checkout: Checkout, changed_at: datetime) -> dict[str, Any]:
    """`changed_at` is the machine's time, for what waits in vain even while a sandbox's time stands still."""
    return {
        "id": checkout.id,
        "organization_id": checkout.organization_id,
        "status": checkout.status,
        "client_secret": checkout.client_secret,
        "cart": CART.dump(checkout.cart),
        "buyer": BUYER.dump(checkout.buyer),
        "offer": OFFER.dump(checkout.offer),
        "pages": PAGES.dump(checkout.pages),
        "person": same_person(checkout.buyer.email) if checkout.buyer.email else None,
        "order_id": checkout.order_id,
        "subscription_id": checkout.subscription_id,
        "forgone_subscription_id": checkout.forgone_subscription_id,
        "attempt": checkout.attempt,
        "attempt_kind": checkout.attempt_kind,
        "payment_id": checkout.payment_id,
        "payment_method_id": checkout.payment_method_id,
        "payment_action": PAYMENT_ACTION.dump(checkout.payment_action),
        "payment_failure": PAYMENT_FAILURE.dump(checkout.payment_failure),
        "version": checkout.version,
        "expires_at": checkout.expires_at,
        "created_at": checkout.created_at,
        "modified_at": checkout.modified_at,
        "changed_at": changed_at,
        "metadata": dict(checkout.metadata),
    }


def row_to_checkout(row: Mapping[str, Any]) -> Checkout:
    return Checkout(
        id=row["id"],
        organization_id=row["organization_id"],
        status=CheckoutStatus(row["status"]),
        client_secret=row["client_secret"],
        cart=CART.load(row["cart"]),
        buyer=BUYER.load(row["buyer"]),
        offer=OFFER.load(row["offer"]),
        pages=PAGES.load(row["pages"]),
        order_id=row["order_id"],
        subscription_id=row["subscription_id"],
        forgone_subscription_id=row["forgone_subscription_id"],
        attempt=row["attempt"],
        attempt_kind=AttemptKind(row["attempt_kind"]),
        payment_id=row["payment_id"],
        payment_method_id=row["payment_method_id"],
        payment_action=PAYMENT_ACTION.load_optional(row["payment_action"]),
        payment_failure=PAYMENT_FAILURE.load_optional(row["payment_failure"]),
        version=row["version"],
        expires_at=row["expires_at"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        metadata=row["metadata"],
    )


def attempt_to_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "checkout_id": attempt.checkout_id,
        "attempt": attempt.attempt,
        "organization_id": attempt.organization_id,
        "kind": attempt.kind,
        "payment_id": attempt.payment_id,
        "request_id": attempt.request_id,
        "request_hash": attempt.request_hash,
        "created_at": attempt.created_at,
    }


def row_to_attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(
        row["checkout_id"],
        row["organization_id"],
        row["attempt"],
        AttemptKind(row["kind"]),
        row["payment_id"],
        row["request_id"],
        bytes(row["request_hash"]),
        row["created_at"],
    )
