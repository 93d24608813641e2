"""Writes an edge's two files: the descriptor set that Envoy transcodes by, and its configuration."""

import json
from pathlib import Path

from deploy.envoy.bootstrap import bootstrap
from deploy.envoy.public import PublicService, public_services, read_descriptors
from deploy.envoy.scripts import scripts_of
from deploy.envoy.settings import EdgeSettings


def write_edge(contracts: Path, settings: EdgeSettings, directory: Path) -> list[PublicService]:
    """Reads the contracts of `make protos`, writes `envoy.json` and `edge.pb` to the directory.

    `settings.descriptors` is where Envoy will find `edge.pb`.

    Returns what the edge will show. Raises ValueError when that is nothing.
    """
    descriptors = read_descriptors(contracts)
    public = public_services(descriptors, settings.services)
    if not public:
        raise ValueError(f"{contracts} holds no public gRPC service of {', '.join(sorted(settings.services))}")
    (directory / "edge.pb").write_bytes(descriptors.SerializeToString(deterministic=True))
    content = bootstrap(settings, public, scripts_of(descriptors, public))
    (directory / "envoy.json").write_text(json.dumps(content, indent=1) + "\n")
    return public


def envoy_command(binary: Path, configuration: Path, *, concurrency: int) -> list[str]:
    """The command line of an edge with as many worker threads."""
    options = ["--concurrency", str(concurrency), "--disable-hot-restart", "--log-level", "warning"]
    return [str(binary), "--config-path", str(configuration), *options]
