"""Traces go from the caller on, recorded or not."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.chassis import tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    return exporter


def test_an_unrecorded_trace_goes_on_with_a_span_id_of_its_own(spans: InMemorySpanExporter) -> None:
    entered = tracing.enter("step", f"00-{TRACE}-{CALLER}-00")
    version, trace_id, span_id, flags = str(tracing.current_traceparent()).split("-")
    assert (version, trace_id, flags) == ("00", TRACE, "00")
    assert span_id != CALLER
    assert tracing.current_trace_id() == TRACE
    tracing.leave(entered, ok=True)
    assert tracing.current_traceparent() is None
    assert spans.get_finished_spans() == ()


def test_a_recorded_trace_is_recorded_here_too_and_shields_what_is_around_it(spans: InMemorySpanExporter) -> None:
    outer = tracing.enter("outer", None)
    around = tracing.current_traceparent()
    inner = tracing.enter("inner", f"00-{TRACE}-{CALLER}-01")
    assert str(tracing.current_traceparent()).startswith(f"00-{TRACE}-")
    tracing.leave(inner, ok=False)
    assert tracing.current_traceparent() == around
    tracing.leave(outer, ok=True)
    (span,) = spans.get_finished_spans()
    assert span.name == "inner"
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == CALLER
    assert span.status.status_code is trace.StatusCode.ERROR


@pytest.mark.parametrize("traceparent", [None, "", "rubbish", f"00-{'0' * 32}-{CALLER}-01", f"01-{TRACE}-{CALLER}-01"])
def test_without_a_caller_s_trace_one_starts(traceparent: str | None) -> None:
    entered = tracing.enter("step", traceparent)
    assert tracing.current_trace_id() not in (TRACE, "0" * 32)
    tracing.leave(entered, ok=True)
