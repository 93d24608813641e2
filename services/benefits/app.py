"""Composition root of benefits: the only file that knows every room."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import uuid4

from bursar.benefits.v1 import benefit_service_pb2, grant_service_pb2, license_key_service_pb2
from google.protobuf.descriptor import ServiceDescriptor

from services.benefits.api.benefit_servicer import BenefitServicer
from services.benefits.api.calls import Calls
from services.benefits.api.convert import benefit_to_proto, entitlement_to_bytes
from services.benefits.api.grant_servicer import GrantServicer
from services.benefits.api.license_key_servicer import LicenseKeyClientServicer, LicenseKeyServicer
from services.benefits.clients.checkout import CheckoutCatalog
from services.benefits.events.consumed import reactions
from services.benefits.events.heard import HEARD, Hearing
from services.benefits.events.published import Publisher
from services.benefits.metrics import GRANTS_MISMATCH
from services.benefits.settings import BenefitsSettings
from services.benefits.storage.backlog import BacklogStore
from services.benefits.storage.benefits import BenefitStore
from services.benefits.storage.customers import CustomerStore
from services.benefits.storage.entitlements import EntitlementReader
from services.benefits.storage.grants import GrantStore
from services.benefits.storage.license_keys import LicenseKeyStore
from services.benefits.storage.organizations import OrganizationStore
from services.benefits.storage.products import ProductStore
from services.benefits.storage.sources import SourceStore
from services.benefits.usecases.check_entitlement import CheckEntitlement
from services.benefits.usecases.end_grace import end_grace, end_grace_in, next_end_of_grace, unfinished
from services.benefits.usecases.ports import Catalog, Ports
from services.benefits.usecases.sweep import sweep
from services.benefits.usecases.work_off import work_off
from services.chassis.clock import Clock
from services.chassis.clockwork import Clockwork
from services.chassis.database import Database
from services.chassis.ids import new_id
from services.chassis.listener import Listener
from services.chassis.organization_clock import OrganizationClock
from services.chassis.run import Parts, Schedule, Service, command_line

Servicers = Sequence[tuple[ServiceDescriptor, object]]
_BACKLOG_SECONDS = 0.5
_GRACE_SECONDS = 30.0
_SWEEP_SECONDS = 3600.0


def bind(clock: Clock) -> Ports:
    """Storage and events in the places of the use cases' ports."""
    return Ports(
        benefits=BenefitStore(),
        products=ProductStore(),
        customers=CustomerStore(),
        organizations=OrganizationStore(),
        sources=SourceStore(),
        grants=GrantStore(),
        license_keys=LicenseKeyStore(),
        backlog=BacklogStore(),
        publish=Publisher(benefit_to_proto),
        clock=OrganizationClock(clock),
        new_id=new_id,
        random_id=uuid4,
    )


def servicers(database: Database, ports: Ports, catalog: Catalog, check: CheckEntitlement[bytes]) -> Servicers:
    """The gRPC services, each with its contract."""
    calls = Calls(database, ports)
    keys = license_key_service_pb2.DESCRIPTOR.services_by_name
    return (
        (benefit_service_pb2.DESCRIPTOR.services_by_name["BenefitService"], BenefitServicer(calls, catalog, check)),
        (grant_service_pb2.DESCRIPTOR.services_by_name["GrantService"], GrantServicer(calls, check)),
        (keys["LicenseKeyService"], LicenseKeyServicer(calls)),
        (keys["LicenseKeyClientService"], LicenseKeyClientServicer(calls)),
    )


async def compose(parts: Parts) -> Service:
    """The service, of its parts."""
    ports = bind(parts.clock)
    worker = parts.worker_database
    listening: list[Listener] = []
    check = CheckEntitlement(read=EntitlementReader(worker), to_answer=entitlement_to_bytes, is_live=lambda: listening[0].live)
    listener = Listener(parts.broker, HEARD, Hearing(check), check.forget_all)
    listening.append(listener)
    return Service(
        servicers=servicers(parts.database, ports, CheckoutCatalog(parts.peers), check),
        reactions=reactions(ports),
        schedules=(
            Schedule("backlog", _BACKLOG_SECONDS, partial(work_off, database=worker, ports=ports)),
            Schedule("grace", _GRACE_SECONDS, partial(end_grace, database=worker, ports=ports)),
            Schedule("sweep", _SWEEP_SECONDS, partial(sweep, database=worker, ports=ports, found=GRANTS_MISMATCH.set)),
        ),
        tasks=(listener.run,),
        clockwork=Clockwork(
            find_due=partial(next_end_of_grace, ports=ports),
            run_due=partial(end_grace_in, database=worker, ports=ports),
            unfinished=partial(unfinished, ports=ports),
        ),
    )


app = command_line(BenefitsSettings, compose)
