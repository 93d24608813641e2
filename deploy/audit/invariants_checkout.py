"""Orders, checkouts, invoice numbers and discounts, by themselves."""

from __future__ import annotations

from deploy.audit.suite import Suite
from deploy.audit.verdict import Verdict, ask

_ORDERS = "select count(*) from orders"


def amounts_follow(suite: Suite) -> Verdict:
    """Subtotal, discount and tax are sums over the items; net, total and due follow from them."""
    return ask(
        suite,
        "checkout",
        "The amounts of every order follow from its items",
        count=_ORDERS,
        problems=[
            "select format('order %%s: subtotal, discount, tax are %%s, %%s, %%s and its items say %%s, %%s, %%s', o.id, "
            "o.subtotal_amount, o.discount_amount, o.tax_amount, i.amount, i.discount, i.tax) from orders o cross join lateral "
            "(select coalesce(sum(amount), 0) as amount, coalesce(sum(discount_amount), 0) as discount, "
            "coalesce(sum(tax_amount), 0) as tax from order_item where order_id = o.id) i "
            "where (o.subtotal_amount, o.discount_amount, o.tax_amount) <> (i.amount, i.discount, i.tax)",
            "select format('order %%s: its tax is %%s and its tax lines say %%s', o.id, o.tax_amount, t.amount) from orders o "
            "cross join lateral (select coalesce(sum((line->>'amount')::bigint), 0) as amount "
            "from jsonb_array_elements(o.tax_lines) line) t where o.tax_amount <> t.amount",
            "select format('order %%s: net, total, due are %%s, %%s, %%s', id, net_amount, total_amount, due_amount) from orders "
            "where net_amount <> subtotal_amount - discount_amount - case when tax_inclusive then tax_amount else 0 end "
            "or total_amount <> net_amount + tax_amount or due_amount <> greatest(0, total_amount + applied_balance_amount)",
        ],
    )


def numbers_have_no_gaps(suite: Suite) -> Verdict:
    """Every series counts 1, 2, 3 … up to what it says, each number once, on paid orders only."""
    gaps = """
    with numbered as (
      select organization_id, kind, regexp_replace(number, '-[0-9]+$', '') as prefix, substring(number from '[0-9]+$')::bigint as number
      from orders, lateral (values ('invoice', invoice_number), ('receipt', receipt_number)) as n(kind, number) where number is not null
    ), counted as (
      select organization_id, kind, prefix, count(*) as count, count(distinct number) as different, min(number) as first,
        max(number) as last from numbered group by organization_id, kind, prefix
    )
    select format('%%s series %%s of %%s: %%s numbers from %%s to %%s, the last drawn is %%s', kind, prefix, organization_id, c.count,
      c.first, c.last, s.last_number)
    from counted c full join number_series s using (organization_id, kind, prefix)
    where (c.count, c.different, c.first, c.last) is distinct from (s.last_number, s.last_number, 1::bigint, s.last_number)
    """
    return ask(
        suite,
        "checkout",
        "Invoice and receipt numbers have no gaps and no repetitions",
        count="select count(*) from orders where invoice_number is not null",
        problems=[
            gaps,
            "select format('order %%s is %%s and its invoice number is %%s', id, status, coalesce(invoice_number, 'none')) from orders "
            "where (status in ('pending', 'void')) <> (invoice_number is null)",
        ],
    )


def checkouts_and_orders_agree(suite: Suite) -> Verdict:
    """A checkout has one order; it succeeded if and only if that order is paid."""
    return ask(
        suite,
        "checkout",
        "Every succeeded checkout has exactly one paid order, and no other has one",
        count="select count(*) from checkout",
        problems=[
            "select format('checkout %%s is %%s and names order %%s, which is %%s', c.id, c.status, c.order_id, "
            "coalesce(o.status, 'not there')) from checkout c "
            "left join orders o on o.id = c.order_id and o.checkout_id = c.id and o.organization_id = c.organization_id "
            "where (c.order_id is not null and o.id is null) or (c.status = 'succeeded') <> (coalesce(o.status, '') = 'paid')",
            "select format('order %%s says it is of checkout %%s, which knows nothing of it', o.id, o.checkout_id) from orders o "
            "where o.checkout_id is not null and not exists (select from checkout c where c.id = o.checkout_id and c.order_id = o.id)",
            "select format('checkout %%s has %%s orders', checkout_id, count(*)) from orders where checkout_id is not null "
            "group by checkout_id having count(*) > 1",
        ],
    )


def checkouts_have_outcomes(suite: Suite) -> Verdict:
    """A confirmed checkout waits for its buyer and for nothing else; nobody's money came twice."""
    return ask(
        suite,
        "checkout",
        "No checkout is left without an outcome, and nobody paid twice",
        count="select count(*) from checkout where attempt > 0",
        problems=[
            "select format('checkout %%s was confirmed at %%s and has no outcome', id, modified_at) from checkout "
            "where status = 'confirmed' and payment_action is null",
            "select format('order %%s was paid once more, by payment %%s', order_id, payment_id) from surplus_payment",
        ],
    )


def redemptions_are_counted(suite: Suite) -> Verdict:
    """A discount's count is the number of its redemptions, which are those of purchases and within its limits."""
    return ask(
        suite,
        "checkout",
        "Discount redemptions are those of discounted purchases, within their limits",
        count="select count(*) from discount",
        problems=[
            "select format('discount %%s: counted %%s, redeemed %%s, at most %%s', d.id, d.redemptions_count, r.count, d.max_redemptions) "
            "from discount d cross join lateral (select count(*) from discount_redemption where discount_id = d.id) r "
            "where d.redemptions_count <> r.count or r.count > d.max_redemptions",
            "select format('discount %%s: redeemed %%s times by customer %%s', d.id, count(*), r.customer_id) from discount d "
            "join discount_redemption r on r.discount_id = d.id group by d.id, r.customer_id "
            "having count(*) > d.max_redemptions_per_customer",
            "select format('checkout %%s is %%s and holds a redemption', c.id, c.status) from discount_redemption r "
            "join checkout c on c.id = r.checkout_id where c.status not in ('succeeded', 'confirmed')",
            "select format('order %%s was discounted by %%s without a redemption', o.id, o.discount_id) from orders o "
            "where o.status = 'paid' and o.discount_id is not null and o.checkout_id is not null and not exists "
            "(select from discount_redemption r where r.checkout_id = o.checkout_id and r.discount_id = o.discount_id)",
        ],
    )
