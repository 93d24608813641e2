"""`/_sim/…`: what tests do to the simulated world. JSON in, JSON out, no key needed."""

from collections.abc import Callable
from urllib.parse import parse_qs

import orjson

from deploy.stripe_simulator import totals
from deploy.stripe_simulator.errors import invalid, unknown_url
from deploy.stripe_simulator.faults import Fault
from deploy.stripe_simulator.jsons import Json, dump, load
from deploy.stripe_simulator.resources import declines, disputes, payment_intents, refunds, setup_intents, webhook_endpoints
from deploy.stripe_simulator.server import Request, Response
from deploy.stripe_simulator.settings import PLATFORM
from deploy.stripe_simulator.simulation import Simulation
from deploy.stripe_simulator.webhooks.rules import Rule
from deploy.stripe_simulator.work import Work

Action = Callable[[Json], Json]
ORDERS = ("fifo", "reverse", "shuffle")
ADJUSTABLE = ("settle_delay", "refund_delay", "dispute_delay", "search_lag", "latency")


class Control:
    """One method for each verb."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._actions: dict[str, Action] = {
            "GET health": lambda given: {"status": "ok", "objects": len(simulation.store.rows)},
            "GET totals": self._totals,
            "POST reset": self._reset,
            "GET clock": self._clock,
            "POST clock/advance": self._advance,
            "GET settings": self._settings,
            "POST settings": self._set,
            "POST latency": lambda given: self._set({"latency_ms": given["ms"]}),
            "GET faults": self._faults,
            "POST faults": self._arm,
            "DELETE faults": self._disarm,
            "GET webhooks": lambda given: simulation.deliveries.state(),
            "POST webhooks/hold": self._hold,
            "POST webhooks/release": self._release,
            "POST webhooks/drop": lambda given: self._rule("drop", given),
            "POST webhooks/duplicate": lambda given: self._rule("duplicate", given),
            "POST webhooks/delay": lambda given: self._rule("delay", given),
            "DELETE webhooks/rules": self._clear_rules,
            "POST webhooks/replay": self._replay,
            "POST webhooks/register": self._register,
            "POST webhooks/roll": self._roll,
            "POST cards/decline": self._decline,
            "POST buyer/authenticate": self._authenticate,
            "POST bank/disputes": self._open_dispute,
            "POST bank/disputes/escalate": self._escalate_dispute,
            "POST bank/disputes/close": self._close_dispute,
            "POST bank/refunds/fail": self._fail_refund,
        }

    def answer(self, request: Request) -> Response:
        action = self._actions.get(f"{request.method} {request.path.removeprefix('/_sim/')}")
        if action is None:
            raise unknown_url(request.method, request.path)
        given: Json = {name: values[-1] for name, values in parse_qs(request.query).items()}
        try:
            given |= orjson.loads(request.body or b"{}")
            return Response(200, dump(action(given)))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise invalid(f"Invalid control request: {error!r}") from error

    def _totals(self, given: Json) -> Json:
        return totals.totals(self._simulation.store, given.get("account", PLATFORM), given.get("metadata_key"))

    def _reset(self, given: Json) -> Json:
        self._simulation.reset()
        return {"status": "reset"}

    def _clock(self, given: Json) -> Json:
        clock = self._simulation.clock
        return {"now": clock.now(), "offset_seconds": clock.offset_seconds}

    def _advance(self, given: Json) -> Json:
        """`{"seconds": n, "key": "…"}`: everything due in between is done, each at its time; once for each key, if there is one."""
        done = self._simulation.advance(float(given["seconds"]), given.get("key"))
        return {"tasks_done": done} | self._clock({})

    def _settings(self, given: Json) -> Json:
        settings = self._simulation.settings
        return {f"{name}_ms": getattr(settings, f"{name}_seconds") * 1000 for name in ADJUSTABLE}

    def _set(self, given: Json) -> Json:
        """`{"settle_delay_ms": n, "refund_delay_ms": n, "dispute_delay_ms": n, "search_lag_ms": n, "latency_ms": n}`."""
        for name, milliseconds in given.items():
            if name.removesuffix("_ms") not in ADJUSTABLE:
                raise ValueError(name)
            setattr(self._simulation.settings, f"{name.removesuffix('_ms')}_seconds", float(milliseconds) / 1000)
        return self._settings({})

    def _faults(self, given: Json) -> Json:
        faults = self._simulation.faults
        return {"armed": [{"times": fault.times, "path": fault.path} for fault in faults.armed], "used": faults.used}

    def _arm(self, given: Json) -> Json:
        """`{"times": 1, "status": 500 or null (cut), "when": "before"|"after", "method": "*", "path": "*", "code": …}`."""
        if given.get("when", "before") not in ("before", "after"):
            raise ValueError(given["when"])
        self._simulation.faults.armed.append(
            Fault(
                times=int(given.get("times", 1)),
                status=given.get("status"),
                after=given.get("when") == "after",
                method=given.get("method", "*"),
                path=given.get("path", "*"),
                code=given.get("code"),
                stored=given.get("stored", True),
                should_retry=given.get("should_retry"),
                delay_seconds=given.get("delay_ms", 0) / 1000,
            )
        )
        return self._faults({})

    def _disarm(self, given: Json) -> Json:
        self._simulation.faults.armed.clear()
        return self._faults({})

    def _hold(self, given: Json) -> Json:
        """`{"types": ["charge.*"]}`: keep deliveries back until released."""
        return self._rule("hold", given | {"next": None})

    def _release(self, given: Json) -> Json:
        """`{"order": "fifo"|"reverse"|"shuffle", "seed": 0}`."""
        order = given.get("order", "fifo")
        if order not in ORDERS:
            raise ValueError(order)
        return {"released": self._simulation.deliveries.release(order, int(given.get("seed", 0)))}

    def _rule(self, action: str, given: Json) -> Json:
        """`{"types": ["*"], "next": 1 or null (until cleared), "copies": 2, "delay_ms": n}`."""
        types = tuple(given.get("types", ["*"]))
        delay_seconds = given.get("delay_ms", 0) / 1000
        rule = Rule(action, types, given.get("next", 1), int(given.get("copies", 2)), delay_seconds)
        self._simulation.deliveries.rules.active.append(rule)
        return {"rules": len(self._simulation.deliveries.rules.active)}

    def _clear_rules(self, given: Json) -> Json:
        self._simulation.deliveries.rules.active.clear()
        return {"rules": 0}

    def _replay(self, given: Json) -> Json:
        """`{"event": "evt_…"}` or `{"events": […]}`: deliver again to every endpoint that wants it."""
        store = self._simulation.store
        replayed = 0
        for event_id in given.get("events") or [given["event"]]:
            row = store.rows[event_id]
            wanting = self._simulation.endpoints.wanting(row.account, load(row.body)["type"])
            replayed += self._simulation.deliveries.replay(event_id, wanting)
        return {"deliveries": replayed}

    def _register(self, given: Json) -> Json:
        """`{"url": …, "secret": "whsec_…", "connect": false}`: an endpoint for all events whose secret is known."""
        self._simulation.register_endpoint(given["url"], given["secret"], connect=bool(given.get("connect")))
        return {"status": "registered"}

    def _roll(self, given: Json) -> Json:
        """`{"endpoint": "we_…", "secret": "whsec_…"}`: sign with both secrets; again with `"only": true` to end it."""
        work = self._work(given["endpoint"])
        hidden = work.tx.hidden(given["endpoint"])
        previous = [] if given.get("only") else hidden["secrets"][:1]
        work.tx.get(webhook_endpoints.KIND, given["endpoint"])
        work.tx.hide(given["endpoint"], hidden | {"secrets": [given["secret"], *previous]})
        self._simulation.commit(work)
        return {"secrets": 1 + len(previous)}

    def _authenticate(self, given: Json) -> Json:
        """`{"intent": "pi_… or seti_…", "outcome": "succeed"|"fail"}`."""
        if given["outcome"] not in ("succeed", "fail"):
            raise ValueError(given["outcome"])
        work = self._work(given["intent"])
        authenticate = setup_intents.authenticate if given["intent"].startswith("seti_") else payment_intents.authenticate
        return self._commit(work, authenticate(work, given["intent"], succeeded=given["outcome"] == "succeed"))

    def _decline(self, given: Json) -> Json:
        """`{"payment_method": "pm_…"}` or `{"customer": "cus_… or a value of its metadata"}`, `"code": "insufficient_funds" or null,
        "next": n or null`: decline the next charges, all of them, or (code null) none any more."""
        holder = given.get("payment_method") or self._customer(given["customer"])
        work = self._work(holder)
        answer = declines.arm(work, holder, given["code"], given.get("next"))
        return self._commit(work, answer)

    def _customer(self, name: str) -> str:
        store = self._simulation.store
        if name in store.rows:
            return name
        named = (row.id for row in store.rows.values() if row.kind == "customer" and name in load(row.body).get("metadata", {}).values())
        found = next(named, None)
        if found is None:
            raise ValueError(f"no customer {name}")
        return found

    def _open_dispute(self, given: Json) -> Json:
        """`{"charge": "ch_…", "reason": "fraudulent", "status": "needs_response", "amount": n}`."""
        work = self._work(given["charge"])
        reason, status = given.get("reason", "fraudulent"), given.get("status", "needs_response")
        return self._commit(work, disputes.opened(work, given["charge"], reason, status, given.get("amount")))

    def _escalate_dispute(self, given: Json) -> Json:
        """`{"dispute": "du_…"}`: an inquiry becomes a chargeback."""
        work = self._work(given["dispute"])
        return self._commit(work, disputes.escalated(work, given["dispute"]))

    def _close_dispute(self, given: Json) -> Json:
        """`{"dispute": "du_…", "outcome": "won"|"lost"|"warning_closed"}`."""
        work = self._work(given["dispute"])
        return self._commit(work, disputes.closed(work, given["dispute"], given["outcome"]))

    def _fail_refund(self, given: Json) -> Json:
        """`{"refund": "re_…", "reason": "lost_or_stolen_card"}`."""
        work = self._work(given["refund"])
        return self._commit(work, refunds.failed(work, given["refund"], given.get("reason", "unknown")))

    def _work(self, object_id: str) -> Work:
        """Work in the account that an object is in."""
        return self._simulation.begin(self._simulation.store.rows[object_id].account)

    def _commit(self, work: Work, answer: Json) -> Json:
        self._simulation.commit(work)
        return answer
