"""Time: what is due has been done."""

from __future__ import annotations

from collections.abc import Sequence

from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict, sentences, verdict

_SWEEP = "interval '5 seconds'"
"""What became due a moment ago is done by the next sweep."""
_DUE: Sequence[tuple[str, str, str, str]] = (
    ("subscription", "subscription", "due_at", "true"),
    ("checkout", "orders", "dunning_due_at", "status = 'pending'"),
    ("benefits", "entitlement_source", "grace_ends_at", "true"),
)
"""Service, table, the column that says when something has to be done to a row, and which rows it is about."""


def nothing_is_overdue(suite: Suite) -> Verdict:
    """No row of a live organization waits for an instant that has passed, and none of a sandbox for one that its clock has passed."""
    count, problems = 0, list[str]()
    for service, table, column, which in _DUE:
        count += int(suite.value(service, f"select count(*) from {table}"))
        query = (
            f"select format('{table} %%s was due at %%s', t.id, t.{column}) from {table} t "
            "left join sandbox_clock c using (organization_id) "
            f"where {which} and t.{column} <= case when is_sandbox(organization_id) then c.now else now() - {_SWEEP} end"
        )
        problems += sentences(suite, service, query)
    return verdict("Nothing is overdue", count, problems)
