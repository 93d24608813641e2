"""The composition root of `payments`."""

from __future__ import annotations

from functools import partial
from typing import cast

from bursar.payments.v1 import payment_method_service_pb2, payment_service_pb2, stripe_webhook_service_pb2

from services.chassis.background import Background
from services.chassis.clockwork import Clockwork
from services.chassis.run import Parts, Schedule, Service, command_line
from services.payments.api.payment_method_servicer import PaymentMethodServicer
from services.payments.api.payment_servicer import PaymentCommandServicer, PaymentServicer
from services.payments.api.stripe_webhook_servicer import StripeWebhookServicer
from services.payments.clients.checkout_customers import CheckoutCustomers
from services.payments.clients.stripe_calls import StripeCalls
from services.payments.clients.stripe_clock import StripeClock
from services.payments.clients.stripe_events import read_event, stored_event
from services.payments.clients.stripe_processor import StripeProcessor
from services.payments.clients.stripe_signature import SignatureCheck
from services.payments.events.published import tell_attempts, tell_methods
from services.payments.settings import PaymentsSettings
from services.payments.storage.attempts import AttemptRows
from services.payments.storage.charge_queue import ChargeQueueRows
from services.payments.storage.customers import CustomerRows
from services.payments.storage.payment_methods import PaymentMethodRows
from services.payments.storage.stripe_events import StripeEventRows
from services.payments.storage.unfinished import count_unfinished
from services.payments.usecases.asks import Asks
from services.payments.usecases.charge_queued import ChargeLane
from services.payments.usecases.detach_payment_methods import detach_payment_methods
from services.payments.usecases.observe import observe
from services.payments.usecases.ports import Ports
from services.payments.usecases.process_stripe_events import process_stripe_events
from services.payments.usecases.prune_stripe_events import prune_stripe_events
from services.payments.usecases.reconcile_stripe_events import EVERY, reconcile_stripe_events
from services.payments.usecases.resolve_attempts import resolve_attempts
from services.payments.usecases.unfinished import unfinished

_EVENTS_SECONDS = 1.0
_RESOLVE_SECONDS = 0.5
_LINGER_SECONDS = 0.01
"""A purchase makes four events at once."""


async def compose(parts: Parts) -> Service:
    """Everything of the service, bound together."""
    settings = cast(PaymentsSettings, parts.settings)
    calls = StripeCalls(
        settings.secret_key,
        api_base=settings.stripe_api_base,
        timeout_seconds=settings.stripe_timeout_seconds,
        max_calls=settings.stripe_max_calls,
    )
    ports = Ports(
        database=parts.database,
        worker_database=parts.worker_database,
        clock=parts.clock,
        organization_clock=parts.organization_clock,
        processor=StripeProcessor(calls),
        attempts=AttemptRows(),
        queue=ChargeQueueRows(),
        customers=CustomerRows(),
        methods=PaymentMethodRows(),
        events=StripeEventRows(),
        tell_attempts=tell_attempts,
        tell_methods=tell_methods,
        read_event=read_event,
        customer_of=CheckoutCustomers(parts.peers).of,
        count_unfinished=count_unfinished,
    )
    asks = Asks()
    lane = ChargeLane(ports, at_once=settings.stripe_charges_at_once)
    resolving = Background(
        "resolve-attempts", partial(resolve_attempts, ports), every_seconds=_RESOLVE_SECONDS, linger_seconds=_LINGER_SECONDS
    )
    processing = Background(
        "process-stripe-events", partial(_process_and_wake, ports, resolving), every_seconds=_EVENTS_SECONDS, linger_seconds=_LINGER_SECONDS
    )
    check = SignatureCheck(settings.webhook_secrets).check
    payments = payment_service_pb2.DESCRIPTOR.services_by_name
    return Service(
        servicers=[
            (payments["PaymentService"], PaymentServicer(ports)),
            (payments["PaymentCommandService"], PaymentCommandServicer(ports, asks, lane.wake)),
            (payment_method_service_pb2.DESCRIPTOR.services_by_name["PaymentMethodService"], PaymentMethodServicer(ports, asks)),
            (
                stripe_webhook_service_pb2.DESCRIPTOR.services_by_name["StripeWebhookService"],
                StripeWebhookServicer(ports, check, stored_event, processing.wake),
            ),
        ],
        schedules=[
            Schedule("reconcile-stripe-events", EVERY.total_seconds() / 2, partial(reconcile_stripe_events, ports)),
            Schedule("detach-payment-methods", 2.0, partial(detach_payment_methods, ports)),
            Schedule("observe", 10.0, partial(observe, ports)),
            Schedule("prune-stripe-events", 3600.0, partial(prune_stripe_events, ports)),
        ],
        tasks=[processing.run, resolving.run, lane.run],
        close=[calls.close, asks.close],
        clockwork=_clockwork(ports, settings.stripe_clock_url),
    )


def _clockwork(ports: Ports, clock_url: str | None) -> Clockwork:
    """Nothing here is due by a sandbox's time: who tries again, and when, is decided elsewhere."""
    if clock_url is None:
        return Clockwork(unfinished=partial(unfinished, ports))
    return Clockwork(unfinished=partial(unfinished, ports), move_outside=StripeClock(clock_url).move)


async def _process_and_wake(ports: Ports, resolving: Background) -> int:
    """Events say what is worth a look, and that look is best taken at once."""
    processed = await process_stripe_events(ports)
    if processed:
        resolving.wake()
    return processed


app = command_line(PaymentsSettings, compose)
