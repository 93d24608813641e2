"""A cart of one product on its way to an order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.chassis.lifecycle import Lifecycle
from services.checkout.domain.cart import Buyer, Cart, Pages
from services.checkout.domain.errors import CheckoutExpired, CheckoutNotOpen, TooManyAttempts
from services.checkout.domain.metadata import Metadata
from services.checkout.domain.offer import Offer
from services.checkout.domain.payment import AttemptKind, PaymentAction, PaymentFailure

LIFETIME = timedelta(hours=24)
MOST_ATTEMPTS = 20


class CheckoutStatus(StrEnum):
    """Where a checkout stands."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    SUCCEEDED = "succeeded"
    EXPIRED = "expired"
    FAILED = "failed"


_S = CheckoutStatus
CHECKOUT = Lifecycle(
    "checkout",
    {
        "change": {_S.OPEN: _S.OPEN},
        "confirm": {_S.OPEN: _S.CONFIRMED},
        "await_buyer": {_S.CONFIRMED: _S.CONFIRMED},
        "await_card": {_S.CONFIRMED: _S.CONFIRMED},
        "reopen": {_S.CONFIRMED: _S.OPEN},
        # Money that arrives late still buys: paid is delivered.
        "succeed": {_S.CONFIRMED: _S.SUCCEEDED, _S.OPEN: _S.SUCCEEDED, _S.EXPIRED: _S.SUCCEEDED, _S.FAILED: _S.SUCCEEDED},
        "expire": {_S.OPEN: _S.EXPIRED},
    },
)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout session."""

    id: UUID
    organization_id: UUID
    status: CheckoutStatus
    client_secret: str
    cart: Cart
    buyer: Buyer
    offer: Offer
    pages: Pages
    order_id: UUID | None
    subscription_id: UUID | None
    attempt: int
    """How often it was confirmed."""
    attempt_kind: AttemptKind
    payment_id: UUID | None
    """Of the latest attempt: the payment, or the setup of a card."""
    payment_method_id: UUID | None
    payment_action: PaymentAction | None
    payment_failure: PaymentFailure | None
    version: int
    expires_at: datetime
    created_at: datetime
    modified_at: datetime
    metadata: Metadata
    forgone_subscription_id: UUID | None = None
    """Of an earlier confirmation, while what was confirmed last does not recur."""


@dataclass(frozen=True, slots=True)
class CheckoutCreated:
    """A cart is open."""

    checkout: Checkout


@dataclass(frozen=True, slots=True)
class CheckoutUpdated:
    """A cart, or where it stands, changed."""

    checkout: Checkout


@dataclass(frozen=True, slots=True)
class CheckoutGone:
    """Nobody bought it in time."""

    checkout: Checkout


@dataclass(frozen=True, slots=True)
class CheckoutPaymentActionRequired:
    """The buyer has to act before a new subscription starts."""

    checkout: Checkout


@dataclass(frozen=True, slots=True)
class CheckoutSucceeded:
    """The buyer has what was promised."""

    checkout: Checkout
    started_at: datetime


def create(
    checkout_id: UUID,
    organization_id: UUID,
    client_secret: str,
    *,
    cart: Cart,
    buyer: Buyer,
    offer: Offer,
    pages: Pages,
    metadata: Metadata,
    now: datetime,
) -> tuple[Checkout, CheckoutCreated]:
    """An open checkout that expires after 24 hours."""
    checkout = Checkout(
        id=checkout_id,
        organization_id=organization_id,
        status=CheckoutStatus.OPEN,
        client_secret=client_secret,
        cart=cart,
        buyer=buyer,
        offer=offer,
        pages=pages,
        order_id=None,
        subscription_id=None,
        attempt=0,
        attempt_kind=AttemptKind.NONE,
        payment_id=None,
        payment_method_id=None,
        payment_action=None,
        payment_failure=None,
        version=1,
        expires_at=now + LIFETIME,
        created_at=now,
        modified_at=now,
        metadata=metadata,
    )
    return checkout, CheckoutCreated(checkout)


def change(
    checkout: Checkout, *, cart: Cart, buyer: Buyer, offer: Offer, metadata: Metadata, now: datetime
) -> tuple[Checkout, CheckoutUpdated]:
    """The open checkout with another cart, buyer or offer."""
    check_open(checkout, now)
    after = replace(_moved(checkout, "change", now), cart=cart, buyer=buyer, offer=offer, metadata=metadata)
    return after, CheckoutUpdated(after)


def confirm(
    checkout: Checkout,
    *,
    cart: Cart,
    buyer: Buyer,
    offer: Offer,
    order_id: UUID,
    subscription_id: UUID,
    payment_id: UUID,
    attempt_kind: AttemptKind,
    now: datetime,
) -> tuple[Checkout, CheckoutUpdated]:
    """The checkout with its offer frozen. The ids are fresh; those of an earlier attempt stay."""
    if is_expired(checkout, now):
        raise CheckoutExpired
    if checkout.attempt >= MOST_ATTEMPTS:
        raise TooManyAttempts
    known_id = checkout.subscription_id or checkout.forgone_subscription_id
    after = replace(
        _moved(checkout, "confirm", now),
        cart=cart,
        buyer=buyer,
        offer=offer,
        order_id=checkout.order_id or order_id,
        subscription_id=(known_id or subscription_id) if offer.recurring else None,
        forgone_subscription_id=None if offer.recurring or cart.upgraded_subscription_id else known_id,
        attempt=checkout.attempt + 1,
        attempt_kind=attempt_kind,
        payment_id=payment_id,
        payment_failure=None,
    )
    return after, CheckoutUpdated(after)


def await_buyer(
    checkout: Checkout, action: PaymentAction, *, now: datetime
) -> tuple[Checkout, tuple[CheckoutUpdated | CheckoutPaymentActionRequired, ...]]:
    """The confirmed checkout with what the buyer has to do."""
    after = replace(_moved(checkout, "await_buyer", now), payment_action=action)
    if new_subscription_id(after) is None:
        return after, (CheckoutUpdated(after),)
    asked = replace(after, version=after.version + 1)
    return asked, (CheckoutUpdated(after), CheckoutPaymentActionRequired(asked))


def await_card(checkout: Checkout, payment_method_id: UUID) -> Checkout:
    """The confirmed checkout whose card is saved, of which nothing is known yet. Nobody is told: it is still confirmed."""
    CHECKOUT.after("await_card", checkout.status)
    return replace(checkout, payment_action=None, payment_method_id=payment_method_id)


def reopen(checkout: Checkout, failure: PaymentFailure, *, now: datetime) -> tuple[Checkout, CheckoutUpdated]:
    """The checkout open again after a decline; it says why."""
    after = replace(_moved(checkout, "reopen", now), payment_action=None, payment_failure=failure, payment_method_id=None)
    return after, CheckoutUpdated(after)


def succeed(checkout: Checkout, payment_method_id: UUID | None, *, now: datetime) -> tuple[Checkout, CheckoutSucceeded]:
    """The checkout at its end."""
    after = replace(_moved(checkout, "succeed", now), payment_action=None, payment_failure=None, payment_method_id=payment_method_id)
    return after, CheckoutSucceeded(after, now)


def expire(checkout: Checkout, *, now: datetime) -> tuple[Checkout, CheckoutGone]:
    """The checkout as given up."""
    after = _moved(checkout, "expire", now)
    return after, CheckoutGone(after)


def new_subscription_id(checkout: Checkout) -> UUID | None:
    """The subscription that starts when it succeeds; None if none does, or one that is there goes on."""
    return checkout.subscription_id if checkout.cart.upgraded_subscription_id is None else None


def unbought_subscription_id(checkout: Checkout) -> UUID | None:
    """The new subscription of its latest confirmation that would have started one; nobody bought it."""
    return new_subscription_id(checkout) or checkout.forgone_subscription_id


def is_expired(checkout: Checkout, now: datetime) -> bool:
    """Whether it can no longer be bought. One with a payment under way does not expire."""
    return checkout.status is _S.EXPIRED or (checkout.status is _S.OPEN and now >= checkout.expires_at)


def check_open(checkout: Checkout, now: datetime) -> None:
    """CheckoutNotOpen unless it may change."""
    if is_expired(checkout, now):
        raise CheckoutNotOpen(_S.EXPIRED)
    if checkout.status is not _S.OPEN:
        raise CheckoutNotOpen(checkout.status)


def _moved(checkout: Checkout, verb: str, now: datetime) -> Checkout:
    status = CheckoutStatus(CHECKOUT.after(verb, checkout.status))
    return replace(checkout, status=status, version=checkout.version + 1, modified_at=now)
