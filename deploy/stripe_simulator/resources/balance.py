"""The account's balance, by currency: what is available and what is still pending."""

from deploy.stripe_simulator.jsons import Json, load
from deploy.stripe_simulator.work import Work


def current(work: Work) -> Json:
    """The balance with what this unit of work has written so far."""
    sums = {(currency, status): amount for (account, currency, status), amount in work.tx.store.funds.items() if account == work.tx.account}
    for _, kind, identifier, body, _ in work.tx.written():
        if kind == "balance_transaction" and body is not None:
            row = work.tx.store.rows.get(identifier)
            _add(sums, load(row.body), -1) if row else None
            _add(sums, load(body), +1)
    currencies = sorted({currency for currency, _ in sums}) or ["usd"]
    return {
        "object": "balance",
        "available": [_funds(currency, sums.get((currency, "available"), 0)) for currency in currencies],
        "connect_reserved": [{"amount": 0, "currency": currency} for currency in currencies],
        "livemode": False,
        "pending": [_funds(currency, sums.get((currency, "pending"), 0)) for currency in currencies],
    }


def available(work: Work, currency: str) -> int:
    return next((funds["amount"] for funds in current(work)["available"] if funds["currency"] == currency), 0)


def retrieve(work: Work, values: Json) -> Json:
    return current(work)


def _add(sums: dict[tuple[str, str], int], entry: Json, sign: int) -> None:
    key = entry["currency"], entry["status"]
    sums[key] = sums.get(key, 0) + sign * entry["net"]


def _funds(currency: str, amount: int) -> Json:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


ROUTES = {"GET /v1/balance": retrieve}
