"""Who has what: grants follow from paid orders, subscriptions and what products carry; license keys follow from grants."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict, ask, verdict

_ORDERS = (
    "select id, organization_id, customer_id, product_id from orders "
    "where status = 'paid' and product_id is not null and subscription_id is null and seats is null"
)
_SUBSCRIPTIONS = (
    "select id, organization_id, customer_id, product_id from subscription where status in ('trialing', 'active') and seats is null"
)
_SEATS = (
    "select s.id, s.organization_id, s.customer_id, coalesce(o.product_id, u.product_id) as product_id from customer_seat s "
    "left join seat_order o on o.organization_id = s.organization_id and o.id = s.container_id and s.container_kind = 'order' "
    "left join subscription u on u.organization_id = s.organization_id and u.id = s.container_id and u.status in ('trialing', 'active') "
    "where s.status = 'claimed' and (o.id is not null or u.id is not null)"
)
"""Whoever holds a seat has what is sold, and the payer has not."""
_DELETED = "select id from customer where deleted_at is not null"
_LINKS = (
    "select l.organization_id, l.product_id, l.benefit_id from product_benefit l "
    "join benefit b on b.id = l.benefit_id where not b.is_deleted"
)
# Grants of a past-due subscription may stay for a while by the organization's settings: `benefits` judges these by its own clock.
_GRANTED = (
    "select g.organization_id, g.source_id, g.customer_id, g.benefit_id from benefit_grant g "
    "join entitlement_source s on s.id = g.source_id where g.status = 'granted' and s.grace_ends_at is null"
)

Right = tuple[UUID, UUID, UUID, UUID]
"""Organization, source, customer, benefit."""


def grants_follow(suite: Suite) -> Verdict:
    """Granted is exactly what paid one-time orders and live subscriptions entitle to, neither more nor fewer."""
    rights = set(_rights(suite))
    granted = [
        (row["organization_id"], row["source_id"], row["customer_id"], row["benefit_id"]) for row in suite.rows("benefits", _GRANTED)
    ]
    problems = [
        f"{source} entitles customer {customer} to {benefit}, not granted" for _, source, customer, benefit in rights - set(granted)
    ]
    problems += [f"customer {customer} has {benefit} by {source}, wrongly" for _, source, customer, benefit in set(granted) - rights]
    if len(granted) != len(set(granted)):
        problems.append(f"{len(granted) - len(set(granted))} grants are there twice")
    return verdict("Granted is what orders and subscriptions entitle to, neither more nor fewer", len(rights), problems)


def keys_follow(suite: Suite) -> Verdict:
    """A grant of license keys has one key, which works while the grant does."""
    return ask(
        suite,
        "benefits",
        "Every grant of license keys has exactly one key, alive with it",
        count="select count(*) from license_key",
        problems=[
            "select format('grant %%s is %%s and its key is %%s', g.id, g.status, coalesce(k.status, 'not there')) from benefit_grant g "
            "join benefit b on b.id = g.benefit_id and b.kind = 'license_keys' left join license_key k on k.grant_id = g.id "
            "where k.id is null or (g.status = 'revoked') <> (k.status = 'revoked') "
            "or (k.organization_id, k.customer_id, k.benefit_id) <> (g.organization_id, g.customer_id, g.benefit_id)",
            "select format('key %%s is of a grant of %%s', k.id, b.kind) from license_key k join benefit_grant g on g.id = k.grant_id "
            "join benefit b on b.id = g.benefit_id where b.kind <> 'license_keys'",
        ],
    )


def _rights(suite: Suite) -> Iterator[Right]:
    carried: dict[UUID, list[UUID]] = {}
    for row in suite.rows("benefits", _LINKS):
        carried.setdefault(row["product_id"], []).append(row["benefit_id"])
    deleted = {row["id"] for row in suite.rows("checkout", _DELETED)}
    sources = [*suite.rows("checkout", _ORDERS), *suite.rows("subscription", _SUBSCRIPTIONS), *suite.rows("subscription", _SEATS)]
    for source in sources:
        if source["customer_id"] not in deleted:
            for benefit_id in carried.get(source["product_id"], ()):
                yield source["organization_id"], source["id"], source["customer_id"], benefit_id
