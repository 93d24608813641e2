"""What subscriptions bill: entries, periods, orders, debts."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from bursar.subscription.v1 import subscription_pb2
from bursar.subscription.v1.subscription_events_pb2 import SubscriptionBilled, SubscriptionCycled

from deploy.audit.suite import Row, Suite, grouped
from deploy.audit.verdict import Verdict, verdict

_ENTRIES = "select id, organization_id, subscription_id, state, order_id, amount, currency from billing_entry"
_ITEMS = (
    "select i.billing_entry_id, i.order_id, i.amount, o.organization_id, o.subscription_id, o.currency, o.status from order_item i "
    "join orders o on o.id = i.order_id where i.billing_entry_id is not null"
)
_SUBSCRIPTION_ORDERS = (
    "select id, organization_id, subscription_id, billing_reason, status, past_due_at from orders where subscription_id is not null"
)
_FACTS = "select subject_id, type, payload from outbox where type like 'subscription.%%' order by organization_id, subject_id, version"
_STATUSES = "select id, status from subscription"
_MINE = ("organization_id", "subscription_id", "order_id", "amount", "currency")
_RENEWALS = ("subscription_create", "subscription_cycle")


def entries_are_billed_once(suite: Suite) -> Verdict:
    """A billed entry is one item of its order with the same amount; no other entry is in an order that anybody owes."""
    entries = {row["id"]: row for row in suite.rows("subscription", _ENTRIES)}
    items = grouped(suite.rows("checkout", _ITEMS), "billing_entry_id")
    problems = [f"an order has an item of billing entry {entry_id}, which is not there" for entry_id in items.keys() - entries.keys()]
    for entry_id, entry in entries.items():
        wanted = [tuple(entry[name] for name in _MINE)] if entry["state"] in ("billed", "charging") else []
        # An entry of an order that was void goes on to another one.
        found = [_mine(item) for item in items.get(entry_id, ()) if item["status"] != "void" or item["order_id"] == entry["order_id"]]
        if entry["state"] != "dropped" and found != wanted:
            problems.append(f"billing entry {entry_id} is {entry['state']} as {wanted}, orders have {found}")
    return verdict("Every billed entry is exactly one item of its order, and no other entry is owed", len(entries), problems)


def billings_become_orders(suite: Suite) -> Verdict:
    """What a fact of a subscription says is due is one order of it with these lines; no order of a cycle comes from anywhere else."""
    orders = {row["id"]: row for row in suite.rows("checkout", _SUBSCRIPTION_ORDERS)}
    items = grouped(suite.rows("checkout", _ITEMS), "order_id")
    told, problems = set[UUID](), list[str]()
    for row in suite.rows("subscription", _FACTS):
        if row["type"] not in ("subscription.cycled", "subscription.billed"):
            continue
        billing = (SubscriptionCycled if row["type"] == "subscription.cycled" else SubscriptionBilled).FromString(row["payload"]).billing
        if not billing.order_id:
            continue
        order_id = UUID(billing.order_id)
        if order_id in told:
            problems.append(f"order {order_id} was asked for twice")
        told.add(order_id)
        wanted = sorted((UUID(line.billing_entry_id), line.amount) for line in billing.lines)
        found = sorted((item["billing_entry_id"], item["amount"]) for item in items.get(order_id, ()))
        if order_id not in orders or orders[order_id]["subscription_id"] != row["subject_id"] or found != wanted:
            problems.append(f"subscription {row['subject_id']} billed order {order_id} with {wanted}, which has {found}")
    cycles = {order_id for order_id, order in orders.items() if order["billing_reason"] == "subscription_cycle"}
    problems += [f"nobody asked for order {order_id} of a cycle" for order_id in cycles - told]
    return verdict("What subscriptions bill becomes exactly one order each", len(told), problems)


def periods_follow_each_other(suite: Suite) -> Verdict:
    """A new period begins where the one before ended, or cuts it short; only after a rest there is time between them."""
    count, problems = 0, list[str]()
    for subscription_id, facts in grouped(suite.rows("subscription", _FACTS), "subject_id").items():
        count += 1
        problems += [f"subscription {subscription_id}: {problem}" for problem in _gaps(facts)]
    return verdict("The periods of a subscription follow each other without a gap, each billed once", count, problems)


def _gaps(facts: list[Row]) -> Iterator[str]:
    """What is wrong with the periods that a subscription's facts tell of, in their order."""
    before: subscription_pb2.SubscriptionStatus.ValueType | None = None
    start = end = 0.0
    for fact in facts:
        state = SubscriptionCycled.FromString(fact["payload"]).subscription
        begins, ends = state.current_period_start.ToNanoseconds(), state.current_period_end.ToNanoseconds()
        if fact["type"] == "subscription.cycled" and before is not None:
            rested = before in (subscription_pb2.SUBSCRIPTION_STATUS_PAUSED, subscription_pb2.SUBSCRIPTION_STATUS_UNPAID)
            if begins < start or (begins > end and not rested):
                yield f"a period begins at {state.current_period_start.ToJsonString()}, the one before ended elsewhere"
        if fact["type"] == "subscription.cycled" or begins != start:
            start = begins
        before, end = state.status, ends


def debts_agree(suite: Suite) -> Verdict:
    """A subscription is past due or unpaid exactly while a renewal that failed is pending."""
    orders = suite.rows("checkout", _SUBSCRIPTION_ORDERS)
    owed = {
        row["subscription_id"]
        for row in orders
        if row["status"] == "pending" and row["past_due_at"] is not None and row["billing_reason"] in _RENEWALS
    }
    statuses = {row["id"]: row["status"] for row in suite.rows("subscription", _STATUSES)}
    owing = {subscription_id for subscription_id, status in statuses.items() if status in ("past_due", "unpaid")}
    problems = [f"subscription {each} is {statuses[each]} and owes nothing" for each in owing - owed]
    problems += [f"subscription {each} is {statuses.get(each, 'not there')} and owes an order" for each in owed - owing]
    return verdict("A subscription is past due exactly while it owes a renewal", len(statuses), problems)


def _mine(item: Row) -> tuple[object, ...]:
    return tuple(item[name] for name in _MINE)
