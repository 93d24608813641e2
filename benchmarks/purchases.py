"""Purchases: how many a second from confirm to grant, whom the time goes to, and how soon after order.paid the grant is there.

Every round measures the subject and its yardstick one after the other, or side by side:

    purchases at full speed   single checkout reads by the same clients through the same edge
    CPU of a purchase         CPU of such a read, in all processes together; a target for each process, so that none grows unseen
    order.paid to grant       at ten purchases a second: a read sent between them; and 30 ms (p50) and 150 ms (p99)

The times of the facts are `outbox.stored_at`, which is taken by the database just before the commit.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks.figure import Figure, at_least, at_most, percentile
from benchmarks.stacks import Bench, cpu_seconds, running
from deploy.audit.quiet import wait_until_quiet
from deploy.demo.edge import Edge

BUYERS = 8
ROUNDS = 5
PURCHASES = 40
"""In a round at full speed."""
READS = 400
PACED = 25
"""In a round at ten a second."""
PER_SECOND = 10.0
GRANTED_SECONDS = 30.0
SLOWEST_P50_MS, SLOWEST_P99_MS = 30.0, 150.0
MOST_READS_OF_CPU: Mapping[str, float] = {
    "edge": 2.0,
    "identity-authorize": 1.4,
    "checkout": 5.5,
    "payments": 9.0,
    "ledger": 1.2,
    "benefits": 2.0,
    "subscription": 0.8,
    "postgres": 8.5,
    "nats": 5.0,
    "simulator": 1.5,
}
"""What one purchase may cost in each process, in reads."""
MOST_READS_OF_CPU_IN_ALL = 34.0

_GRANTED = """
select g.source_id as order_id, extract(epoch from o.stored_at)::float8 as seconds
from benefit_grant g join outbox o on o.subject_id = g.id and o.type = 'benefit_grant.created' where g.source_id = any(%(ids)s::uuid[])
"""
_PAID = """
select subject_id as order_id, extract(epoch from stored_at)::float8 as seconds
from outbox where type = 'order.paid' and subject_id = any(%(ids)s::uuid[])
"""
_HOW_MANY = "select count(*) from benefit_grant where source_id = any(%(ids)s::uuid[]) and revoked_at is null"


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found. Times in milliseconds; `cpu` is of one purchase, by process."""

    purchases_per_second: float
    reads_per_second: float
    cpu: Mapping[str, float]
    read_cpu: float
    grants: Sequence[float]
    reads: Sequence[float]


def figures() -> list[Figure]:
    """Throughput, costs, latency."""
    with running() as bench:
        buyers = [bench.buyer for _ in range(BUYERS)]
        _purchases(bench, buyers)  # everything warm
        rounds = [_round(bench, buyers) for _ in range(ROUNDS)]
        for buyer in buyers:
            buyer.close()
    return [*_throughput(rounds), *_costs(rounds), *_latency(rounds)]


def _throughput(rounds: Sequence[Round]) -> list[Figure]:
    speed = statistics.median(one.purchases_per_second for one in rounds)
    ratio = statistics.median(one.purchases_per_second / one.reads_per_second for one in rounds)
    return [at_least("purchases, confirm to grant, of reads", speed, "1/s", ratio=ratio, target=0.04)]


def _costs(rounds: Sequence[Round]) -> list[Figure]:
    whole = _cost(rounds, lambda one: sum(one.cpu.values()))
    found = [at_most("CPU of a purchase, of a read's", whole[0], "ms", ratio=whole[1], target=MOST_READS_OF_CPU_IN_ALL)]
    for name, most in MOST_READS_OF_CPU.items():
        milliseconds, ratio = _cost(rounds, lambda one, name=name: one.cpu[name])  # type: ignore[misc]
        found.append(at_most(f"  in {name}", milliseconds, "ms", ratio=ratio, target=most))
    return found


def _cost(rounds: Sequence[Round], of: Callable[[Round], float]) -> tuple[float, float]:
    return statistics.median(map(of, rounds)), statistics.median(of(one) / one.read_cpu for one in rounds)


def _latency(rounds: Sequence[Round]) -> list[Figure]:
    p50 = statistics.median(statistics.median(one.grants) for one in rounds)
    of_read = statistics.median(statistics.median(one.grants) / statistics.median(one.reads) for one in rounds)
    p99 = percentile([milliseconds for one in rounds for milliseconds in one.grants], 0.99)
    return [
        at_most("order.paid to grant at 10/s, p50, of a read", p50, "ms", ratio=of_read, target=4.0),
        at_most("order.paid to grant at 10/s, p50, of 30 ms", p50, "ms", ratio=p50 / SLOWEST_P50_MS, target=1.0),
        at_most("order.paid to grant at 10/s, p99, of 150 ms", p99, "ms", ratio=p99 / SLOWEST_P99_MS, target=1.0),
    ]


def _round(bench: Bench, buyers: Sequence[Edge]) -> Round:
    reads_per_second, read_cpu = _reads(bench, buyers)
    purchases_per_second, cpu = _purchases(bench, buyers)
    grants, reads = _paced(bench, buyers)
    return Round(purchases_per_second, reads_per_second, cpu, read_cpu, grants, reads)


def _reads(bench: Bench, buyers: Sequence[Edge]) -> tuple[float, float]:
    """Reads a second, and the milliseconds of CPU that one takes."""
    path = f"client/checkouts/{bench.open_checkout()['client_secret']}"
    wait_until_quiet(bench.suite)
    before, started = _cpu(bench), time.perf_counter()
    with ThreadPoolExecutor(len(buyers)) as pool:
        list(pool.map(lambda index: buyers[index % len(buyers)].get(path), range(READS)))
    seconds = time.perf_counter() - started
    return READS / seconds, sum(_since(bench, before).values()) / READS


def _purchases(bench: Bench, buyers: Sequence[Edge]) -> tuple[float, Mapping[str, float]]:
    """Purchases a second until the last grant is there, and the milliseconds that each took of each process until all was quiet."""
    checkouts = [bench.open_checkout() for _ in range(PURCHASES)]
    wait_until_quiet(bench.suite)
    before, started = _cpu(bench), time.perf_counter()
    with ThreadPoolExecutor(len(buyers)) as pool:
        done = list(pool.map(lambda pair: bench.confirm(pair[1], buyers[pair[0] % len(buyers)]), enumerate(checkouts)))
    _wait_for_grants(bench, [checkout["order_id"] for checkout in done])
    seconds = time.perf_counter() - started
    wait_until_quiet(bench.suite)
    return PURCHASES / seconds, {name: spent / PURCHASES for name, spent in _since(bench, before).items()}


def _cpu(bench: Bench) -> Mapping[str, float]:
    return cpu_seconds(bench.stack, list(MOST_READS_OF_CPU))


def _since(bench: Bench, before: Mapping[str, float]) -> Mapping[str, float]:
    """Milliseconds of CPU by process."""
    return {name: (seconds - before[name]) * 1000 for name, seconds in _cpu(bench).items()}


def _wait_for_grants(bench: Bench, order_ids: Sequence[str]) -> None:
    until = time.monotonic() + GRANTED_SECONDS
    while bench.suite.value("benefits", _HOW_MANY, ids=list(order_ids)) < len(order_ids):
        if time.monotonic() > until:
            raise RuntimeError(f"not every purchase was granted within {GRANTED_SECONDS:.0f} s")
        time.sleep(0.01)


def _paced(bench: Bench, buyers: Sequence[Edge]) -> tuple[list[float], list[float]]:
    """Milliseconds from order.paid to the grant, and of the reads halfway between the purchases."""
    checkouts = [bench.open_checkout() for _ in range(PACED)]
    path = f"client/checkouts/{bench.open_checkout()['client_secret']}"
    wait_until_quiet(bench.suite)
    with ThreadPoolExecutor(2 * len(buyers)) as pool:
        started, bought, read = time.perf_counter(), [], []
        for index, checkout in enumerate(checkouts):
            buyer = buyers[index % len(buyers)]
            _sleep_until(started + index / PER_SECOND)
            bought.append(pool.submit(bench.confirm, checkout, buyer))
            _sleep_until(started + (index + 0.5) / PER_SECOND)
            read.append(pool.submit(_timed, lambda buyer=buyer: buyer.get(path)))  # type: ignore[misc]
        ids = [future.result()["order_id"] for future in bought]
        reads = [future.result() for future in read]
    _wait_for_grants(bench, ids)
    paid, granted = _seconds(bench, "checkout", _PAID, ids), _seconds(bench, "benefits", _GRANTED, ids)
    return [(granted[order_id] - paid[order_id]) * 1000 for order_id in ids], reads


def _seconds(bench: Bench, service: str, query: str, order_ids: list[str]) -> Mapping[str, float]:
    return {str(row["order_id"]): row["seconds"] for row in bench.suite.rows(service, query, ids=order_ids)}


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.perf_counter()))
