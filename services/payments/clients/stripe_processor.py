"""The processor that moves the money: what is asked of Stripe for each thing that we want."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from services.payments.clients.stripe_calls import Declined, Json, Rejected, StripeCalls
from services.payments.clients.stripe_events import WANTED, listed_event
from services.payments.clients.stripe_objects import ATTEMPT_KEY, CUSTOMER_KEY, ORGANIZATION_KEY, attempt_id_of, failure_of, outcome_of
from services.payments.domain.attempt import Attempt, Kind
from services.payments.domain.customer import Customer
from services.payments.domain.outcome import WAIT, Outcome, lost
from services.payments.usecases.processor import EventPage

_PAGE = 100
_MOST_PAGES = 10
_GONE = "resource_missing"
_METHOD = ["payment_method"]
_SHOWN = {Kind.PAYMENT: ["latest_charge.balance_transaction", *_METHOD], Kind.SETUP: _METHOD}
_PATH = {Kind.PAYMENT: "/v1/payment_intents", Kind.SETUP: "/v1/setup_intents"}
_INTENT = {Kind.PAYMENT: "payment_intent", Kind.SETUP: "setup_intent"}


class StripeProcessor:
    """Asks Stripe. Every change has a key of its own that never changes, and carries our ids in its metadata."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    async def create_customer(self, customer: Customer) -> str:
        named = {"name": customer.name} if customer.name else {}
        parameters = {**named, "email": customer.email, "metadata": _customer_metadata(customer)}
        answer = await self._calls.post("create_customer", "/v1/customers", parameters, key=customer.idempotency_key)
        return str(answer["id"])

    async def find_customer(self, customer: Customer) -> str | None:
        answer = await self._calls.get("find_customer", "/v1/customers", {"email": customer.email, "limit": _PAGE})
        wanted = _customer_metadata(customer)
        return next((found["id"] for found in answer["data"] if wanted.items() <= (found.get("metadata") or {}).items()), None)

    async def send(self, attempt: Attempt, customer_id: str) -> Outcome:
        parameters = charge_parameters(attempt, customer_id) if attempt.kind is Kind.PAYMENT else setup_parameters(attempt, customer_id)
        try:
            answer = await self._calls.post(f"create_{attempt.kind}", _PATH[attempt.kind], parameters, key=attempt.idempotency_key)
        except Declined as decline:
            intent = decline.error.get(_INTENT[attempt.kind])
            return outcome_of(intent) if intent else lost(failure_of(decline.error))
        return outcome_of(answer)

    async def look_up(self, attempt: Attempt, customer_id: str | None) -> Outcome | None:
        processor_id = attempt.processor_id or await self._find(attempt, customer_id)
        if processor_id is None:
            return None
        shown = {"expand": _SHOWN[attempt.kind]}
        try:
            return outcome_of(await self._calls.get(f"retrieve_{attempt.kind}", _path(attempt.kind, processor_id), shown))
        except Rejected as error:
            if error.error.get("code") == _GONE:
                return None
            raise

    async def cancel(self, attempt: Attempt) -> Outcome:
        path = f"{_path(attempt.kind, str(attempt.processor_id))}/cancel"
        try:
            return outcome_of(await self._calls.post(f"cancel_{attempt.kind}", path, {}, key=f"cancel:{attempt.idempotency_key}"))
        except Rejected as error:
            # It is over already, one way or the other; how is what has to be known.
            if _INTENT[attempt.kind] in error.error:
                return await self.look_up(attempt, None) or Outcome(WAIT, closed=True)
            if error.error.get("code") == _GONE:
                return Outcome(WAIT, closed=True)
            raise

    async def detach(self, processor_method_id: str) -> None:
        path = f"/v1/payment_methods/{quote(processor_method_id, safe='')}/detach"
        await self._calls.post("detach", path, {}, key=f"detach:{processor_method_id}")

    async def list_events(self, since: datetime, until: datetime | None, after: str | None) -> EventPage:
        created = {"gte": int(since.timestamp())} | ({"lte": int(until.timestamp())} if until else {})
        parameters = {"created": created, "types": list(WANTED), "limit": _PAGE} | ({"starting_after": after} if after else {})
        answer = await self._calls.get("list_events", "/v1/events", parameters)
        events = [listed_event(event) for event in answer["data"]]
        return EventPage(events, events[-1].id if answer["has_more"] and events else None)

    async def _find(self, attempt: Attempt, customer_id: str | None) -> str | None:
        """Among the customer's, by our id. Search would be one call, but shows new objects late."""
        after: dict[str, str] = {}
        for _ in range(_MOST_PAGES if customer_id else 0):
            parameters = {"customer": customer_id, "limit": _PAGE, **after}
            answer = await self._calls.get(f"list_{attempt.kind}", _PATH[attempt.kind], parameters)
            for intent in answer["data"]:
                if attempt_id_of(intent) == attempt.id:
                    return str(intent["id"])
            if not answer["has_more"]:
                break
            after = {"starting_after": answer["data"][-1]["id"]}
        return None


def _path(kind: Kind, processor_id: str) -> str:
    return f"{_PATH[kind]}/{quote(processor_id, safe='')}"


def charge_parameters(attempt: Attempt, customer_id: str) -> Json:
    """A PaymentIntent, made and confirmed in one call."""
    parameters: Json = {
        **_shared_parameters(attempt, customer_id),
        "amount": attempt.amount,
        "currency": attempt.currency,
    }
    if attempt.off_session:
        # Nobody waits, so Stripe may take the time to book it: the answer then says all, and no second call is needed.
        parameters |= {"off_session": True, "capture_method": "automatic", "expand": _SHOWN[Kind.PAYMENT]}
    elif attempt.keep_method:
        parameters["setup_future_usage"] = "off_session"
    return parameters


def setup_parameters(attempt: Attempt, customer_id: str) -> Json:
    """A SetupIntent for charges in the buyer's absence, made and confirmed in one call."""
    return {**_shared_parameters(attempt, customer_id), "usage": "off_session"}


def _shared_parameters(attempt: Attempt, customer_id: str) -> Json:
    source = "confirmation_token" if attempt.source.startswith("ctoken_") else "payment_method"
    # Methods that send the buyer elsewhere need to know where to come back to.
    redirects = {} if attempt.return_url else {"allow_redirects": "never"}
    parameters: Json = {
        "customer": customer_id,
        "confirm": True,
        source: attempt.source,
        "automatic_payment_methods": {"enabled": True, **redirects},
        "metadata": {
            ATTEMPT_KEY: str(attempt.id),
            ORGANIZATION_KEY: str(attempt.organization_id),
            CUSTOMER_KEY: str(attempt.customer_id),
            "bursar_order_id" if attempt.kind is Kind.PAYMENT else "bursar_checkout_id": str(attempt.subject_id),
            "bursar_attempt": str(attempt.number),
        },
        "expand": _METHOD,
    }
    if attempt.return_url:
        parameters["return_url"] = attempt.return_url
    if attempt.description:
        parameters["description"] = attempt.description
    return parameters


def _customer_metadata(customer: Customer) -> dict[str, str]:
    return {CUSTOMER_KEY: str(customer.customer_id), ORGANIZATION_KEY: str(customer.organization_id)}
