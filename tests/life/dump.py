"""All that the services keep of one organization's lives, as text that does not know ids and the machine's time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import UUID

from deploy.audit.suite import Suite

# Left out: what the processor calls things, secrets, and the machine's own times. Ids are named after what they
# stand for, so that it is said who holds a seat, a grant or a key.
_DUMPS: Mapping[str, Sequence[str]] = {
    "checkout": (
        "select 'customer' as kind, to_jsonb(t) - array['processor_customer_id', 'payment_methods'] as said from customer t",
        "select 'order', to_jsonb(t) - array['processor'] || jsonb_build_object('items', (select jsonb_agg(to_jsonb(i) "
        "order by i.position) from order_item i where i.order_id = t.id)) from orders t",
        "select 'charge', to_jsonb(t) - array['look_at', 'request_id', 'request_hash'] from order_charge t",
        "select 'balance', to_jsonb(t) from customer_balance t",
        "select 'balance transaction', to_jsonb(t) from customer_balance_transaction t",
        "select 'redemption', to_jsonb(t) from discount_redemption t",
        "select 'numbers', to_jsonb(t) from number_series t",
    ),
    "subscription": (
        "select 'subscription', to_jsonb(t) from subscription t",
        "select 'entry', to_jsonb(t) from billing_entry t",
        "select 'order of a subscription', to_jsonb(t) from subscription_order t",
        "select 'seat', to_jsonb(t) - array['invitation_token_hash'] from customer_seat t",
    ),
    "benefits": (
        "select 'source', to_jsonb(t) from entitlement_source t",
        "select 'grant', to_jsonb(t) from benefit_grant t",
        "select 'key', to_jsonb(t) - array['key', 'key_hash', 'display_key'] from license_key t",
    ),
    "ledger": (
        "select 'transaction', to_jsonb(t) - array['id', 'posted_at', 'request_hash'] || jsonb_build_object('legs', (select jsonb_agg("
        "jsonb_build_array(a.code, e.amount, e.currency) order by a.code, e.amount) from entry e join account a on a.id = e.account_id "
        "where e.transaction_id = t.id)) from journal t",
    ),
}
_FACTS = "select 'fact', jsonb_build_object('type', type, 'subject', subject_id, 'version', version, 'at', occurred_at) from outbox t"
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<=RCPT-)[A-Z]{8}|(?<=INVC-)[A-Z]{8}")
"""And the letters of a customer in the numbers of invoices and receipts, which are drawn."""
_ROUNDS = 4
"""From an order to its customer and to what else is theirs."""


def dump(suite: Suite, organization_id: UUID) -> list[str]:
    """A line for each row."""
    lines: list[str] = []
    for service, queries in _DUMPS.items():
        for query in (*queries, _FACTS):
            ordered = f"{query} where t.organization_id = %(organization_id)s"
            lines += [f"{service} {row['line']}" for row in _rows(suite, service, ordered, organization_id)]
    return _without_ids(lines)


def _rows(suite: Suite, service: str, query: str, organization_id: UUID) -> Sequence[Mapping[str, str]]:
    text = f"select kind || ' ' || said::text as line from ({query}) as told (kind, said)"
    return suite.rows(service, text, organization_id=organization_id)


def _without_ids(lines: Sequence[str]) -> list[str]:
    """Each id is named after the rows that it stands in, and these after the ids in them; so names do not depend on what came first."""
    names = dict.fromkeys((found for line in lines for found in _ID.findall(line)), "#")
    for _ in range(_ROUNDS):
        stands_in: dict[str, list[str]] = {found: [] for found in names}
        for line in lines:
            told = _named(line, names)
            for found in set(_ID.findall(line)):
                stands_in[found].append(f"{told} at {[match.start() for match in _ID.finditer(line) if match[0] == found]}")
        names = {found: "#" + sha256("".join(sorted(told)).encode()).hexdigest()[:8] for found, told in stands_in.items()}
    return sorted(_named(line, names) for line in lines)


def _named(line: str, names: Mapping[str, str]) -> str:
    return _ID.sub(lambda match: names[match[0]], line)
