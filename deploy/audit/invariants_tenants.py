"""Organizations: nothing of one belongs to another's, and copies of settings are as new as what they copy."""

from __future__ import annotations

from collections.abc import Sequence

from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict, verdict

_DELETED = "select id, 1 as version from customer where deleted_at is not null"
# What happens to a balance is a fact of the customer too, but changes nothing of what is copied.
_CUSTOMERS = (
    "select id, coalesce((select max(o.version) from outbox o where o.organization_id = c.organization_id and o.subject_id = c.id "
    "and o.type in ('customer.created', 'customer.updated', 'customer.deleted')), version) as version from customer c"
)
# A discount that was deleted goes on for those who have it; its name is kept as it was before.
_DISCOUNTS = "select id, version - (deleted_at is not null)::int as version from discount"
_COPIES: Sequence[tuple[str, str, str, str]] = (
    ("identity", "select id, version from organization", "checkout", "select id, version from organization"),
    ("identity", "select id, version from organization", "benefits", "select organization_id as id, version from organization"),
    ("identity", "select id, version from organization", "subscription", "select id, version from organization"),
    ("checkout", _CUSTOMERS, "benefits", "select id, version from customer"),
    (
        "checkout",
        f"{_CUSTOMERS} where deleted_at is null",
        "subscription",
        "select id, version from customer where version > 0 and deleted_at is null",
    ),
    ("checkout", "select id, version from product", "subscription", "select id, version from product"),
    ("checkout", _DISCOUNTS, "subscription", "select id, version from discount"),
    ("checkout", _DELETED, "subscription", _DELETED),
)
"""Original and copy: service and query each."""

# What points from one row to another inside a service. Between services, the invariants about money and grants compare organizations.
_REFERENCES: Sequence[tuple[str, str, str, str]] = (
    ("checkout", "orders", "checkout_id", "checkout"),
    ("checkout", "orders", "product_id", "product"),
    ("checkout", "checkout", "product_id", "product"),
    ("checkout", "checkout", "customer_id", "customer"),
    ("checkout", "discount_redemption", "checkout_id", "checkout"),
    ("checkout", "order_item", "order_id", "orders"),
    ("payments", "attempt", "payment_method_id", "payment_method"),
    ("benefits", "product_benefit", "product_id", "product"),
    ("benefits", "product_benefit", "benefit_id", "benefit"),
    ("benefits", "entitlement_source", "customer_id", "customer"),
    ("benefits", "entitlement_source", "product_id", "product"),
    ("benefits", "benefit_grant", "source_id", "entitlement_source"),
    ("benefits", "benefit_grant", "benefit_id", "benefit"),
    ("benefits", "license_key", "grant_id", "benefit_grant"),
)
"""Service, table, column, and the table whose id the column holds."""


def copies_are_current(suite: Suite) -> Verdict:
    """A reader that keeps a copy has the newest version of everything that there is."""
    count, problems = 0, list[str]()
    for owner, original, reader, copy in _COPIES:
        versions = {row["id"]: row["version"] for row in suite.rows(owner, original)}
        copied = {row["id"]: row["version"] for row in suite.rows(reader, copy)}
        count += len(versions)
        for subject, version in versions.items():
            if copied.get(subject) != version:
                problems.append(f"{reader} knows version {copied.get(subject)} of {owner}'s {subject}, which is at {version}")
        problems += [f"{reader} knows {subject}, which {owner} does not" for subject in copied.keys() - versions.keys()]
    return verdict("Every copy is as new as what it copies", count, problems)


def organizations_are_apart(suite: Suite) -> Verdict:
    """No row refers to another organization's."""
    count, problems = 0, list[str]()
    for service, table, column, target in _REFERENCES:
        found = suite.rows(
            service,
            f"select count(*) as count, array_agg(r.id::text) filter (where r.organization_id <> t.organization_id) as strange "
            f"from (select {column} as id, organization_id from {table}) r join {target} t on t.id = r.id",
        )[0]
        count += found["count"]
        problems += [f"{service}: {table} of one organization refers to {target} {id} of another" for id in found["strange"] or ()]
    return verdict("No row refers to another organization's", count, problems)
