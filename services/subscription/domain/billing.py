"""A subscription's entries on their way to one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from services.subscription.domain.discount import AppliedDiscount
from services.subscription.domain.entry import LIFECYCLE, BillingEntry, EntryState
from services.subscription.domain.periods import Period
from services.subscription.domain.subscription import Subscription


class BillingReason(StrEnum):
    """Why an order is made."""

    CREATE = "subscription_create"
    CYCLE = "subscription_cycle"
    UPDATE = "subscription_update"


@dataclass(frozen=True, slots=True)
class Billing:
    """What one order is made of, beside what the subscription says."""

    order_id: UUID
    reason: BillingReason
    entries: tuple[BillingEntry, ...]
    description: str
    discount: AppliedDiscount | None = None
    """Comes off the entries that are no prorations."""
    period: Period | None = None
    """The one that began, for a cycle."""
    void_on_failure: bool = False


def bill(
    subscription: Subscription, entries: Sequence[BillingEntry], reason: BillingReason, order_id: UUID, *, charge_first: bool = False
) -> Billing:
    """The order of some entries, which then belong to it: as billed, or as reserved for a change that holds once it is paid.

    The subscription's discount, which is not used up, reduces it if there is something to reduce; that is `discount_billed`'s to remember.
    """
    assert entries, "an order without lines is none"
    verb = "reserve" if charge_first else "bill"
    linked = tuple(
        replace(each, state=EntryState(LIFECYCLE.after(verb, each.state)), order_id=order_id, charged_first=charge_first)
        for each in entries
    )
    discount = subscription.terms.discount
    reduces = discount is not None and any(not entry.proration for entry in entries)
    return Billing(
        order_id=order_id,
        reason=reason,
        entries=linked,
        description=subscription.terms.product_name,
        discount=discount.applied if discount is not None and reduces else None,
        period=subscription.period if reason is BillingReason.CYCLE else None,
        void_on_failure=charge_first,
    )


def discount_billed(subscription: Subscription, billing: Billing | None) -> Subscription:
    """The subscription after the order of a period that its discount reduced, or not."""
    discount = subscription.terms.discount
    if billing is None or billing.discount is None or discount is None:
        return subscription if subscription.period_discount is None else replace(subscription, period_discount=None)
    terms = replace(subscription.terms, discount=discount.billed())
    return replace(subscription, terms=terms, period_discount=billing.discount)
