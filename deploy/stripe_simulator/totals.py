"""Sums over everything in an account, to reconcile other books with."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from deploy.stripe_simulator.jsons import Json, load
from deploy.stripe_simulator.store import Store

MAX_REPEATED = 1_000


def totals(store: Store, account: str, metadata_key: str | None) -> Json:
    """Per currency the sums in minor units; with a key, how many values have charges and which have more than one."""
    currencies: dict[str, Counter[str]] = defaultdict(Counter)
    by_value: Counter[str] = Counter()
    for charge in _all(store, account, "charge"):
        sums = currencies[charge["currency"]]
        paid = charge["status"] == "succeeded"
        sums["charges_succeeded" if paid else "charges_failed"] += 1
        sums["charged_amount"] += charge["amount_captured"] if paid else 0
        if paid and metadata_key in charge["metadata"]:
            by_value[charge["metadata"][metadata_key]] += 1
    for refund in _all(store, account, "refund"):
        if refund["status"] in ("succeeded", "pending"):
            currencies[refund["currency"]].update(refunds=1, refunded_amount=refund["amount"])
    for dispute in _all(store, account, "dispute"):
        currencies[dispute["currency"]].update({"disputes": 1, f"disputes_{dispute['status']}": 1})
        currencies[dispute["currency"]]["disputed_amount"] += dispute["amount"]
    for entry in _all(store, account, "balance_transaction"):
        sums = currencies[entry["currency"]]
        sums.update({"fee_amount": entry["fee"], "net_amount": entry["net"], f"{entry['status']}_amount": entry["net"]})
        sums[f"net_amount_{entry['reporting_category']}"] += entry["net"]
        sums["balance_transactions"] += 1
    answer: Json = {"account": account, "currencies": {name: dict(sums) for name, sums in currencies.items()}}
    for kind in ("customer", "payment_method", "payment_intent", "setup_intent", "charge", "refund", "dispute", "event"):
        answer[f"{kind}s"] = len(store.of_kind(account, kind))
    if metadata_key is not None:
        repeated = {value: count for value, count in by_value.most_common(MAX_REPEATED) if count > 1}
        answer["succeeded_charges_by_metadata"] = {"key": metadata_key, "values": len(by_value), "repeated": repeated}
    return answer


def _all(store: Store, account: str, kind: str) -> Iterator[Json]:
    return (load(store.rows[identifier].body) for identifier in store.of_kind(account, kind))
