"""OpenTelemetry traces across gRPC, outbox and broker, carried as W3C `traceparent`.

A call that is not sampled costs no span and no OpenTelemetry context, only two numbers: it still gets ids, so that errors, logs and
facts can be told together.
"""

from __future__ import annotations

import random
import re
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_sample_ratio = 0.0
_unsampled: ContextVar[tuple[int, int] | None] = ContextVar("unsampled", default=None)
"""Trace id and span id of the work in hand, when nobody records it."""
_tracer: trace.Tracer = trace.NoOpTracer()


@dataclass(slots=True)
class Entered:
    """A step of a trace in progress, to be left. `span` records nothing unless the trace is sampled."""

    span: Span
    _context: Token[Context] | None
    _ids: Token[tuple[int, int] | None]


def configure(service: str, *, exporter: SpanExporter | None, sample_ratio: float) -> None:
    """Record this share of the traces that start here, and every trace whose caller records it."""
    global _sample_ratio, _tracer
    if exporter is None:
        return
    # Not for processes that record nothing: the SDK is two MiB.
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"bursar-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _sample_ratio = sample_ratio
    _tracer = provider.get_tracer("bursar")


def enter(name: str, traceparent: str | bytes | None, *, kind: SpanKind = SpanKind.SERVER) -> Entered:
    """Go on with the caller's trace, or start one."""
    parent = parse_traceparent(traceparent) if traceparent else None
    if not (parent.trace_flags.sampled if parent else _sample_ratio > 0 and random.random() < _sample_ratio):
        trace_id = parent.trace_id if parent else random.getrandbits(128) or 1
        return Entered(trace.INVALID_SPAN, None, _unsampled.set((trace_id, random.getrandbits(64) or 1)))
    context = trace.set_span_in_context(NonRecordingSpan(parent), Context()) if parent else Context()
    span = _tracer.start_span(name, context=context, kind=kind)
    return Entered(span, context_api.attach(trace.set_span_in_context(span, Context())), _unsampled.set(None))


def leave(entered: Entered, *, ok: bool) -> None:
    """End the span."""
    if entered._context is not None:
        if not ok:
            entered.span.set_status(Status(StatusCode.ERROR))
        entered.span.end()
        context_api.detach(entered._context)
    _unsampled.reset(entered._ids)


def parse_traceparent(text: str | bytes | None) -> SpanContext | None:
    """The context that a `traceparent` names; None if it names none."""
    match = _TRACEPARENT.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    flags = TraceFlags(int(match[3], 16))
    context = SpanContext(int(match[1], 16), int(match[2], 16), is_remote=True, trace_flags=flags)
    return context if context.is_valid else None


def current_traceparent() -> str | None:
    """`00-<trace id>-<span id>-<flags>` of the work in hand; None outside any."""
    trace_id, span_id, flags = _current()
    return f"00-{trace_id:032x}-{span_id:016x}-{flags:02x}" if trace_id else None


def traceparent_for_facts() -> str:
    """The work in hand; for facts that come of no call, of a trace that starts with them, so that what follows can be told together."""
    return current_traceparent() or f"00-{random.getrandbits(128) or 1:032x}-{random.getrandbits(64) or 1:016x}-00"


def current_trace_id() -> str:
    """The trace of the work in hand, in hex; zeros outside any."""
    return f"{_current()[0]:032x}"


def _current() -> tuple[int, int, int]:
    ids = _unsampled.get()
    if ids is not None:
        return (*ids, 0)
    context = trace.get_current_span().get_span_context()
    return context.trace_id, context.span_id, int(context.trace_flags)
