"""Balance transactions: every movement of money, with its fee; pending until `available_on`."""

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.clock import business_days_later
from deploy.stripe_simulator.jsons import Json, load
from deploy.stripe_simulator.listing import page
from deploy.stripe_simulator.resources import balance
from deploy.stripe_simulator.work import Work

KIND = "balance_transaction"
URL = "/v1/balance_transactions"
FEE = {"application": None, "description": "Stripe processing fees", "type": "stripe_fee"}


def record(
    work: Work,
    kind: str,
    source: str | None,
    amount: int,
    currency: str,
    *,
    category: str | None = None,
    fee: int = 0,
    description: str | None = None,
    at_once: bool = True,
    fee_description: str | None = None,
) -> Json:
    """Book `amount` less `fee`; `at_once` False leaves the funds pending for the settlement days."""
    now = work.now()
    available_on = now if at_once else business_days_later(now, work.settings.settle_days)
    fee_detail = FEE | {"amount": fee, "currency": currency} | ({"description": fee_description} if fee_description else {})
    entry: Json = {
        "id": ids.mint(KIND),
        "object": KIND,
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [fee_detail] if fee else [],
        "net": amount - fee,
        "reporting_category": category or kind,
        "source": source,
        "status": "available" if at_once else "pending",
        "type": kind,
    }
    work.put(entry)
    if not at_once:
        task_id = f"funds:{work.tx.account}:{available_on}"
        work.plan_once(float(available_on), "release_funds", task_id, available_on=available_on)
    return entry


def release_funds(work: Work, available_on: int) -> None:
    """Everything that was to be available on that day is."""
    for identifier in work.tx.ids(KIND, "available_on", available_on):
        entry = load(work.tx.body(identifier))
        if entry["status"] == "pending":
            work.put(entry | {"status": "available"})
    work.emit("balance.available", balance.current(work))


def retrieve(work: Work, values: Json, transaction_id: str) -> Json:
    return work.tx.get(KIND, transaction_id)


def list_all(work: Work, values: Json) -> Json:
    return page(work, KIND, URL, values)


ROUTES = {
    "GET /v1/balance_transactions": list_all,
    "GET /v1/balance_transactions/{id}": retrieve,
}
TASKS = {"release_funds": release_funds}
