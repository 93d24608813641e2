"""Orders, payments, the processor and the books tell the same story, order by order and in total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from deploy.audit.suite import Row, Suite, grouped
from deploy.audit.verdict import Verdict, ask, verdict

ORDER_KEY = "bursar_order_id"
"""Where charges carry the order's id."""
_CLEARING, _COST = 1100, 5000
"""Of the ledger's chart: what the processor holds for us, and what it keeps."""
_PAYMENT, _PROCESSOR_FEE = 1, 2
"""Of the ledger's kinds of transactions."""

_PAID = (
    "select id, organization_id, currency, total_amount, due_amount, payment_id from orders "
    "where status in ('paid', 'refunded', 'partially_refunded')"
)
_SUCCEEDED = (
    "select id, organization_id, subject_id as order_id, currency, amount, processor_id, settlement_currency, settlement_fee_amount "
    "from attempt where kind = 'payment' and status = 'succeeded'"
)
_BOOKED = """
select j.id, j.organization_id, j.source_id, coalesce(sum(e.amount) filter (where a.kind = %(account)s), 0)::bigint as amount,
  max(e.currency) filter (where a.kind = %(account)s) as currency
from journal j left join entry e on e.transaction_id = j.id left join account a on a.id = e.account_id
where j.kind = %(kind)s group by j.id
"""


def orders_are_paid(suite: Suite) -> Verdict:
    """A paid order that owed something has one succeeded payment of that amount; no other order has one."""
    orders = suite.rows("checkout", _PAID)
    payments = grouped(suite.rows("payments", _SUCCEEDED), "order_id")
    problems = [
        f"order {order['id']} owed {order['due_amount']} {order['currency']} and has payments {_amounts(payments.get(order['id'], ()))}"
        for order in orders
        if [_money(payment, "id") for payment in payments.pop(order["id"], ())] != _owed(order)
    ]
    problems += [f"payments {_amounts(left)} are of order {order_id}, which is not paid" for order_id, left in payments.items()]
    return verdict("Every paid order has exactly one succeeded payment of what it owed", len(orders), problems)


def charges_agree(suite: Suite) -> Verdict:
    """A succeeded payment is one charge of that amount at the processor, and every charge is such a payment."""
    payments = suite.rows("payments", _SUCCEEDED)
    charges = grouped((_as_payment(charge) for charge in suite.charges() if charge["status"] == "succeeded"), "order_id")
    problems = []
    for order_id, paid in grouped(payments, "order_id").items():
        charged = charges.pop(order_id, [])
        if sorted(_money(one, "processor_id") for one in charged) != sorted(_money(one, "processor_id") for one in paid):
            problems.append(f"order {order_id}: payments {_amounts(paid)}, the processor charged {_amounts(charged)}")
    problems += [
        f"the processor charged {_amounts(left)} for order {order_id}, and no payment succeeded" for order_id, left in charges.items()
    ]
    return verdict("Every succeeded payment is exactly one charge at the processor", len(payments), problems)


def orders_are_booked(suite: Suite) -> Verdict:
    """A paid order is one transaction in the books, with what was charged on the clearing account; an order of nothing is none."""
    orders = suite.rows("checkout", _PAID)
    booked = grouped(suite.rows("ledger", _BOOKED, account=_CLEARING, kind=_PAYMENT), "source_id")
    problems = []
    for order in orders:
        found = [(row["organization_id"], row["amount"], row["currency"]) for row in booked.pop(order["id"], [])]
        due = order["due_amount"]
        wanted = [(order["organization_id"], due, order["currency"] if due else None)] if order["total_amount"] else []
        if found != wanted:
            problems.append(f"order {order['id']} owed {due} {order['currency']}, the books have {[row[1:] for row in found]}")
    problems += [f"transactions {[row['id'] for row in left]} are of order {source}, which is not paid" for source, left in booked.items()]
    return verdict("Every paid order is exactly one ledger transaction of its amount", len(orders), problems)


def fees_agree(suite: Suite) -> Verdict:
    """What the processor kept of a payment is one transaction in the books."""
    payments = suite.rows("payments", _SUCCEEDED)
    booked = grouped(suite.rows("ledger", _BOOKED, account=_COST, kind=_PROCESSOR_FEE), "source_id")
    problems = []
    for order_id, paid in grouped(payments, "order_id").items():
        kept = sorted(row["amount"] for row in booked.pop(order_id, []))
        if any(payment["settlement_fee_amount"] is None for payment in paid):
            problems.append(f"a payment of order {order_id} is not settled")
        elif kept != sorted(payment["settlement_fee_amount"] for payment in paid if payment["settlement_fee_amount"]):
            fees = [payment["settlement_fee_amount"] for payment in paid]
            problems.append(f"order {order_id}: the processor kept {fees}, the books say {kept}")
    problems += [f"a processor's fee is booked for order {order_id}, which has no payment" for order_id in booked]
    return verdict("Every succeeded payment is settled and its fee is booked exactly once", len(payments), problems)


def payments_are_known(suite: Suite) -> Verdict:
    """Every attempt has an outcome, or waits for the buyer or the bank; every event of the processor was read."""
    return ask(
        suite,
        "payments",
        "No payment is unknown, and no event of the processor is unread",
        count="select count(*) from attempt",
        problems=[
            "select format('attempt %%s of %%s is %%s', number, subject_id, status) from attempt where status in ('pending', 'unknown')",
            "select format('event %%s %%s is not read', type, id) from stripe_event where status = 'received'",
        ],
    )


def clearing_agrees(suite: Suite) -> Verdict:
    """What the processor holds for us in each currency is what the books say it does."""
    told = suite.processor_totals(ORDER_KEY)["currencies"]
    held = {currency: int(sums.get("net_amount", 0)) for currency, sums in told.items()}
    rows = suite.rows(
        "ledger",
        "select b.currency, sum(b.debit_amount - b.credit_amount)::bigint as amount from account a join balance b on b.account_id = a.id "
        "where a.kind = %(clearing)s group by b.currency",
        clearing=_CLEARING,
    )
    booked = {row["currency"]: row["amount"] for row in rows}
    problems = [
        f"the processor holds {held.get(currency, 0)} {currency}, the books say {booked.get(currency, 0)}"
        for currency in sorted(held.keys() | booked.keys())
        if held.get(currency, 0) != booked.get(currency, 0)
    ]
    return verdict("The processor's charges − refunds − fees are the clearing account", len(held), problems)


def _owed(order: Row) -> list[tuple[object, ...]]:
    """What `_money` says of the one payment of a paid order."""
    if not order["due_amount"]:
        return []
    return [(order["organization_id"], order["due_amount"], order["currency"], order["payment_id"])]


def _money(row: Row, name: str) -> tuple[object, ...]:
    return (row["organization_id"], row["amount"], row["currency"], row[name])


def _as_payment(charge: Mapping[str, object]) -> Row:
    """A charge of the processor's with the names of a payment."""
    metadata = charge["metadata"]
    assert isinstance(metadata, dict)
    return {
        "order_id": _id(metadata.get(ORDER_KEY)),
        "organization_id": _id(metadata.get("bursar_organization_id")),
        "amount": charge["amount_captured"],
        "currency": charge["currency"],
        "processor_id": charge["payment_intent"],
    }


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _amounts(rows: Iterable[Row]) -> str:
    counted = Counter(f"{row['amount']} {row['currency']}" for row in rows)
    return ", ".join(f"{count}× {amount}" for amount, count in counted.items()) or "none"
