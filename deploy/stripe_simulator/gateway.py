"""The API's door: key, version, account, idempotency, parameters; then the handler; then the answer and its headers."""

import asyncio
import base64
import binascii
from contextlib import suppress
from dataclasses import dataclass

from deploy.stripe_simulator import ids
from deploy.stripe_simulator.errors import (
    StripeError,
    forbidden_account,
    invalid,
    unauthorized,
    unknown_url,
)
from deploy.stripe_simulator.faults import Fault
from deploy.stripe_simulator.form import decode
from deploy.stripe_simulator.idempotency import Claim, FirstAnswer, fingerprint
from deploy.stripe_simulator.jsons import dump
from deploy.stripe_simulator.log import log
from deploy.stripe_simulator.server import Cut, Request, Response
from deploy.stripe_simulator.settings import API_VERSION, PLATFORM
from deploy.stripe_simulator.simulation import Simulation
from deploy.stripe_simulator.work import Work


@dataclass(slots=True, frozen=True)
class Caller:
    """Who asks and how the answer is to be marked."""

    account: str
    request_id: str
    key: str | None


class Gateway:
    """Answers `/v1/…`."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    async def answer(self, request: Request) -> Response:
        """Every failure but a cut connection is an answer."""
        request_id = ids.mint("request", 14)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION, "Access-Control-Allow-Origin": "*"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            caller = Caller(self._account(request), request_id, key)
            response = await self._admitted(request, caller)
        except StripeError as error:
            response = _refusal(error)
        response.headers = headers | response.headers
        if self._simulation.settings.log_requests:
            log("request", method=request.method, path=request.path, status=response.status, request_id=request_id)
        return response

    async def _admitted(self, request: Request, caller: Caller) -> Response:
        fault = self._simulation.faults.take(request.method, request.path)
        claim = None
        if caller.key:
            claim = Claim(caller.account, caller.key, fingerprint(request.method, request.path, request.body))
            if first := self._simulation.keys.begin(claim):
                await self._wait(fault)
                self._interrupt(fault)
                return Response(first.status, first.body, {"Idempotent-Replayed": "true", "Original-Request": first.request_id})
        try:
            await self._wait(fault)
            if fault and not fault.after:
                self._interrupt(fault)
            return self._execute(request, caller, claim, fault)
        finally:
            if claim:
                self._simulation.keys.end(claim)

    async def _wait(self, fault: Fault | None) -> None:
        seconds = self._simulation.settings.latency_seconds + (fault.delay_seconds if fault else 0.0)
        if seconds:
            await asyncio.sleep(seconds)

    def _interrupt(self, fault: Fault | None) -> None:
        """Fail as the fault says, if there is one."""
        if fault and fault.status is None and not fault.delay_seconds:
            raise Cut
        if fault and fault.status is not None:
            raise fault.error()

    def _execute(self, request: Request, caller: Caller, claim: Claim | None, fault: Fault | None) -> Response:
        """Run the handler; effects, first answer and events are committed together."""
        work = self._simulation.begin(caller.account, caller.request_id, caller.key)
        try:
            response = Response(200, self._handled(request, work))
            stored = True
        except StripeError as error:
            if not error.keep_effects:
                work.tx.discard()
                work.plans.clear()
                work.deliveries.clear()
            response = _refusal(error)
            stored = error.stored
        injected = fault.error() if fault and fault.after and fault.status is not None else None
        if claim and stored:
            kept = _refusal(injected) if injected and fault and fault.stored else response
            self._simulation.keys.keep(work.tx, claim, FirstAnswer(kept.status, kept.body, caller.request_id))
        self._simulation.commit(work)
        if fault and fault.after:
            self._interrupt(fault)
        return response

    def _handled(self, request: Request, work: Work) -> bytes:
        matched = self._simulation.routes.match(request.method, request.path)
        if matched is None:
            raise unknown_url(request.method, request.path)
        operation, handler, identifiers = matched
        text = request.query
        if request.body and request.method != "GET":
            try:
                text = f"{text}&{request.body.decode()}" if text else request.body.decode()
            except UnicodeDecodeError:
                raise invalid("The request body is not form-encoded UTF-8.") from None
        values = self._simulation.contract.check(operation, decode(text))
        expand = values.pop("expand", None)
        answer = handler(work, values, *identifiers)
        if expand:
            answer = self._simulation.expansion.expand(answer, expand, work.tx)
        return dump(answer)

    def _account(self, request: Request) -> str:
        """The account that is acted on; refuses other keys, versions and accounts."""
        key = _key(request.headers.get("authorization", ""))
        if not key:
            raise unauthorized("You did not provide an API key. Provide it in the Authorization header (Bearer sk_test_…).")
        if not key.startswith("sk_test_"):
            raise unauthorized(f"Invalid API Key provided: {key[:7]}****")
        version = request.headers.get("stripe-version", API_VERSION)
        if version != API_VERSION:
            raise invalid(f"This simulator answers in API version {API_VERSION} only, not {version}.")
        account = request.headers.get("stripe-account", PLATFORM)
        if account != PLATFORM and account not in self._simulation.store.of_kind(PLATFORM, "account"):
            raise forbidden_account(account)
        return account


def _key(authorization: str) -> str:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        with suppress(binascii.Error, UnicodeDecodeError):
            return base64.b64decode(given).decode().partition(":")[0]
    return ""


def _refusal(error: StripeError) -> Response:
    headers = {} if error.should_retry is None else {"Stripe-Should-Retry": str(error.should_retry).lower()}
    return Response(error.status, error.body(), headers)
