"""Failures on demand: a status or a cut connection, before or after the effect."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from deploy.stripe_simulator.errors import StripeError

TYPES = {429: "rate_limit_error", 409: "invalid_request_error"}


@dataclass(slots=True)
class Fault:
    """For the next `times` calls that match. `status` None cuts the connection; `after` lets the effect happen first.

    A 5xx after the effect is the first result of its idempotency key, as Stripe replays it; `stored` False makes it a
    failure in between (a proxy), after which the key still leads to the true answer.
    """

    times: int
    status: int | None
    after: bool
    method: str = "*"
    path: str = "*"
    code: str | None = None
    stored: bool = True
    should_retry: bool | None = None
    delay_seconds: float = 0.0

    def error(self) -> StripeError:
        status = self.status or 500
        kind = TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return StripeError(status, kind, "Simulated failure.", self.code, should_retry=self.should_retry)


@dataclass(slots=True)
class Faults:
    """Armed faults; the first that matches is used."""

    armed: list[Fault] = field(default_factory=list)
    used: int = 0

    def take(self, method: str, path: str) -> Fault | None:
        for fault in self.armed:
            if fault.method in ("*", method) and fnmatchcase(path, fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self.armed.remove(fault)
                self.used += 1
                return fault
        return None
