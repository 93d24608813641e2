"""`python -m deploy.stripe_simulator`: run the simulator until SIGTERM or SIGINT."""

import argparse
import asyncio
import signal
from pathlib import Path

import uvloop

from deploy.stripe_simulator.application import Application
from deploy.stripe_simulator.jsons import dump
from deploy.stripe_simulator.log import log
from deploy.stripe_simulator.server import Server
from deploy.stripe_simulator.settings import Settings
from deploy.stripe_simulator.simulation import Simulation


def arguments() -> argparse.Namespace:
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m deploy.stripe_simulator",
        description="A server that behaves like Stripe, for development and tests. Any sk_test_… key is accepted.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    add("--port", type=int, default=12111, help="port to listen on; 0 takes a free one (default %(default)s)")
    add("--public-url", help="how browsers reach this server (default http://HOST:PORT)")
    add("--state", type=Path, metavar="FILE", help="keep the state in this file, across restarts and kill -9")
    add("--webhook-url", metavar="URL", help="register a webhook endpoint; needs --webhook-secret")
    add("--webhook-secret", metavar="whsec_…", help="the secret that signs its events")
    add("--webhook-events", default="*", metavar="TYPE,…", help="only events of these types (default: all)")
    add("--connect-webhook-url", metavar="URL", help="the same for the events of connected accounts")
    add("--settle-delay-ms", type=int, default=50, metavar="N", help="from success to charge.updated (default %(default)s)")
    add("--refund-delay-ms", type=int, default=50, metavar="N", help="from refund to its outcome (default %(default)s)")
    add("--dispute-delay-ms", type=int, default=100, metavar="N", help="from charge to dispute (default %(default)s)")
    add("--search-lag-ms", type=int, default=0, metavar="N", help="how old an object must be to be found (default %(default)s)")
    add("--latency-ms", type=int, default=0, metavar="N", help="wait before each API call (default %(default)s)")
    retries = ",".join(map(str, defaults.retry_seconds))
    add("--webhook-retry-seconds", default=retries, metavar="S,S,…", help="waits between attempts (default %(default)s)")
    add("--webhook-timeout-seconds", type=float, default=defaults.delivery_timeout_seconds, metavar="S")
    add("--webhook-concurrency", type=int, default=defaults.delivery_concurrency, metavar="N")
    add("--keep-events", type=int, default=defaults.keep_events, metavar="N", help="most events kept (default %(default)s)")
    add("--log-requests", action="store_true", help="one log line for each API call")
    return parser.parse_args()


def settings_of(given: argparse.Namespace) -> Settings:
    return Settings(
        state=given.state,
        settle_delay_seconds=given.settle_delay_ms / 1000,
        refund_delay_seconds=given.refund_delay_ms / 1000,
        dispute_delay_seconds=given.dispute_delay_ms / 1000,
        search_lag_seconds=given.search_lag_ms / 1000,
        latency_seconds=given.latency_ms / 1000,
        keep_events=given.keep_events,
        retry_seconds=tuple(float(seconds) for seconds in given.webhook_retry_seconds.split(",") if seconds),
        delivery_timeout_seconds=given.webhook_timeout_seconds,
        delivery_concurrency=given.webhook_concurrency,
        log_requests=given.log_requests,
    )


async def run(given: argparse.Namespace) -> None:
    settings = settings_of(given)
    simulation = Simulation(settings)
    server = Server(Application(simulation).answer)
    port = await server.start(given.host, given.port)
    settings.base_url = given.public_url or f"http://{given.host}:{port}"
    secret = given.webhook_secret or ""
    for url, connect in ((given.webhook_url, False), (given.connect_webhook_url, True)):
        if url:
            simulation.register_endpoint(url, secret, connect=connect, events=given.webhook_events.split(","))
    simulation.recover()
    background = [asyncio.create_task(simulation.scheduler.serve()), asyncio.create_task(simulation.deliveries.serve())]
    signalled = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, signalled.set)
    stopped = asyncio.create_task(signalled.wait())
    print(dump({"ready": True, "url": settings.base_url, "port": port}).decode(), flush=True)
    log("started", url=settings.base_url, objects=len(simulation.store.rows))
    # A background task that ends by itself is a defect; better no simulator than one whose clock stands.
    await asyncio.wait({stopped, *background}, return_when=asyncio.FIRST_COMPLETED)
    await server.stop()
    for task in background:
        task.cancel()
    outcomes = await asyncio.gather(*background, return_exceptions=True)
    simulation.store.journal.close()
    log("stopped")
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def main() -> None:
    given = arguments()
    if (given.webhook_url or given.connect_webhook_url) and not given.webhook_secret:
        raise SystemExit("--webhook-url needs --webhook-secret")
    uvloop.run(run(given))


if __name__ == "__main__":
    main()
