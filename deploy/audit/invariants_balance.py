"""Customers' balances are what happened to them."""

from __future__ import annotations

from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict, ask


def customer_balances_follow(suite: Suite) -> Verdict:
    """A balance is the sum of its transactions, each of which says what was left; an order took what it says it took.

    Beside that, an order that is void took what it says was forfeited by it: no more than was due, and never below zero.
    """
    return ask(
        suite,
        "checkout",
        "Every customer's balance is the sum of its transactions, and orders took what they say",
        count="select count(*) from customer_balance",
        problems=[
            "select format('balance of customer %%s in %%s is %%s, its transactions add up to %%s', customer_id, "
            "currency, b.amount, t.amount) from customer_balance b full join "
            "(select customer_id, currency, sum(amount) as amount from customer_balance_transaction group by customer_id, currency) t "
            "using (customer_id, currency) where coalesce(b.amount, 0) <> coalesce(t.amount, 0)",
            "select format('transaction %%s leaves %%s, those up to it add up to %%s', id, balance_amount, running) from "
            "(select id, balance_amount, sum(amount) over (partition by customer_id, currency order by id) as running "
            "from customer_balance_transaction) t where balance_amount <> running",
            "select format('order %%s is %%s and applied %%s, its transactions add up to %%s', o.id, o.status, o.applied_balance_amount, "
            "coalesce(t.amount, 0)) from orders o left join (select order_id, sum(amount) as amount from customer_balance_transaction "
            "where type <> 'order_voided' group by order_id) t on t.order_id = o.id "
            "where coalesce(t.amount, 0) <> case when o.status = 'void' then 0 else o.applied_balance_amount end",
            "select format('order %%s is %%s and forfeited %%s of %%s due, its transactions add up to %%s', o.id, o.status, "
            "o.forfeited_amount, o.due_amount, coalesce(t.amount, 0)) from orders o left join (select order_id, sum(amount) as amount "
            "from customer_balance_transaction where type = 'order_voided' group by order_id) t on t.order_id = o.id "
            "where coalesce(t.amount, 0) <> -o.forfeited_amount or o.forfeited_amount > o.due_amount "
            "or (o.forfeited_amount <> 0 and o.status <> 'void')",
            "select format('transaction %%s took what was not there', id) from customer_balance_transaction "
            "where type = 'order_voided' and amount < 0 and balance_amount < 0",
        ],
    )
