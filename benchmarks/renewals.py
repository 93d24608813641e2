"""Renewals: how many a second from due to booked and granted, where the time goes, and what batching is worth.

The customers hold a balance that pays, so that everything runs but the processor: subscription, order, tax, balance, invoice number,
ledger, benefits. The yardstick is COPY of all the rows that the renewals left, in the same databases, right after each round
(row_copies.py). Charges over HTTP are measured apart, with the time of the calls beside the rest.

A round lasts from the sweep's first look at the due subscriptions to the last commit of any service. The round of a hundred thousand
takes some minutes, nearly all of them to prepare; BURSAR_BENCH_LARGE=0 leaves it out.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.renewal_seed import subscribe
from benchmarks.row_copies import RowCopies, Table, database_url
from benchmarks.shops import Shop, close_shops, open_shops
from benchmarks.stages import difference, seconds_spent
from deploy.audit.quiet import wait_until_quiet
from deploy.audit.suite import Addresses, Suite
from deploy.local.options import StackOptions
from deploy.local.stack import Stack

SHOPS = 10
SMALL, USUAL, LARGE = 1_000, 10_000, 100_000
ROUNDS = 3
SINGLE = 200
"""Renewed one by one."""
CHARGED = 300
_ONE_BY_ONE = {"BURSAR_CONSUMER_BATCH": "1", "BURSAR_RENEWAL_BATCH": "1", "BURSAR_RELAY_BATCH": "1"}
_SERVICES = ("subscription", "checkout", "payments", "ledger", "benefits")
_SETTLED_SECONDS = 1800.0
_POLL_SECONDS = 0.1
_UPDATED: Sequence[Table] = (("subscription", "subscription"), ("checkout", "customer_balance"), ("benefits", "entitlement_source"))
"""Of each of these a renewal changes a row. It counts as one more row to copy."""

# One month from a moment ago: the next period begins where this one ends, and no two rounds begin one at the same time.
_DUE = """
update subscription s set anchor = t.start, period_number = 0, current_period_start = t.start,
  current_period_end = t.start + interval '1 month', due_at = t.start + interval '1 month'
from (select clock_timestamp() - interval '1 month' as start) t
where s.id in (select id from subscription where status = 'active' and (payment_method_id is not null) = %(charged)s limit %(number)s)
"""
_FOUND = "select extract(epoch from min(modified_at))::float8 from subscription where modified_at > to_timestamp(%(since)s)"
_LAST = """
select extract(epoch from greatest(
  (select max(stored_at) from outbox where stored_at > to_timestamp(%(since)s)),
  (select max(claimed_at) from inbox where claimed_at > to_timestamp(%(since)s))))::float8
"""
_BOOKED = "select coalesce(max(id), 0) from journal"
_NOW = "select extract(epoch from clock_timestamp())::float8"


@dataclass(frozen=True, slots=True)
class Round:
    """What one round took."""

    number: int
    seconds: float
    stages: Mapping[tuple[str, str], float]
    copy_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.number / self.seconds

    @property
    def of_copy(self) -> float:
        """Its speed over that of copying the rows that it left."""
        return self.copy_seconds / self.seconds


@dataclass(frozen=True)
class Renewing:
    """A running suite with shops."""

    stack: Stack
    suite: Suite
    shops: Sequence[Shop]

    @property
    def admin_url(self) -> str:
        """PostgreSQL as its administrator."""
        return str(self.stack.description()["postgres"]["admin_url"])

    def subscribe(self, number: int) -> None:
        """More running subscriptions."""
        subscribe(self._url("checkout"), self.shops, number)
        wait_until_quiet(self.suite, _SETTLED_SECONDS)

    def sell(self, number: int) -> None:
        """More that are charged."""
        self.shops[0].sell(number)
        wait_until_quiet(self.suite, _SETTLED_SECONDS)

    def renew(self, number: int, *, charged: bool = False) -> Round:
        """Have so many fall due, and wait until all is done."""
        booked, before = self.suite.value("ledger", _BOOKED), seconds_spent(self.stack.description())
        since = self.suite.value("subscription", _NOW)
        with psycopg.connect(self._url("subscription")) as connection:
            connection.execute(_DUE, {"charged": charged, "number": number})
        until = time.monotonic() + _SETTLED_SECONDS
        while self.suite.value("ledger", _BOOKED) < booked + number:
            if time.monotonic() > until:
                raise RuntimeError("the renewals were not booked in time")
            time.sleep(_POLL_SECONDS)
        wait_until_quiet(self.suite, _SETTLED_SECONDS)
        found = self.suite.value("subscription", _FOUND, since=since)
        ended = max(self.suite.value(service, _LAST, since=since) or 0.0 for service in _SERVICES)
        return Round(number, ended - found, difference(seconds_spent(self.stack.description()), before))

    def renew_and_copy(self, number: int) -> Round:
        """The same, and right after it what its rows cost to copy."""
        copies = RowCopies(self.admin_url, _SERVICES)
        before = copies.counts()
        done = self.renew(number)
        left = {table: count - before[table] for table, count in copies.counts().items()}
        for table in _UPDATED:
            left[table] += number
        return Round(done.number, done.seconds, done.stages, copies.seconds(left))

    def memory(self) -> Mapping[str, int]:
        """Resident bytes of each service."""
        return {name: psutil.Process(self.stack.process(name).pid).memory_info().rss for name in _SERVICES}

    def _url(self, service: str) -> str:
        return database_url(self.admin_url, service)


def figures() -> Iterator[Figure]:
    """Speed at each size, the stages, charges, what batches are worth; each as soon as it is known."""
    with _running({}) as bench:
        bench.subscribe(USUAL)
        bench.renew(SMALL)  # everything warm
        rounds = [(bench.renew_and_copy(SMALL), bench.renew_and_copy(USUAL)) for _ in range(ROUNDS)]
        small, usual = ([pair[index] for pair in rounds] for index in (0, 1))
        yield _speed(small)
        yield _speed(usual, target=0.17)
        yield from _stages(usual)
        bench.sell(CHARGED)
        yield from _charged(bench.renew(CHARGED, charged=True))
        if os.environ.get("BURSAR_BENCH_LARGE") != "0":
            yield from _large(bench, usual)
    with _running(dict.fromkeys(_SERVICES, _ONE_BY_ONE)) as slow:
        slow.subscribe(SINGLE)
        single = slow.renew(SINGLE)
    speed = statistics.median(one.per_second for one in usual)
    yield at_least("renewals in batches, of one by one", single.per_second, "1/s", ratio=speed / single.per_second, target=15.0)


def _speed(rounds: Sequence[Round], target: float = 0.0) -> Figure:
    speed = statistics.median(one.per_second for one in rounds)
    ratio = statistics.median(one.of_copy for one in rounds)
    return at_least(f"renewals, {rounds[0].number:,} due, of COPY", speed, "1/s", ratio=ratio, target=target)


def _stages(rounds: Sequence[Round]) -> list[Figure]:
    """Microseconds a renewal; the ratio is the share of all that the services spent, side by side."""
    total: dict[tuple[str, str], float] = {}
    for one in rounds:
        for key, seconds in one.stages.items():
            total[key] = total.get(key, 0.0) + seconds
    number, whole = sum(one.number for one in rounds), sum(total.values())
    return [
        at_most(f"  {service}: {stage}", seconds / number * 1e6, "µs", ratio=seconds / whole, target=0.5)
        for (service, stage), seconds in sorted(total.items())
        if seconds > whole / 200
    ]


def _large(bench: Renewing, usual: Sequence[Round]) -> Iterator[Figure]:
    before = bench.memory()
    bench.subscribe(LARGE - USUAL)
    large = bench.renew_and_copy(LARGE)
    yield _speed([large], target=0.17)
    of_usual = large.of_copy / statistics.median(one.of_copy for one in usual)
    yield at_least(f"  its ratio, of that at {USUAL:,}", large.of_copy, "of COPY", ratio=of_usual, target=1.0)
    for name, size in bench.memory().items():
        yield at_most(f"  memory of {name}, of after {USUAL:,}", size / 2**20, "MiB", ratio=size / before[name], target=1.15)


def _charged(done: Round) -> list[Figure]:
    calls = done.stages.get(("payments", "calls to Stripe"), 0.0)
    return [
        at_least(f"renewals, {done.number:,} due, charged over HTTP", done.per_second, "1/s", ratio=done.per_second, target=30.0),
        at_most("  calls to Stripe of one, side by side", calls / done.number * 1e3, "ms", ratio=calls / done.seconds, target=64.0),
    ]


@contextmanager
def _running(environment: Mapping[str, Mapping[str, str]]) -> Iterator[Renewing]:
    """A fresh suite with ten shops; gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="bursar-bench-") as folder,
        Stack.start(Path(folder), None, StackOptions(keep_data=False, extra_environment=environment)) as stack,
        Suite(Addresses.of(stack.description())) as suite,
    ):
        shops = open_shops(stack.description(), SHOPS)
        wait_until_quiet(suite)
        yield Renewing(stack, suite, shops)
        close_shops(shops)
