"""The state of a service as text that does not depend on the order in which it came about.

What is left out, because order may legitimately decide it, is named here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.support.databases import ServiceDatabase

# Versions count the steps that were taken, a customer's modified_at is the time of the last, and a fact that comes too late takes none.
# Numbers of invoices and receipts are given in the order of payment: that they have no gaps is a row of its own. Ids of grants, keys,
# accounts and transactions are new in every run, and a grant that was taken back may never have been given where its end was known first.
_DUMPS: Mapping[str, Sequence[str]] = {
    "checkout": (
        "select 'order', to_jsonb(t) - array['version', 'invoice_number', 'receipt_number'] || "
        "jsonb_build_object('numbered', invoice_number is not null, 'receipted', receipt_number is not null) from orders t",
        "select 'checkout', to_jsonb(t) - array['version'] from checkout t",
        "select 'customer', to_jsonb(t) - array['version', 'modified_at'] from customer t",
        "select 'payment method', to_jsonb(t) from customer_payment_method t",
        "select 'card', to_jsonb(t) from customer_payment_method t",
        "select 'balance', to_jsonb(t) from customer_balance t",
        "select 'organization', to_jsonb(t) from organization t",
        "select 'discount', to_jsonb(t) from discount t",
        "select 'redemption', to_jsonb(t) from discount_redemption t",
        "select 'surplus', to_jsonb(t) from surplus_payment t",
        "select 'series', to_jsonb(t) from number_series t",
        "select 'number', to_jsonb(invoice_number) from orders where invoice_number is not null",
        "select 'number', to_jsonb(receipt_number) from orders where receipt_number is not null",
    ),
    "subscription": (
        "select 'subscription', to_jsonb(t) - array['version'] from subscription t",
        "select 'customer', to_jsonb(t) - array['version'] from customer t",
        "select 'order', to_jsonb(t) - array['version'] from subscription_order t",
    ),
    "ledger": (
        "select 'transaction', to_jsonb(j) - array['id', 'posted_at'] || jsonb_build_object('legs', (select jsonb_agg(jsonb_build_array("
        "a.code, e.amount, e.currency) order by a.code, e.amount) from entry e join account a on a.id = e.account_id "
        "where e.transaction_id = j.id)) from journal j",
        "select 'balance', to_jsonb(b) - array['account_id'] || jsonb_build_object('code', a.code) "
        "from balance b join account a on a.id = b.account_id",
    ),
    "benefits": (
        "select 'source', to_jsonb(t) - array['version', 'past_due_version', 'settled_version'] from entitlement_source t",
        "select 'grant', jsonb_build_array(organization_id, source_id, source_kind, customer_id, benefit_id) "
        "from benefit_grant where status = 'granted'",
        "select 'key', jsonb_build_array(g.source_id, g.benefit_id, k.customer_id, k.status) "
        "from benefit_grant g join license_key k on k.grant_id = g.id where g.status = 'granted'",
        "select 'customer', to_jsonb(t) - array['version'] from customer t",
        "select 'product', to_jsonb(t) from product t",
        "select 'organization', to_jsonb(t) from organization t",
        "select 'work', to_jsonb(t) from convergence_work t",
    ),
}


async def dump(service: str, database: ServiceDatabase) -> list[str]:
    """Every row of the service's state, sorted."""
    lines: list[str] = []
    async with database.worker.transaction() as transaction:
        for query in _DUMPS[service]:
            rows = await (await transaction.connection.execute(query.encode())).fetchall()
            lines += [str(list(row.values())) for row in rows]
    return sorted(lines)
