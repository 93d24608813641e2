"""OpenTelemetry traces across gRPC, outbox and broker, carried as W3C `traceparent`.

A call that is not sampled costs no span: it still gets ids, so that errors, logs and facts can be told together.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_sample_ratio = 0.0
_tracer: trace.Tracer = trace.NoOpTracer()


@dataclass(frozen=True, slots=True)
class Entered:
    """A span in progress, to be left."""

    span: Span
    token: object


def configure(service: str, *, exporter: SpanExporter | None, sample_ratio: float) -> None:
    """Record this share of the traces that start here, and every trace whose caller records it."""
    global _sample_ratio, _tracer
    if exporter is None:
        return
    provider = TracerProvider(resource=Resource.create({"service.name": f"bursar-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _sample_ratio = sample_ratio
    _tracer = provider.get_tracer("bursar")


def enter(name: str, traceparent: str | bytes | None, *, kind: SpanKind = SpanKind.SERVER) -> Entered:
    """Go on with the caller's trace, or start one."""
    parent = parse_traceparent(traceparent)
    if parent is None:
        sampled = _sample_ratio > 0 and random.random() < _sample_ratio
        parent_context = None
    else:
        sampled = parent.trace_flags.sampled
        parent_context = trace.set_span_in_context(NonRecordingSpan(parent), Context())
    if sampled:
        span: Span = _tracer.start_span(name, context=parent_context or Context(), kind=kind)
    else:
        trace_id = parent.trace_id if parent else random.getrandbits(128) or 1
        span = NonRecordingSpan(SpanContext(trace_id, random.getrandbits(64) or 1, is_remote=False))
    return Entered(span, context_api.attach(trace.set_span_in_context(span, Context())))


def leave(entered: Entered, *, ok: bool) -> None:
    """End the span."""
    if not ok:
        entered.span.set_status(Status(StatusCode.ERROR))
    entered.span.end()
    context_api.detach(entered.token)  # type: ignore[arg-type]


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
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_trace_id() -> str:
    """The trace of the work in hand, in hex; zeros outside any."""
    return f"{trace.get_current_span().get_span_context().trace_id:032x}"
