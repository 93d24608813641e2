"""What must hold for the whole suite at every moment of quiet. Each invariant is a function from the suite to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from uuid import UUID

from deploy.audit.invariants_balance import customer_balances_follow
from deploy.audit.invariants_benefits import grants_follow, keys_follow
from deploy.audit.invariants_billing import billings_become_orders, debts_agree, entries_are_billed_once, periods_follow_each_other
from deploy.audit.invariants_books import customer_balances_are_booked, order_legs_follow
from deploy.audit.invariants_checkout import (
    amounts_follow,
    checkouts_and_orders_agree,
    checkouts_have_outcomes,
    numbers_have_no_gaps,
    redemptions_are_counted,
)
from deploy.audit.invariants_facts import answers_are_kept, facts_are_published, facts_are_taken, nothing_is_parked, versions_have_no_gaps
from deploy.audit.invariants_ledger import balances_follow, books_balance, seals_fit, sequences_have_no_gaps
from deploy.audit.invariants_money import charges_agree, clearing_agrees, fees_agree, orders_are_booked, orders_are_paid, payments_are_known
from deploy.audit.invariants_seats import seats_are_enough
from deploy.audit.invariants_subscription import incomplete_ones_wait, subscriptions_follow
from deploy.audit.invariants_tenants import copies_are_current, organizations_are_apart
from deploy.audit.invariants_time import nothing_is_overdue
from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict

__all__ = ["Invariant", "Verdict", "audit", "invariants"]

Invariant = Callable[[Suite], Verdict]


def audit(suite: Suite, *, parked: Collection[UUID] = ()) -> list[Verdict]:
    """Every verdict. `parked` are the facts that consumers are expected to have given up."""
    return [invariant(suite) for invariant in invariants(parked)]


def invariants(parked: Collection[UUID] = ()) -> list[Invariant]:
    """All of them, those about money first."""
    return [
        orders_are_paid,
        charges_agree,
        orders_are_booked,
        order_legs_follow,
        customer_balances_are_booked,
        fees_agree,
        payments_are_known,
        clearing_agrees,
        books_balance,
        balances_follow,
        sequences_have_no_gaps,
        seals_fit,
        amounts_follow,
        numbers_have_no_gaps,
        checkouts_and_orders_agree,
        checkouts_have_outcomes,
        redemptions_are_counted,
        customer_balances_follow,
        subscriptions_follow,
        incomplete_ones_wait,
        entries_are_billed_once,
        billings_become_orders,
        periods_follow_each_other,
        debts_agree,
        seats_are_enough,
        nothing_is_overdue,
        grants_follow,
        keys_follow,
        facts_are_published,
        facts_are_taken,
        partial(nothing_is_parked, expected=frozenset(parked)),
        versions_have_no_gaps,
        answers_are_kept,
        copies_are_current,
        organizations_are_apart,
    ]
