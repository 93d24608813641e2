"""The composed service, called over gRPC, with a payments service beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from bursar.checkout.v1 import checkout_pb2, checkout_service_pb2, product_pb2, product_service_pb2
from bursar.identity.v1 import organization_pb2, organization_service_pb2
from bursar.payments.v1 import payment_pb2, payment_service_pb2
from bursar.types.v1 import address_pb2

from services.chassis.broker import Broker
from services.chassis.call import Call
from services.chassis.clock import SystemClock
from services.chassis.errors import BursarError, Unavailable
from services.chassis.organization_clock import OrganizationClock
from services.chassis.peers import Peers
from services.chassis.run import Parts
from services.chassis.server import Server
from services.chassis.tests.keys import signers
from services.checkout.app import compose
from services.checkout.settings import CheckoutSettings
from tests.support.databases import ServiceDatabase

PRODUCTS = product_service_pb2.DESCRIPTOR.services_by_name["ProductService"].methods_by_name
CHECKOUTS = checkout_service_pb2.DESCRIPTOR.services_by_name["CheckoutService"].methods_by_name
CLIENT = checkout_service_pb2.DESCRIPTOR.services_by_name["CheckoutClientService"].methods_by_name
ORGANIZATION = uuid4()


class Identity:
    """Knows one organization."""

    def __getattr__(self, name: str) -> Any:
        async def unused(request: Any, call: Call) -> Any:
            raise AssertionError(name)

        return unused

    async def GetOrganization(self, request: Any, call: Call) -> organization_pb2.Organization:
        return organization_pb2.Organization(id=request.id, version=1, country="DE", default_presentment_currency="eur")


class Payments(Identity):
    """Answers as told."""

    answer: payment_pb2.PaymentStatus.ValueType = payment_pb2.PAYMENT_STATUS_SUCCEEDED
    error: BursarError | None = None

    def __init__(self) -> None:
        self.requests: list[payment_service_pb2.CreatePaymentRequest] = []

    async def CreatePayment(self, request: payment_service_pb2.CreatePaymentRequest, call: Call) -> payment_pb2.Payment:
        assert call.organization_id == ORGANIZATION
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        return payment_pb2.Payment(id=request.payment_id, status=self.answer, processor="stripe", failure_code="card_declined")


class World:
    """Callers of the composed service."""

    def __init__(self, merchant: Peers, payments: Payments) -> None:
        self.merchant = merchant
        self.payments = payments

    async def bought(self, amount: int = 1190) -> checkout_pb2.Checkout:
        product = product_service_pb2.CreateProductRequest(request_id="1", name="Handbook")
        product.prices.add().fixed.price_amount = amount
        made = await self._call(PRODUCTS["CreateProduct"], product, product_pb2.Product)
        request = checkout_service_pb2.CreateCheckoutRequest(
            request_id="1",
            product_ids=[made.id],
            customer_email="ada@example.com",
            customer_billing_address=address_pb2.Address(country="DE"),
            success_url="https://shop.example/thanks?id={CHECKOUT_ID}",
        )
        checkout = await self._call(CHECKOUTS["CreateCheckout"], request, checkout_pb2.Checkout)
        confirm = checkout_service_pb2.ConfirmClientCheckoutRequest(
            request_id="1", client_secret=checkout.client_secret, confirmation_token_id="ctoken_1"
        )
        answer: checkout_pb2.Checkout = await self._call(CLIENT["ConfirmClientCheckout"], confirm, checkout_pb2.Checkout)
        return answer

    async def _call(self, method: Any, request: Any, answer: Any) -> Any:
        return await self.merchant.call(method, request, answer, organization_id=ORGANIZATION, timeout_seconds=10.0)


@pytest_asyncio.fixture
async def world(service_database: Callable[[str], Awaitable[ServiceDatabase]], tmp_path: Path) -> AsyncIterator[World]:
    database = await service_database("checkout")
    made, verifier = signers(tmp_path, ["identity", "checkout"])
    payments, peers_at = Payments(), {}
    around: list[tuple[str, Any, Identity]] = [
        ("payments", payment_service_pb2.DESCRIPTOR.services_by_name["PaymentCommandService"], payments),
        ("identity", organization_service_pb2.DESCRIPTOR.services_by_name["OrganizationService"], Identity()),
    ]
    servers = []
    for name, descriptor, beside in around:
        server = Server(verifier, service=name)
        server.add(descriptor, beside)
        peers_at[name] = f"127.0.0.1:{await server.start('127.0.0.1:0')}"
        servers.append(server)
    peers = Peers(peers_at, made["checkout"])
    settings = CheckoutSettings.model_construct(expiry_every_seconds=60.0, resolve_every_seconds=60.0)
    parts = Parts(
        settings,
        database.app,
        database.worker,
        peers,
        Broker("nats://unused"),
        SystemClock(),
        OrganizationClock(SystemClock()),
        made["checkout"],
    )
    service = await compose(parts)
    server = Server(verifier, service="checkout")
    for descriptor, servicer in service.servicers:
        server.add(descriptor, servicer)
    address = f"127.0.0.1:{await server.start('127.0.0.1:0')}"
    merchant = Peers({"checkout": address}, _Merchant(made["identity"]))  # type: ignore[arg-type]
    yield World(merchant, payments)
    await merchant.close()
    await peers.close()
    for each in (server, *servers):
        await each.stop(drain_seconds=0.0, grace_seconds=0.1)


class _Merchant:
    """Signs as the edge does for a merchant's token."""

    def __init__(self, signer: Any) -> None:
        self._signer = signer

    def own(self, organization_id: Any) -> str:
        from services.chassis.identity import CallerKind
        from services.chassis.identity import Identity as Caller

        text: str = self._signer.sign(Caller(CallerKind.ORGANIZATION, "token", organization_id, frozenset({"*"})))
        return text


async def test_a_purchase_goes_through_all_doors(world: World) -> None:
    bought = await world.bought()
    assert bought.status == checkout_pb2.CHECKOUT_STATUS_SUCCEEDED
    (charge,) = world.payments.requests
    assert (charge.amount, charge.currency, charge.attempt, charge.trigger) == (1190, "eur", 1, payment_pb2.PAYMENT_TRIGGER_PURCHASE)
    assert charge.return_url == f"https://shop.example/thanks?id={bought.id}"
    assert (charge.customer.email, charge.save_payment_method) == ("ada@example.com", False)


async def test_a_decline_over_grpc_says_why(world: World) -> None:
    world.payments.answer = payment_pb2.PAYMENT_STATUS_FAILED
    answer = await world.bought()
    assert (answer.status, answer.payment_failure.code) == (checkout_pb2.CHECKOUT_STATUS_OPEN, "card_declined")


@pytest.mark.parametrize("error", [Unavailable("AWAY", "gone"), None])
async def test_what_nobody_knows_stays_confirmed(world: World, error: BursarError | None) -> None:
    world.payments.error, world.payments.answer = error, payment_pb2.PAYMENT_STATUS_UNKNOWN
    assert (await world.bought()).status == checkout_pb2.CHECKOUT_STATUS_CONFIRMED
