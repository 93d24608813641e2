"""Errors in Stripe's shape: an HTTP status and `{"error": {type, code, message, param, …}}`."""

from dataclasses import dataclass, field

from deploy.stripe_simulator.jsons import Json, dump

DOC_URL = "https://stripe.com/docs/error-codes/"


@dataclass(slots=True)
class StripeError(Exception):
    """An answer other than 200.

    `keep_effects` says that what was written before stays (a declined charge exists); `stored` that execution had begun, so
    that the idempotency key now belongs to this answer. A refused parameter is neither.
    """

    status: int
    type: str
    message: str
    code: str | None = None
    param: str | None = None
    details: Json = field(default_factory=dict)
    keep_effects: bool = False
    stored: bool = False
    should_retry: bool | None = None

    def body(self) -> bytes:
        error: Json = {"type": self.type, "message": self.message}
        if self.code:
            error |= {"code": self.code, "doc_url": DOC_URL + self.code.replace("_", "-")}
        if self.param:
            error["param"] = self.param
        return dump({"error": error | self.details})


def invalid(message: str, code: str | None = None, param: str | None = None) -> StripeError:
    """A parameter that is wrong whatever the state is: nothing is executed and nothing is stored for the key."""
    return StripeError(400, "invalid_request_error", message, code, param)


def refused(message: str, code: str | None = None, param: str | None = None, details: Json | None = None) -> StripeError:
    """A request that the state of an object forbids: execution had begun, so the key keeps this answer."""
    return StripeError(400, "invalid_request_error", message, code, param, details or {}, stored=True)


def missing(kind: str, object_id: str, param: str) -> StripeError:
    """404: no such object in this account."""
    return StripeError(404, "invalid_request_error", f"No such {kind}: '{object_id}'", "resource_missing", param)


def unauthorized(message: str) -> StripeError:
    return StripeError(401, "invalid_request_error", message)


def forbidden_account(account: str) -> StripeError:
    return StripeError(
        403,
        "invalid_request_error",
        f"The provided key does not have access to account '{account}' (or that account does not exist)."
        " Application access may have been revoked.",
        "account_invalid",
    )


def unknown_url(method: str, path: str) -> StripeError:
    return StripeError(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")


def key_reused(key: str) -> StripeError:
    return StripeError(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first used with."
        f" Try using a key other than '{key}' if you meant to execute a different request.",
    )


def key_in_use(key: str) -> StripeError:
    return StripeError(
        409,
        "invalid_request_error",
        f"There is currently another in-progress request using this Idempotent Key: {key}.",
        "idempotency_key_in_use",
        should_retry=True,
    )
