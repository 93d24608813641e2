"""Which paths lead where: the public gRPC services and nothing else."""

from collections.abc import Mapping, Sequence

from deploy.envoy.clusters import service_cluster
from deploy.envoy.public import PublicService
from deploy.envoy.settings import Json, JsonObject, Limits

RETRIES = 2
# Nothing was processed: safe for every method.
NEVER_REACHED = "connect-failure,refused-stream"
# The service may have begun; safe where a repetition has the same effect.
REPEATABLE = f"{NEVER_REACHED},unavailable"

# The services are shown the signed identity, not the secret it was made from.
_SECRETS = ("authorization", "cookie")


def routes(public: Sequence[PublicService], limits: Limits) -> JsonObject:
    """Envoy's `route_config`. REST arrives here too: the transcoder has turned it into a gRPC path by then."""
    host: JsonObject = {
        "name": "public",
        "domains": ["*"],
        "request_headers_to_remove": list(_SECRETS),
        "response_headers_to_add": [
            _header("x-content-type-options", "nosniff"),
            _header("cache-control", "no-store"),
        ],
        "routes": [*(route for service in public for route in _service_routes(service, limits)), _nothing_here()],
    }
    return {"name": "public", "virtual_hosts": [host]}


def _nothing_here() -> Json:
    """Matches every path, also those of REST before they are transcoded.

    Not only a 404: Envoy *skips* authorization for a request that has no route, so each one must have a route.
    """
    return {"match": {"prefix": ""}, "direct_response": {"status": 404}}


def _service_routes(service: PublicService, limits: Limits) -> list[Json]:
    """First match wins, so the methods that must not be repeated, or last longer, stand before their service."""
    cluster, usual = service_cluster(service.owner), {"timeout": f"{limits.deadline_seconds}s"}
    # A service cannot tell a REST caller that it gives up in the middle of a file: it falls silent, and the edge breaks the answer off.
    streamed = {"timeout": f"{limits.stream_seconds}s", "idle_timeout": f"{limits.stream_idle_seconds}s"}
    exact = [_route({"path": f"/{service.name}/{method}"}, cluster, NEVER_REACHED, usual) for method in service.unsafe_to_repeat]
    exact += [_route({"path": f"/{service.name}/{method}"}, cluster, REPEATABLE, streamed) for method in service.streaming]
    return [*exact, _route({"prefix": f"/{service.name}/"}, cluster, REPEATABLE, usual)]


def _route(match: JsonObject, cluster: str, retry_on: str, times: Mapping[str, str]) -> Json:
    return {
        "match": {**match, "grpc": {}},
        "route": {
            "cluster": cluster,
            **times,
            "retry_policy": {
                "retry_on": retry_on,
                "num_retries": RETRIES,
                "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
            },
        },
    }


def _header(name: str, value: str) -> Json:
    return {"header": {"key": name, "value": value}, "append_action": "ADD_IF_ABSENT"}
