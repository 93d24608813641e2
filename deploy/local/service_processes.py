"""How the processes of the services are run, once their databases and the broker are there."""

from dataclasses import dataclass
from pathlib import Path

from deploy.local.databases import DatabaseUrls
from deploy.local.environment import ServiceSurroundings, StripeAccess, service_environment
from deploy.local.layout import Layout
from deploy.local.migrations import migrate
from deploy.local.options import StackOptions
from deploy.local.plan import Plan
from deploy.local.process import ProcessSpec
from deploy.local.readiness import grpc_serving
from deploy.local.secret_store import SecretStore
from deploy.local.services import Service, process_name

READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ServiceProcesses:
    """`databases` has an entry for each service of the stack."""

    layout: Layout
    plan: Plan
    options: StackOptions
    secrets: SecretStore
    trust_file: Path
    databases: dict[str, DatabaseUrls]
    nats_url: str
    stripe: StripeAccess

    def migrate(self, service: Service) -> None:
        command = self.options.command(service.name, "migrate")
        migrate(service.name, command, self.environment(service.name, "run"), self.layout)

    def process(self, service: Service, verb: str) -> ProcessSpec:
        name = process_name(service.name, verb)
        address = self.plan.endpoints[name].grpc
        return ProcessSpec(
            name=name,
            command=self.options.command(service.name, verb),
            environment=self.environment(service.name, verb),
            ready=lambda pid: grpc_serving(address),
            ready_seconds=READY_SECONDS,
        )

    def environment(self, service: str, verb: str) -> dict[str, str]:
        around = ServiceSurroundings(
            service=service,
            endpoint=self.plan.endpoints[process_name(service, verb)],
            databases=self.databases[service],
            nats_url=self.nats_url,
            peers={name: self.plan.endpoints[name].grpc for name in self.databases},
            key_file=self.secrets.signing_key(service),
            trust_file=self.trust_file,
            stripe=self.stripe,
        )
        return service_environment(around, self.options.extra_environment.get(service, {}))
