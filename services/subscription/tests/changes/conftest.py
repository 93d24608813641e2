"""The world of changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from bursar.subscription.v1 import subscription_service_pb2

from services.chassis.clock import ManualClock
from services.chassis.organization_clock import OrganizationClock
from services.chassis.reactor import Reactor
from services.subscription.app import STORE_OF
from services.subscription.clients.billing import CheckoutBilling
from services.subscription.tests.changes.checkout import serving_checkout
from services.subscription.tests.changes.world import ChangeWorld
from services.subscription.tests.conftest import subscription_servicer
from services.subscription.usecases.apply_charge import Charging
from services.subscription.usecases.apply_unanswered_charges import UnansweredCharges
from tests.support.client import Client, serving
from tests.support.databases import ServiceDatabase

_CONTRACT = subscription_service_pb2.DESCRIPTOR.services_by_name["SubscriptionService"]


@pytest_asyncio.fixture
async def world(
    database: ServiceDatabase, clock: ManualClock, reactor: Reactor, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ChangeWorld]:
    """The service, and the checkout that it asks."""
    async with serving_checkout(tmp_path_factory.mktemp("checkout")) as (checkout, peers):
        servicers = [(_CONTRACT, subscription_servicer(database, clock, peers))]
        async with serving("subscription", servicers, tmp_path, ["checkout"], client=Client) as client:
            charging = Charging(database=database.worker, store_of=STORE_OF, clock=OrganizationClock(clock), charges=CheckoutBilling(peers))
            yield ChangeWorld(database, clock, client, checkout, reactor, UnansweredCharges(charging))
