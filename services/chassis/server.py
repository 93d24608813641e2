"""The gRPC server of a service. Every call passes one door, in this order:

admission → deadline → trace → identity → access → shape → method → answer or status → metrics and log.

It is one wrapper around each method and not a chain of interceptors: a chain costs an await and a closure per link and call, the
door a dictionary access or two (docs/decisions/0003).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.chassis import deadline, logs, tracing
from services.chassis.access import access_of
from services.chassis.call import Call, StreamCall
from services.chassis.errors import BursarError, Exhausted, Invalid
from services.chassis.identity import METADATA_KEY, Identity, IdentityVerifier
from services.chassis.listening import Handler, ListeningServer, StreamHandler
from services.chassis.metrics import rpc_meter
from services.chassis.status import DETAILS_KEY, code_of, to_status
from services.chassis.validation import Shape

LONGEST_SECONDS = 60.0
_LARGEST_MESSAGE = 1024 * 1024
_OPTIONS = (
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_concurrent_streams", 1000),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
    ("grpc.so_reuseport", 1),
)
_TRANSCODED = "x-envoy-original-path"
"""The edge says by it that the caller speaks REST."""
Method = Callable[[Any, Call], Awaitable[Message | bytes]]
StreamMethod = Callable[[Any, StreamCall], AsyncIterator[Message]]


class Server(ListeningServer):
    """The server of the suite's own contracts. Add servicers, start, stop."""

    def __init__(self, verifier: IdentityVerifier, *, service: str, max_concurrent_rpcs: int = 256) -> None:
        super().__init__(_OPTIONS)
        self._verifier = verifier
        self._service = service
        self._limit = max_concurrent_rpcs
        self._in_flight = 0

    def add(self, service: ServiceDescriptor, servicer: object) -> None:
        """Serve every method of a contract by the servicer's method of the same name; AttributeError if one is missing.

        A method that streams its answers is an asynchronous generator.
        """
        single = [method for method in service.methods if not method.server_streaming]
        streaming = [method for method in service.methods if method.server_streaming]
        self.handle(
            service.full_name,
            {method.name: self._door(method, getattr(servicer, method.name)) for method in single},
            {method.name: self._stream_door(method, getattr(servicer, method.name)) for method in streaming},
        )

    def _door(self, method: MethodDescriptor, serve: Method) -> Handler:
        access = access_of(method)
        shape: Shape[Message] = Shape(GetMessageClass(method.input_type))
        meter = rpc_meter(self._service, method.full_name)
        path = f"/{method.containing_service.full_name}/{method.name}"

        async def handle(raw: bytes, context: Any) -> bytes:
            started = time.perf_counter()
            self._in_flight += 1
            code = grpc.StatusCode.OK
            token = None
            identity: Identity | None = None
            try:
                self._check_limit()
                deadline.set_deadline(_allowed_seconds(context.time_remaining()))
                metadata = dict(context.invocation_metadata())
                token = tracing.enter(path, metadata.get("traceparent"))
                identity = self._identity(metadata)
                access.check(identity)
                answer = await serve(shape.parse(raw), Call(path, identity, metadata))
                # An answer that was kept as it travels is not written anew.
                return answer if isinstance(answer, bytes) else answer.SerializeToString()
            except BursarError as error:
                code = code_of(error)
                await _refuse(context, error)
                raise  # not reached: the refusal ends the call
            except asyncio.CancelledError:
                code = grpc.StatusCode.CANCELLED
                raise
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                code = grpc.StatusCode.INTERNAL
                await _fail(context, path, error)
                raise
            finally:
                self._in_flight -= 1
                seconds = time.perf_counter() - started
                meter.count(code, seconds)
                if code is not grpc.StatusCode.OK or seconds > 1.0:
                    logs.call(path, code.name, seconds, identity)
                if token is not None:
                    tracing.leave(token, ok=code is grpc.StatusCode.OK)

        return handle

    def _stream_door(self, method: MethodDescriptor, serve: StreamMethod) -> StreamHandler:
        """The same door for a method that streams; kept apart, because a generator would make every other call dearer."""
        access = access_of(method)
        shape: Shape[Message] = Shape(GetMessageClass(method.input_type))
        meter = rpc_meter(self._service, method.full_name)
        path = f"/{method.containing_service.full_name}/{method.name}"

        async def handle(raw: bytes, context: Any) -> AsyncIterator[bytes]:
            started = time.perf_counter()
            self._in_flight += 1
            code = grpc.StatusCode.OK
            identity: Identity | None = None
            begun = False
            metadata = dict(context.invocation_metadata())
            try:
                self._check_limit()
                deadline.set_deadline(_allowed_seconds(context.time_remaining()))
                identity = self._identity(metadata)
                access.check(identity)
                call = StreamCall(path, identity, metadata)
                async for answer in serve(shape.parse(raw), call):
                    if not begun and call.answer_metadata:
                        await context.send_initial_metadata(tuple(call.answer_metadata.items()))
                    begun = True
                    yield answer.SerializeToString()
            except BursarError as error:
                code = code_of(error)
                _fall_silent(metadata, begun)
                await _refuse(context, error)
            except (asyncio.CancelledError, GeneratorExit):
                code = grpc.StatusCode.CANCELLED
                raise
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                code = grpc.StatusCode.INTERNAL
                logs.defect(path, error, trace_id=tracing.current_trace_id())
                _fall_silent(metadata, begun)
                await _abort_internal(context)
            finally:
                self._in_flight -= 1
                seconds = time.perf_counter() - started
                meter.count(code, seconds)
                logs.call(path, code.name, seconds, identity)

        return handle

    def _check_limit(self) -> None:
        if self._in_flight > self._limit:
            raise Exhausted("SERVER_BUSY", "too many calls at once; try again shortly", retry_after_seconds=0.2)

    def _identity(self, metadata: Mapping[str, str | bytes]) -> Identity | None:
        text = metadata.get(METADATA_KEY)
        return self._verifier.verify(str(text)) if text else None


def _allowed_seconds(remaining: float | None) -> float:
    if remaining is None:
        raise Invalid("DEADLINE_MISSING", "set a deadline on the call (grpc-timeout); without one a caller may wait for ever")
    return min(remaining, LONGEST_SECONDS)


def _fall_silent(metadata: Mapping[str, str | bytes], begun: bool) -> None:
    """Leave a REST caller's answer unfinished, so that the edge breaks it off: its transcoder would end the file as if it were whole."""
    if begun and _TRANSCODED in metadata:
        raise asyncio.CancelledError


async def _fail(context: Any, path: str, error: Exception) -> None:
    logs.defect(path, error, trace_id=tracing.current_trace_id())
    await _abort_internal(context)


async def _abort_internal(context: Any) -> None:
    await context.abort(grpc.StatusCode.INTERNAL, f"something went wrong on our side; trace {tracing.current_trace_id()}")


async def _refuse(context: Any, error: BursarError) -> None:
    status = to_status(error)
    await context.abort(code_of(error), status.message, ((DETAILS_KEY, status.SerializeToString()),))
