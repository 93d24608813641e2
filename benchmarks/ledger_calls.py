"""Callers of the ledger: through the lane, with a transaction per call, and through gRPC."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from bursar.ledger.v1 import ledger_service_pb2 as pb

from benchmarks.figure import percentile
from benchmarks.ledger_books import Books
from services.chassis.identity import METADATA_KEY
from services.chassis.server import Server
from services.chassis.tests.keys import signers
from services.ledger.api.posting_service import LedgerPostingServicer
from services.ledger.domain.posting import Posting
from services.ledger.storage.lane import PostingLane
from services.ledger.storage.post import post
from services.ledger.storage.prepared import prepare

CALLERS = 256
_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Rate:
    """Postings a second, and latencies of the calls in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float


async def measure(call: Callable[[], Awaitable[object]], *, callers: int = CALLERS, per_call: int = 1, seconds: float = _SECONDS) -> Rate:
    """Callers that call again as soon as they are answered."""
    latencies: list[float] = []
    started = time.perf_counter()

    async def caller() -> None:
        while (sent := time.perf_counter()) - started < seconds:
            await call()
            latencies.append((time.perf_counter() - sent) * 1000)

    await asyncio.gather(*(caller() for _ in range(callers)))
    spent = time.perf_counter() - started
    return Rate(len(latencies) * per_call / spent, percentile(latencies, 0.5), percentile(latencies, 0.99))


def through_the_lane(lane: PostingLane, postings: Sequence[Posting]) -> Callable[[], Awaitable[object]]:
    """One posting a call."""
    next_posting = iter(postings)

    async def call() -> object:
        return await lane.post([next(next_posting)])

    return call


def a_transaction_each(on: Books, postings: Sequence[Posting]) -> Callable[[], Awaitable[object]]:
    """One posting a call, each with a pooled connection and a commit of its own."""
    next_posting = iter(postings)

    async def call() -> object:
        posting = next(next_posting)
        ids = await on.registry.ids([posting])
        async with on.database.worker.transaction() as transaction:
            return await post(transaction.connection, [prepare(posting, ids)])

    return call


@asynccontextmanager
async def channel(on: Books, lane: PostingLane) -> AsyncIterator[tuple[grpc.aio.Channel, list[tuple[str, str]]]]:
    """A channel to a posting service of this process, and the metadata of a caller who may post."""
    with tempfile.TemporaryDirectory() as folder:
        made, verifier = signers(Path(folder), ["checkout"])
        server = Server(verifier, service="ledger", max_concurrent_rpcs=2 * CALLERS)
        server.add(pb.DESCRIPTOR.services_by_name["LedgerPostingService"], LedgerPostingServicer(books=lane))
        port = await server.start("127.0.0.1:0")
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened:
            yield opened, [(METADATA_KEY, made["checkout"].own(on.organizations[0]))]
        await server.stop(drain_seconds=0, grace_seconds=1)


def through_grpc(
    opened: grpc.aio.Channel, metadata: list[tuple[str, str]], *, per_call: int, prefix: str
) -> Callable[[], Awaitable[object]]:
    """Ready-made requests, so that of the client only the call itself costs."""
    method = "Post" if per_call == 1 else "PostBatch"
    send = opened.unary_unary(f"/bursar.ledger.v1.LedgerPostingService/{method}", request_serializer=None, response_deserializer=None)
    numbers = itertools.count()
    legs = [
        pb.PostingLeg(account={"kind": "ACCOUNT_KIND_CLEARING", "qualifier": "stripe"}, currency="usd", amount=500),  # type: ignore[arg-type]
        pb.PostingLeg(account={"kind": "ACCOUNT_KIND_MERCHANT_PAYABLE"}, currency="usd", amount=-500),  # type: ignore[arg-type]
    ]
    one = pb.PostRequest(idempotency_key="#" * 20, kind="TRANSACTION_KIND_PAYMENT", legs=legs)  # type: ignore[arg-type]
    body = (one if per_call == 1 else pb.PostBatchRequest(postings=[one] * per_call)).SerializeToString()
    pieces = body.split(b"#" * 20)

    async def call() -> object:
        keys = (f"{prefix}{next(numbers):0{20 - len(prefix)}d}".encode() for _ in range(per_call))
        text = pieces[0] + b"".join(key + piece for key, piece in zip(keys, pieces[1:], strict=True))
        return await send(text, metadata=metadata, timeout=20)

    return call
