"""Errors as google.rpc.Status on the wire, both ways."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from services.chassis import errors

DOMAIN = "bursar"
DETAILS_KEY = "grpc-status-details-bin"
LONGEST_TEXT = 400
"""Metadata has 16 KiB for everything, and a character may take twelve bytes of it; what is larger tears the call instead."""
_MOST_VIOLATION_BYTES = 4 * 1024
_CODES: dict[type[errors.BursarError], grpc.StatusCode] = {
    errors.Invalid: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.NotPossibleNow: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Conflict: grpc.StatusCode.ABORTED,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.Forbidden: grpc.StatusCode.PERMISSION_DENIED,
    errors.Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
}
_KINDS = {code: kind for kind, code in _CODES.items()}


def code_of(error: errors.BursarError) -> grpc.StatusCode:
    """The status code of an error's kind."""
    for kind in type(error).__mro__:
        if kind in _CODES:
            return _CODES[kind]
    raise TypeError(f"{type(error).__name__} is of no kind")


def to_status(error: errors.BursarError) -> Status:
    """The error with its reason, its fields and when to try again; cut to what fits into the trailers."""
    status = Status(code=code_of(error).value[0], message=shortened(error.message))
    details = {name: shortened(value) for name, value in error.details.items()}
    status.details.append(_packed(ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=details)))
    if error.violations:
        status.details.append(_packed(_bad_request(error.violations)))
    if error.retry_after_seconds is not None:
        delay = Duration()
        delay.FromMicroseconds(int(error.retry_after_seconds * 1e6))
        status.details.append(_packed(RetryInfo(retry_delay=delay)))
    return status


def shortened(text: str) -> str:
    """The beginning of a text that may repeat what the caller sent."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _bad_request(violations: Sequence[errors.FieldViolation]) -> BadRequest:
    """The first violations, as many as fit; at least one."""
    bad = BadRequest()
    for violation in violations:
        bad.field_violations.add(field=shortened(violation.field), description=shortened(violation.description))
        if bad.ByteSize() > _MOST_VIOLATION_BYTES and len(bad.field_violations) > 1:
            bad.field_violations.pop()
            break
    return bad


def from_rpc_error(error: grpc.aio.AioRpcError) -> errors.BursarError:
    """The error that another service answered. A time-out and everything unknown become Unavailable: nobody knows the outcome."""
    message = error.details() or ""
    reason = "PEER_FAILED"
    fields: list[errors.FieldViolation] = []
    details: dict[str, str] = {}
    packed = next((value for key, value in error.trailing_metadata() or () if key == DETAILS_KEY), None)  # type: ignore[misc, has-type]
    if isinstance(packed, bytes):
        reason, fields, details = _unpacked(Status.FromString(packed), reason)
    kind = _KINDS.get(error.code(), errors.Unavailable)
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        reason = "PEER_TIMEOUT"
    return kind(reason, message, violations=fields, details=details)


def _unpacked(status: Status, reason: str) -> tuple[str, list[errors.FieldViolation], dict[str, str]]:
    fields: list[errors.FieldViolation] = []
    details: dict[str, str] = {}
    for packed in status.details:
        info, bad = ErrorInfo(), BadRequest()
        if packed.Unpack(info):
            reason, details = info.reason, dict(info.metadata)
        elif packed.Unpack(bad):
            fields = [errors.FieldViolation(v.field, v.description) for v in bad.field_violations]
    return reason, fields, details


def _packed(message: ErrorInfo | BadRequest | RetryInfo) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed
