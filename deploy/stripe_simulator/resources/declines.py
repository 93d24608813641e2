"""Cards that the bank declines from now on, because a test or a demonstration says so: the next charges, or all."""

from deploy.stripe_simulator import cards
from deploy.stripe_simulator.jsons import Json
from deploy.stripe_simulator.resources.charges import Refusal
from deploy.stripe_simulator.work import Work

KIND = "sim.decline"
OWN_CODES = ("authentication_required", "expired_card", "incorrect_cvc", "processing_error")
"""The others are reasons for which a card is `card_declined`."""


def arm(work: Work, holder: str, code: str | None, count: int | None) -> Json:
    """`holder`: a payment method, or a customer with all of theirs. Without a code the bank says yes again."""
    row_id = _row_id(holder)
    if code is not None:
        work.tx.put({"id": row_id, "code": code, "left": count}, kind=KIND)
    elif work.tx.find(row_id) is not None:
        work.tx.delete(row_id)
    return {"holder": holder, "code": code, "next": count}


def taken(work: Work, method_id: str, customer_id: str | None) -> Refusal | None:
    """Why this charge is declined, if it is; it counts."""
    for holder in filter(None, (method_id, customer_id)):
        armed = work.tx.find(_row_id(holder))
        if armed is not None:
            _count(work, armed)
            return _refusal(armed["code"])
    return None


def _count(work: Work, armed: Json) -> None:
    if armed["left"] is None:
        return
    if armed["left"] > 1:
        work.tx.put(armed | {"left": armed["left"] - 1}, kind=KIND)
    else:
        work.tx.delete(armed["id"])


def _refusal(code: str) -> Refusal:
    if code in OWN_CODES:
        return Refusal(code, code if code == "authentication_required" else None, cards.MESSAGES[code])
    return Refusal("card_declined", code, cards.message("card_declined", code))


def _row_id(holder: str) -> str:
    return f"decline:{holder}"
