"""Subscriptions follow from checkouts."""

from __future__ import annotations

from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict, sentences, verdict

_SOLD = (
    "select subscription_id as id, organization_id, customer_id, id as checkout_id from checkout "
    "where status = 'succeeded' and subscription_id is not null"
)
_STARTED = (
    "select id, organization_id, customer_id, checkout_id from subscription where checkout_id is not null and first_payment_version is null"
)
# One that was revoked may be paid all the same; it stays as it is.
_REVOKED = "select id, organization_id, customer_id from subscription where first_payment_version is not null and status = 'canceled'"
_STATUSES = "select id, organization_id, checkout_id, status from subscription where checkout_id is not null"
_UNDECIDED = (
    "select coalesce(subscription_id, forgone_subscription_id) as id, organization_id, id as checkout_id from checkout "
    "where status in ('confirmed', 'open') and coalesce(subscription_id, forgone_subscription_id) is not null"
)
_UNSOUND = (
    "select format('subscription %%s is %%s, ended at %%s, its period from %%s to %%s', id, status, coalesce(ended_at::text, 'never'), "
    "current_period_start, current_period_end) from subscription "
    "where (status in ('canceled', 'incomplete_expired')) <> (ended_at is not null) "
    "or (current_period_end <= current_period_start and ended_at is null)"
)
_OF_NOBODY = (
    "select format('subscription %%s is %%s and its customer is deleted', s.id, s.status) from subscription s join customer c "
    "on c.id = s.customer_id and c.deleted_at is not null where s.ended_at is null"
)


def subscriptions_follow(suite: Suite) -> Verdict:
    """A succeeded checkout of a recurring product is a subscription of that customer, or sold another product to one that was there."""
    sold = {tuple(row.values()) for row in suite.rows("checkout", _SOLD)}
    started = {tuple(row.values()) for row in suite.rows("subscription", _STARTED)}
    there = {row[:3] for row in started} | {tuple(row.values()) for row in suite.rows("subscription", _REVOKED)}
    problems = [f"checkout {row[-1]} sold subscription {row[0]}, which is not as it was sold" for row in sold if row[:3] not in there]
    problems += [f"subscription {row[0]} was not sold like that, by checkout {row[-1]}" for row in started - sold]
    problems += [sentence for query in (_UNSOUND, _OF_NOBODY) for sentence in sentences(suite, "subscription", query)]
    return verdict("Every sold subscription is there exactly once, in a period of its own", len(sold | started), problems)


def incomplete_ones_wait(suite: Suite) -> Verdict:
    """A subscription is incomplete only as long as a checkout may still be paid that would start it."""
    bought = {tuple(row.values()) for row in suite.rows("subscription", _STATUSES)}
    incomplete = {row[:3] for row in bought if row[-1] == "incomplete"}
    undecided = {tuple(row.values()) for row in suite.rows("checkout", _UNDECIDED)}
    problems = [f"subscription {row[0]} is incomplete, and checkout {row[-1]} cannot start it any more" for row in incomplete - undecided]
    return verdict("An incomplete subscription belongs to a checkout that may still be paid", len(bought), problems)
