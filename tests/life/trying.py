"""Any move, right or wrong, done to the suite; what was said about it before is what is billed by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.e2e.calls import read_response
from tests.life import operations as op
from tests.life import wishes
from tests.life.acting import Actor
from tests.life.shop import figures

Json = dict[str, Any]


@dataclass
class Trier(Actor):
    """Tells the reason of a refusal instead of failing."""

    def attempt(self, operation: op.Operation) -> str:
        """Done at its instant and settled; or the reason why not."""
        self.advance(operation.at)
        if isinstance(operation, op.Subscribe | op.UseCard):
            self.act(operation)
            return ""
        change = self._wish(operation)
        reason = self._ask(*self._move(operation)) if change is None else self._change_as_said(*change)
        self._settle()
        return reason

    def renew(self) -> None:
        """The clock goes on to what is billed next, and that is billed; not beyond the end of what goes on without a bill."""
        path = f"subscriptions/{self.subscription_id}"
        told = self.caller.get(f"{path}:preview_charge")
        subscription = self.caller.get(path)
        if subscription["cancel_at_period_end"] and not subscription.get("ended_at"):
            said = self.caller.get(f"{path}:preview_cancel")
            assert said.get("order") == told.get("order") or figures(said["order"]) == figures(told["order"])
        known = len(self._orders())
        if "order" not in told:
            self.advance(datetime.fromisoformat(subscription["current_period_end"]))
            assert len(self._orders()) == known, "nothing was to be billed"
            return
        self.advance(datetime.fromisoformat(told["billed_at"]))
        assert [figures(order) for order in self._orders()[known:]] == [figures(told["order"])]

    def _change_as_said(self, change: Json, behavior: str) -> str:
        """What the preview refuses the change refuses; what the preview bills now is billed."""
        body = {"change": change, **({"proration_behavior": f"PRORATION_BEHAVIOR_{behavior.upper()}"} if behavior else {})}
        path = f"subscriptions/{self.subscription_id}"
        response = self.caller.rest("POST", f"{path}:preview_change", json=body)
        said = read_response(response)
        known = len(self._orders())
        reason = self._ask(f"{path}:change", body)
        assert reason == said.reason or (reason == "PAYMENT_FAILED" and said.ok), f"previewed {said}, changed {reason or 'OK'}"
        self._settle()
        told = said.content if said.ok else {}
        now = "order" in told and datetime.fromisoformat(told["billed_at"]) == self.now
        assert [figures(order) for order in self._orders()[known:]] == ([figures(told["order"])] if now else [])
        return reason

    def _wish(self, operation: op.Operation) -> tuple[Json, str] | None:
        """A change as it is asked for, and its proration."""
        match operation:
            case op.ChangeProduct():
                return {"product": {"product_id": self._product(operation.product)["id"]}}, operation.behavior
            case op.ChangeQuantity():
                return {"units" if "units" in self._subscription() else "seats": operation.quantity}, operation.behavior
            case wishes.ChangeDiscount():
                discount = {"discount_id": self._discount(operation.discount)["id"]} if operation.discount else {}
                return {"discount": discount}, ""
            case wishes.EndTrial():
                return {"trial_end": {"now": True}}, ""
            case wishes.MoveTrialEnd():
                return {"trial_end": {"at": operation.to.isoformat()}}, ""
            case wishes.MovePeriodEnd():
                return {"current_period_end": operation.to.isoformat()}, ""
        return None

    def _move(self, operation: op.Operation) -> tuple[str, Json]:
        """Path and body of what is no change."""
        path = f"subscriptions/{self.subscription_id}"
        match operation:
            case op.Pause():
                return f"{path}:pause", {"resumes_at": operation.resumes_at.isoformat()} if operation.resumes_at else {}
            case op.ClearPendingUpdate():
                return f"{path}:clear_pending_update", {}
            case op.AdjustBalance():
                body = {"currency": "eur", "amount": str(operation.amount), "reason": "by hand"}
                return f"customers/{self.customer_id}/balances:adjust", body
            case wishes.UnschedulePause():
                return f"{path}:unschedule_pause", {}
            case wishes.RetryPayment():
                return f"orders/{self._orders()[-1]['id']}:retry_payment", {}
        return f"{path}:{type(operation).__name__.lower()}", {}

    def _ask(self, path: str, body: Json) -> str:
        return read_response(self.caller.rest("POST", path, json={"request_id": str(uuid4()), **body})).reason

    def _orders(self) -> list[Json]:
        query = {"subscription_id": self.subscription_id, "order_by": "created_at", "page_size": 100}
        return list(self.caller.get("orders", **query)["orders"])

    def _settle(self) -> None:
        """An advance to where the clock stands is over when all is settled; others in the suite are not waited for."""
        request = {"request_id": str(uuid4()), "to": self.now.isoformat()}
        while self.caller.post("clock:advance", **request)["status"] != "CLOCK_ADVANCE_STATUS_FINISHED":
            pass
