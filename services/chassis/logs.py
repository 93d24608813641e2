"""Logs as JSON lines with an allow-list of fields: no bodies, no tokens, no e-mail addresses."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime

import orjson

from services.chassis.identity import Identity

_FIELDS = ("rpc", "trace_id", "org", "actor", "event_id", "event_type", "consumer", "code", "ms", "error", "where", "count", "reason")
_log = logging.getLogger("bursar")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ts, level, svc, msg and the allowed fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "svc": self._service,
            "msg": record.getMessage(),
        }
        for name in _FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = value
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["where"] = _where(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def configure(service: str, level: int = logging.INFO) -> None:
    """Send every log of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Libraries may print request bodies and addresses.
    for name in ("stripe", "httpx", "httpcore", "nats"):
        logging.getLogger(name).setLevel(logging.WARNING)


def call(path: str, code: str, seconds: float, identity: Identity | None) -> None:
    """A call that failed or was slow."""
    _log.info(
        "rpc",
        extra={
            "rpc": path,
            "code": code,
            "ms": round(seconds * 1000, 1),
            "actor": identity.actor if identity else None,
            "org": str(identity.organization_id) if identity and identity.organization_id else None,
        },
    )


def defect(path: str, error: BaseException, *, trace_id: str) -> None:
    """An error that nobody planned for. The message may hold personal data, so only its kind and place are written."""
    _log.error("defect", extra={"rpc": path, "trace_id": trace_id, "error": type(error).__name__, "where": _where(error)})


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join(f"{frame.name}:{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
