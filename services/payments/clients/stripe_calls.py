"""Calls to Stripe by the official SDK, each with one of three ends: an answer, a refusal, or nobody knows.

The SDK encodes, sends, repeats what did not arrive under the same idempotency key, and tells errors apart. Its objects are left
out (`raw_request`): they take longer to build than the answer to read, and all that we want of them is the JSON. What is left here:
the time for all of it, how many calls run at once, and patience when Stripe asks to slow down (which the SDK does not repeat).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

import httpcore

from services.payments.clients.stripe_sdk import stripe
from services.payments.domain import declines
from services.payments.usecases.metrics import CALL_SECONDS, CALLS
from services.payments.usecases.processor import OutcomeUnknown, Refused

if TYPE_CHECKING:  # at run time the SDK is loaded by stripe_sdk.py alone
    from stripe._base_address import BaseAddresses

Json = dict[str, Any]
"""Stripe's objects as they come; stripe_objects.py is where they become ours."""

_log = logging.getLogger("bursar.payments")
_CONNECT_SECONDS = 5.0
_IDLE_SECONDS = 30.0
_RETRIES = 2
_SLOW_DOWN_SECONDS = (0.5, 1.0, 2.0, 4.0)


class Declined(Exception):
    """Stripe answered 402: the bank or Stripe's risk check said no. `error` is the error object of the answer."""

    def __init__(self, error: Json) -> None:
        super().__init__(error.get("code"))
        self.error = error


class Rejected(Refused):
    """Stripe answered 400 or 404. `error` is the error object of the answer."""

    def __init__(self, error: Json) -> None:
        super().__init__(declines.refused(str(error.get("code") or error.get("type") or "invalid_request")))
        self.error = error


class _Connections(stripe.HTTPClient):
    """How the SDK sends: each call by a connection of its own, which the next one takes over.

    One pool for all calls looks through all its connections for every call, and dearer clients build objects that nobody reads:
    this takes a third of the time. How many there are is the business of the gate below.
    """

    name = "httpcore"

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__()
        self._timeouts = dict.fromkeys(("read", "write", "pool"), timeout_seconds) | {"connect": _CONNECT_SECONDS}
        self._ssl = ssl.create_default_context(cafile=stripe.ca_bundle_path)
        self._idle: list[httpcore.AsyncConnectionPool] = []

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        connection = self._idle.pop() if self._idle else self._new()
        content = post_data.encode() if post_data else None
        try:
            answer = await connection.request(
                method.upper(), url, headers=list(headers.items()), content=content, extensions={"timeout": self._timeouts}
            )
        except Exception as error:
            # Whatever it was, nobody knows what arrived; the key makes it safe to repeat.
            raise stripe.APIConnectionError(type(error).__name__, should_retry=True) from error  # type: ignore[no-untyped-call]
        finally:
            self._idle.append(connection)
        # In small letters, as the SDK asks for those that it goes by.
        return answer.content, answer.status, {name.decode().lower(): value.decode("latin-1") for name, value in answer.headers}

    def sleep_async(self, secs: float) -> Awaitable[None]:
        return asyncio.sleep(secs)

    async def close_async(self) -> None:
        for connection in self._idle:
            await connection.aclose()

    def _new(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(ssl_context=self._ssl, max_connections=1, keepalive_expiry=_IDLE_SECONDS)


class StripeCalls:
    """One client for the process. Open sockets are closed by `close`."""

    def __init__(self, secret_key: str, *, api_base: str | None, timeout_seconds: float, max_calls: int) -> None:
        self._http = _Connections(timeout_seconds)
        addresses: BaseAddresses = {"api": api_base, "connect": api_base, "files": api_base} if api_base else {}
        self._client = stripe.StripeClient(secret_key, base_addresses=addresses, http_client=self._http, max_network_retries=_RETRIES)
        self._timeout_seconds = timeout_seconds
        self._gate = asyncio.Semaphore(max_calls)

    async def close(self) -> None:
        await self._http.close_async()

    async def get(self, name: str, path: str, parameters: Json) -> Json:
        """What Stripe shows under a path. Errors as in `post`."""
        return await self._call(name, "get", path, parameters)

    async def post(self, name: str, path: str, parameters: Json, *, key: str) -> Json:
        """The answer to a change, made once for ever under its idempotency key. `name` is for the metrics.

        Declined (402), Rejected (400, 404), or OutcomeUnknown: no answer, or one that does not tell.
        """
        return await self._call(name, "post", path, {**parameters, "idempotency_key": key})

    async def _call(self, name: str, method: Literal["get", "post"], path: str, parameters: Json) -> Json:
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_seconds), self._gate:
                answer = await self._patiently(method, path, parameters)
        except stripe.CardError as error:
            CALLS.labels(name, "declined").inc()
            raise Declined(_error_of(error)) from error
        except stripe.IdempotencyError as error:
            # The key was used with other content: by an older version of us. What happened under it can be looked up.
            CALLS.labels(name, "unknown").inc()
            raise OutcomeUnknown(name) from error
        except stripe.InvalidRequestError as error:
            CALLS.labels(name, "rejected").inc()
            raise Rejected(_error_of(error)) from error
        except (stripe.StripeError, TimeoutError) as error:
            CALLS.labels(name, "unknown").inc()
            if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
                _log.error("Stripe does not accept our key; nothing moves until it does", extra={"where": name})
            raise OutcomeUnknown(name) from error
        finally:
            CALL_SECONDS.labels(name).inc(time.monotonic() - started)
        CALLS.labels(name, "answered").inc()
        return answer

    async def _patiently(self, method: str, path: str, parameters: Json) -> Json:
        for seconds in _SLOW_DOWN_SECONDS:
            try:
                return await self._send(method, path, parameters)
            except stripe.RateLimitError:
                await asyncio.sleep(seconds)
        return await self._send(method, path, parameters)

    async def _send(self, method: str, path: str, parameters: Json) -> Json:
        answer = await self._client.raw_request_async(method, path, **parameters)
        return cast(Json, answer.data)


def _error_of(error: stripe.StripeError) -> Json:
    body = error.json_body
    found = body.get("error") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}
