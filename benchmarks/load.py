"""A load generator that costs little beside what it loads: one process, ready-made bytes, a fixed number of calls in flight.

    python -m benchmarks.load grpc 127.0.0.1:50051 /pkg.Service/Method --body < FILE --metadata k=v --in-flight 32 --seconds 3
    python -m benchmarks.load rest 127.0.0.1:8080 /path --metadata k=v --in-flight 32 --seconds 3

Only loopback, at most 30 seconds. Prints JSON: calls, errors, seconds, and latencies in milliseconds. gRPC speaks HTTP/2 by hand:
the same header block and message for every call, so that a call costs a few microseconds and not the hundred of a real client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import uvloop
from hpack import Encoder

LONGEST_SECONDS = 30.0
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK = 1, 1
_CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Load:
    """What one run did."""

    calls: int
    errors: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.calls / self.seconds


def run_load(
    kind: str,
    address: str,
    path: str,
    *,
    body: bytes = b"",
    metadata: Mapping[str, str] | None = None,
    in_flight: int = 32,
    seconds: float = 2.0,
) -> Load:
    """Run the generator in a process of its own. `kind` is grpc or rest."""
    arguments = [sys.executable, "-m", "benchmarks.load", kind, address, path, "--in-flight", str(in_flight), "--seconds", str(seconds)]
    arguments += [f"--metadata={key}={value}" for key, value in (metadata or {}).items()]
    done = subprocess.run([*arguments, "--body"], input=body, capture_output=True, timeout=seconds + 30, check=True)
    return Load(**json.loads(done.stdout))


class _Counter:
    """Keeps the calls in flight until the time is over."""

    def __init__(self, seconds: float) -> None:
        self.started = time.perf_counter()
        self.until = self.started + seconds
        self.calls = self.errors = 0
        self.latencies: list[float] = []
        self.done = asyncio.get_running_loop().create_future()
        self.open = 0

    def ended(self, sent: float, *, ok: bool) -> bool:
        """One call ended; whether to send another."""
        now = time.perf_counter()
        self.calls += 1
        self.errors += not ok
        self.latencies.append(now - sent)
        if now < self.until:
            return True
        self.open -= 1
        if self.open <= 0 and not self.done.done():
            self.done.set_result(None)
        return False

    def failed(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(reason))


class _Grpc(asyncio.Protocol):
    def __init__(self, counter: _Counter, headers: Sequence[tuple[str, str]], body: bytes, in_flight: int) -> None:
        self._counter, self._in_flight = counter, in_flight
        self._headers = Encoder().encode(headers)
        self._message = b"\x00" + struct.pack(">I", len(body)) + body
        self._stream = 1
        self._sent: dict[int, float] = {}
        self._buffer = b""
        self._received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        transport = self._transport
        window = struct.pack(">HI", 4, 2**31 - 1)
        transport.write(
            _PREFACE + _frame(_SETTINGS, 0, 0, struct.pack(">HI", 1, 0) + window) + _frame(_WINDOW, 0, 0, struct.pack(">I", 2**30))
        )
        for _ in range(self._in_flight):
            self._counter.open += 1
            self._send()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        position = 0
        while len(buffer) - position >= 9:
            length = int.from_bytes(buffer[position : position + 3], "big")
            if len(buffer) - position < 9 + length:
                break
            kind, flags = buffer[position + 3], buffer[position + 4]
            stream = int.from_bytes(buffer[position + 5 : position + 9], "big") & 0x7FFFFFFF
            self._frame(kind, flags, stream, buffer[position + 9 : position + 9 + length])
            position += 9 + length
        self._buffer = buffer[position:]

    def connection_lost(self, error: Exception | None) -> None:
        self._counter.failed(f"the connection was closed: {error}")

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _HEADERS and flags & _END_STREAM:
            # Trailers: `grpc-status: 0` is the only status whose block holds no other digit behind the name.
            self._end(stream, ok=_status_is_zero(payload))
        elif kind == _DATA:
            self._received += len(payload)
            if self._received > 2**20:
                self._transport.write(_frame(_WINDOW, 0, 0, struct.pack(">I", self._received)))
                self._received = 0
        elif kind == _RESET:
            self._end(stream, ok=False)
        elif kind == _SETTINGS and not flags & _ACK:
            self._transport.write(_frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _PING and not flags & _ACK:
            self._transport.write(_frame(_PING, _ACK, 0, payload))
        elif kind == _GOAWAY:
            self._counter.failed(f"the server said goodbye: {payload!r}")

    def _end(self, stream: int, *, ok: bool) -> None:
        sent = self._sent.pop(stream, None)
        if sent is not None and self._counter.ended(sent, ok=ok):
            self._send()

    def _send(self) -> None:
        stream = self._stream
        self._stream += 2
        self._sent[stream] = time.perf_counter()
        self._transport.write(_frame(_HEADERS, 4, stream, self._headers) + _frame(_DATA, _END_STREAM, stream, self._message))


class _Rest(asyncio.Protocol):
    def __init__(self, counter: _Counter, request: bytes, in_flight: int) -> None:
        self._counter, self._request, self._in_flight = counter, request, in_flight
        self._sent: deque[float] = deque()
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        for _ in range(self._in_flight):
            self._counter.open += 1
            self._send()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            head = buffer[:end].lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(buffer) < end + 4 + length:
                break
            buffer = buffer[end + 4 + length :]
            if self._counter.ended(self._sent.popleft(), ok=head.startswith(b"http/1.1 200")):
                self._send()
        self._buffer = buffer

    def connection_lost(self, error: Exception | None) -> None:
        self._counter.failed(f"the connection was closed: {error}")

    def _send(self) -> None:
        self._sent.append(time.perf_counter())
        self._transport.write(self._request)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _status_is_zero(block: bytes) -> bool:
    # The name as a literal or Huffman-coded, then the value `0`: one byte raw, or Huffman 0x07 (00000 padded with ones).
    return (
        block.find(b"grpc-status\x010") >= 0
        or block.find(b"\x9a\xca\xc8\xb2\x12\x34\xda\x8f\x81\x07") >= 0
        or block.find(b"\x9a\xca\xc8\xb2\x12\x34\xda\x8f\x010") >= 0
    )


async def _run(options: argparse.Namespace) -> Load:
    host, _, port = options.address.rpartition(":")
    if host not in ("127.0.0.1", "localhost"):
        raise SystemExit("load only goes to loopback")
    counter = _Counter(min(options.seconds, LONGEST_SECONDS))
    metadata = [(key, value) for key, _, value in (pair.partition("=") for pair in options.metadata)]
    body = sys.stdin.buffer.read() if options.body else b""
    shares = [options.in_flight // _CONNECTIONS + (index < options.in_flight % _CONNECTIONS) for index in range(_CONNECTIONS)]
    loop = asyncio.get_running_loop()
    for share in filter(None, shares if options.kind == "grpc" else [1] * options.in_flight):
        await loop.create_connection(partial(_protocol, options, counter, metadata, body, share), host, int(port))
    await counter.done
    ordered = sorted(counter.latencies)
    seconds = time.perf_counter() - counter.started
    p50, p99 = (ordered[int((len(ordered) - 1) * share)] * 1000 for share in (0.5, 0.99))
    return Load(counter.calls, counter.errors, seconds, p50, p99)


def _protocol(options: argparse.Namespace, counter: _Counter, metadata: list[tuple[str, str]], body: bytes, share: int) -> asyncio.Protocol:
    if options.kind == "rest":
        lines = [f"GET {options.path} HTTP/1.1", f"host: {options.address}", *(f"{key}: {value}" for key, value in metadata), "", ""]
        return _Rest(counter, "\r\n".join(lines).encode(), share)
    headers = [(":method", "POST"), (":scheme", "http"), (":path", options.path), (":authority", options.address), ("te", "trailers")]
    headers += [("content-type", "application/grpc"), ("grpc-timeout", "10S"), *metadata]
    return _Grpc(counter, headers, body, share)


def main() -> None:
    """Read the arguments, load, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("grpc", "rest"))
    parser.add_argument("address")
    parser.add_argument("path")
    parser.add_argument("--body", action="store_true", help="read the message from standard input")
    parser.add_argument("--metadata", action="append", default=[], help="key=value, repeatable")
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=2.0)
    load = uvloop.run(_run(parser.parse_args()))
    print(json.dumps({name: getattr(load, name) for name in Load.__slots__}))


if __name__ == "__main__":
    main()
