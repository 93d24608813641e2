"""The state of a service as text that does not depend on the order in which it came about.

What is left out, because order may legitimately decide it, is named here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.support.databases import ServiceDatabase

# Versions count the steps that were taken, a customer's modified_at is the time of the last, and a fact that comes too late takes none.
# Numbers of invoices and receipts are given in the order of payment: that they have no gaps is a row of its own. Ids of grants, keys,
# accounts and transactions are new in every run, and a grant that was taken back may never have been given where its end was known first.
# So are those of seats, of entries of the balance and of charges. What was to become of an order that is void depends on what made it so:
# a failure that knew of the end of its subscription, or an end that came after the failure. The card that an order is charged to is the
# one that was the default by then.
# What a customer has and what they owe are two accounts: which one a transaction touches follows from those before it, the sum does not.
_HOLDER = "replace(a.code, 'customer_receivable:', 'customer_wallet:')"
_OF_NOBODY = "a.code !~ '^customer_(receivable|wallet):'"
# A seat is known by what sold it.
_SOURCE = "coalesce(s.container_id, s.id)"
_GRANTED = "from benefit_grant g join entitlement_source s on s.id = g.source_id where g.status = 'granted'"
_KEYS = _GRANTED.replace(" where", " join license_key k on k.grant_id = g.id where")
_DUMPS: Mapping[str, Sequence[str]] = {
    "checkout": (
        "select 'order', to_jsonb(t) - array['version', 'invoice_number', 'receipt_number', 'payment_method_id'] "
        "- case when status = 'void' then array['void_on_failure', 'past_due_at', 'dunning_phase'] else array[]::text[] end || "
        "jsonb_build_object('numbered', invoice_number is not null, 'receipted', receipt_number is not null) from orders t",
        "select 'checkout', to_jsonb(t) - array['version'] from checkout t",
        "select 'customer', to_jsonb(t) - array['version', 'modified_at'] from customer t",
        "select 'charge', to_jsonb(t) - array['payment_id'] from order_charge t",
        "select 'card', to_jsonb(t) from customer_payment_method t",
        "select 'item', to_jsonb(t) - array['id'] from order_item t",
        "select 'balance', to_jsonb(t) from customer_balance t",
        "select 'balance entry', to_jsonb(t) - array['id'] from customer_balance_transaction t",
        "select 'ended', to_jsonb(t) from ended_subscription t",
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
        "select 'order', to_jsonb(t) - array['version'] - case when state = 'void' then array['past_due_at'] else array[]::text[] end "
        "from subscription_order t",
        "select 'entry', to_jsonb(t) - array['id', 'order_id'] from billing_entry t",
        "select 'seat order', to_jsonb(t) from seat_order t",
        "select 'seat', to_jsonb(t) - array['id', 'version', 'invitation_token_hash'] from customer_seat t where status <> 'revoked'",
        "select 'organization', to_jsonb(t) from organization t",
        "select 'product', to_jsonb(t) from product t",
        "select 'discount', to_jsonb(t) from discount t",
    ),
    "ledger": (
        f"select 'transaction', to_jsonb(j) - array['id', 'posted_at'] || jsonb_build_object('legs', (select jsonb_agg(leg "
        f"order by leg) from (select jsonb_build_array({_HOLDER}, sum(e.amount), e.currency, count(*) filter (where {_OF_NOBODY})) as leg "
        f"from entry e join account a on a.id = e.account_id where e.transaction_id = j.id group by {_HOLDER}, e.currency) as legs)) "
        "from journal j",
        "select 'balance', to_jsonb(b) - array['account_id'] || jsonb_build_object('code', a.code) "
        f"from balance b join account a on a.id = b.account_id where {_OF_NOBODY}",
        f"select 'customer', jsonb_build_array({_HOLDER}, b.currency, sum(b.debit_amount - b.credit_amount)) "
        f"from balance b join account a on a.id = b.account_id where not ({_OF_NOBODY}) group by {_HOLDER}, b.currency",
    ),
    "benefits": (
        f"select 'source', to_jsonb(s) - array['version', 'past_due_version', 'settled_version'] || jsonb_build_object('id', {_SOURCE}) "
        "from entitlement_source s where s.container_id is null or s.is_entitled",
        f"select 'grant', jsonb_build_array(g.organization_id, {_SOURCE}, g.source_kind, g.customer_id, g.benefit_id) {_GRANTED}",
        f"select 'key', jsonb_build_array({_SOURCE}, g.benefit_id, k.customer_id, k.status) {_KEYS}",
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
