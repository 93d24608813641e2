"""The books say of every order and every customer what `checkout` says."""

from __future__ import annotations

from deploy.audit.suite import Row, Suite, grouped
from deploy.audit.verdict import Verdict, verdict

_ORDERS = (
    "select id, organization_id, currency, net_amount, tax_amount, applied_balance_amount from orders "
    "where status in ('paid', 'refunded', 'partially_refunded')"
)
# Of the ledger's chart: what the customer has and owes; tax; what the merchant is owed, and the platform's fee of it; anything else but
# clearing, which is looked at elsewhere.
_LEGS = """
select j.source_id, j.organization_id, min(e.currency) as currency,
  coalesce(sum(e.amount) filter (where a.kind in (1210, 2200)), 0)::bigint as balance,
  coalesce(sum(e.amount) filter (where a.kind = 2100), 0)::bigint as tax,
  coalesce(sum(e.amount) filter (where a.kind in (2000, 4000)), 0)::bigint as net,
  coalesce(sum(abs(e.amount)) filter (where a.kind not in (1100, 1210, 2000, 2100, 2200, 4000)), 0)::bigint as other
from journal j join entry e on e.transaction_id = j.id join account a on a.id = e.account_id where j.kind = 1 group by j.id
"""
# An order that waits has taken its part already, and one that is void has given it back; what was lost by it is booked at once.
_CHECKOUT_BALANCES = """
select t.organization_id, t.customer_id, t.currency, sum(t.amount)::bigint as amount from customer_balance_transaction t
left join orders o on o.id = t.order_id
where t.order_id is null or t.type = 'order_voided' or o.status in ('paid', 'refunded', 'partially_refunded')
group by 1, 2, 3 having sum(t.amount) <> 0
"""
_LEDGER_BALANCES = """
select a.organization_id, split_part(a.code, ':', 3)::uuid as customer_id, a.currency,
  sum(b.credit_amount - b.debit_amount)::bigint as amount, count(*) filter (where b.credit_amount <> b.debit_amount) as sides
from account a join balance b on b.account_id = a.id where a.kind in (1210, 2200)
group by 1, 2, 3 having count(*) filter (where b.credit_amount <> b.debit_amount) > 0
"""


def order_legs_follow(suite: Suite) -> Verdict:
    """Each leg of a paid order's transaction is what the order says, to the cent. Whether there is one is looked at elsewhere."""
    orders = suite.rows("checkout", _ORDERS)
    booked = grouped(suite.rows("ledger", _LEGS), "source_id")
    problems = []
    for order in orders:
        found = [_booked(row) for row in booked.get(order["id"], [])]
        if len(found) == 1 and found != [_wanted(order)]:
            problems.append(f"order {order['id']}: balance, tax, net, other should be {_wanted(order)[2:]}, the books have {found[0][2:]}")
    return verdict("Every leg of a paid order's ledger transaction is what the order says", len(orders), problems)


def customer_balances_are_booked(suite: Suite) -> Verdict:
    """What a customer has or owes by the books is their balance, without what orders hold that are not paid yet."""
    known = {_key(row): row["amount"] for row in suite.rows("checkout", _CHECKOUT_BALANCES)}
    booked = {_key(row): row for row in suite.rows("ledger", _LEDGER_BALANCES)}
    problems = [
        f"customer {key[1]}: balance {known.get(key, 0)} {key[2]}, the books say {booked[key]['amount'] if key in booked else 0}"
        for key in sorted(known.keys() | booked.keys(), key=str)
        if known.get(key, 0) != (booked[key]["amount"] if key in booked else 0)
    ]
    problems += [f"customer {key[1]} has and owes {key[2]} at the same time" for key, row in booked.items() if row["sides"] > 1]
    customers = suite.value("checkout", "select count(*) from customer")
    return verdict("Customers' balances and what paid orders did to them are in the books", customers, problems)


def _wanted(order: Row) -> tuple[object, ...]:
    amounts = (-order["applied_balance_amount"], -order["tax_amount"], -order["net_amount"], 0)
    return (order["organization_id"], order["currency"], *amounts)


def _booked(row: Row) -> tuple[object, ...]:
    return (row["organization_id"], row["currency"], row["balance"], row["tax"], row["net"], row["other"])


def _key(row: Row) -> tuple[object, object, object]:
    return (row["organization_id"], row["customer_id"], row["currency"])
