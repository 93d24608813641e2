"""`python -m deploy.envoy`: writes an edge's configuration for somewhere else than this machine."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.envoy.settings import Address, EdgeSettings
from deploy.envoy.write import write_edge


def main(
    service: Annotated[list[str], typer.Option(help="owner=host:port of a service's gRPC server; repeatable.")],
    authorizer: Annotated[str, typer.Option(help="host:port of `python -m services.identity authorize`.")],
    contracts: Annotated[Path, typer.Option(help="What `make protos` built.")] = Path("build/descriptors.pb"),
    output: Annotated[Path, typer.Option(help="Directory for envoy.json and edge.pb.")] = Path(),
    installed: Annotated[Path | None, typer.Option(help="Where Envoy will find edge.pb, if not in --output.")] = None,
    listen: Annotated[str, typer.Option(help="host:port for callers.")] = "0.0.0.0:8080",
    admin: Annotated[str, typer.Option(help="host:port of Envoy's own interface; keep it private.")] = "127.0.0.1:9901",
    access_log: Annotated[Path, typer.Option(help="File for JSON lines.")] = Path("/dev/stdout"),
) -> None:
    """Write envoy.json and the descriptor set it transcodes by."""
    settings = EdgeSettings(
        listen=Address.parse(listen),
        admin=Address.parse(admin),
        authorizer=Address.parse(authorizer),
        services={owner: Address.parse(address) for owner, _, address in (each.partition("=") for each in service)},
        descriptors=(installed or output) / "edge.pb",
        access_log=access_log,
    )
    for public in write_edge(contracts, settings, output):
        typer.echo(f"{public.name} -> {settings.services[public.owner].host}")


if __name__ == "__main__":
    typer.run(main)
