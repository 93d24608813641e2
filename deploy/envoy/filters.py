"""What every request passes, in this order: flood stop, authorization, size, unknown fields, maps of the query, deadline, JSON to gRPC,
router."""

from collections.abc import Sequence
from pathlib import Path

from deploy.envoy.clusters import AUTHORIZER
from deploy.envoy.public import PublicService
from deploy.envoy.scripts import Scripts
from deploy.envoy.settings import EdgeSettings, Json, JsonObject, Limits

HEALTH_PATH = "/healthz"
AUTHORIZATION_SECONDS = 1

_DEADLINE = Path(__file__).with_name("deadline.lua")

# All the authorizer needs to see of a request beside its method and path.
_SEEN_BY_AUTHORIZER = ("authorization", "traceparent", "tracestate", "x-request-id", "user-agent")


def http_filters(settings: EdgeSettings, public: Sequence[PublicService], scripts: Scripts) -> list[Json]:
    deadline = _deadline_script(settings.limits, public)
    return [
        _health(),
        _flood_stop(settings.limits),
        _authorization(),
        _body_limit(settings.limits),
        _lua(scripts.strict_json),
        _lua(scripts.take_query_maps),
        _lua(deadline),
        _transcoder(settings, public),
        _lua(scripts.put_query_maps),
        _typed("envoy.filters.http.router", "router.v3.Router", {"suppress_envoy_headers": True}),
    ]


def _deadline_script(limits: Limits, public: Sequence[PublicService]) -> str:
    streams = sorted(path for service in public for paths in service.streaming.values() for path in paths)
    longer = ",".join(f'["{path}"]={limits.stream_seconds}' for path in streams)
    return f"local MOST_SECONDS = {limits.deadline_seconds}\nlocal MOST_SECONDS_OF = {{{longer}}}\n{_DEADLINE.read_text()}"


def _typed(name: str, kind: str, config: JsonObject) -> Json:
    url = f"type.googleapis.com/envoy.extensions.filters.http.{kind}"
    return {"name": name, "typed_config": {"@type": url, **config}}


def _lua(script: str) -> Json:
    return _typed("envoy.filters.http.lua", "lua.v3.Lua", {"default_source_code": {"inline_string": script}})


def _health() -> Json:
    at_path: Json = [{"name": ":path", "string_match": {"exact": HEALTH_PATH}}]
    config: JsonObject = {"pass_through_mode": False, "headers": at_path}
    return _typed("envoy.filters.http.health_check", "health_check.v3.HealthCheck", config)


def _flood_stop(limits: Limits) -> Json:
    """A bucket of this Envoy process, cheap and before everything; fairness between tokens is not its task."""
    everything: Json = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    config: JsonObject = {
        "stat_prefix": "flood_stop",
        "token_bucket": {
            "max_tokens": limits.requests_per_second,
            "tokens_per_fill": limits.requests_per_second,
            "fill_interval": "1s",
        },
        "filter_enabled": everything,
        "filter_enforced": everything,
        "rate_limited_as_resource_exhausted": True,
    }
    return _typed("envoy.filters.http.local_ratelimit", "local_ratelimit.v3.LocalRateLimit", config)


def _authorization() -> Json:
    """Fails closed. One filter for all paths: the transcoder changes the route, so an exception by route is a hole."""
    config: JsonObject = {
        "transport_api_version": "V3",
        "grpc_service": {
            "envoy_grpc": {"cluster_name": AUTHORIZER},
            "timeout": f"{AUTHORIZATION_SECONDS}s",
        },
        "failure_mode_allow": False,
        "status_on_error": {"code": "ServiceUnavailable"},
        "clear_route_cache": False,
        "validate_mutations": True,
        "allowed_headers": {"patterns": [{"exact": name} for name in _SEEN_BY_AUTHORIZER]},
    }
    return _typed("envoy.filters.http.ext_authz", "ext_authz.v3.ExtAuthz", config)


def _body_limit(limits: Limits) -> Json:
    """Holds the whole body of a request, gRPC or JSON, and answers 413 when it is too large."""
    return _typed("envoy.filters.http.buffer", "buffer.v3.Buffer", {"max_request_bytes": limits.body_bytes})


def _transcoder(settings: EdgeSettings, public: Sequence[PublicService]) -> Json:
    config: JsonObject = {
        "proto_descriptor": str(settings.descriptors),
        "services": [service.name for service in public],
        "convert_grpc_status": True,
        "print_options": {
            "preserve_proto_field_names": True,
            "always_print_primitive_fields": True,
        },
        "url_unescape_spec": "ALL_CHARACTERS_EXCEPT_RESERVED",
        "query_param_unescape_plus": True,
        "request_validation_options": {
            "reject_unknown_method": True,
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        "max_request_body_size": settings.limits.body_bytes,
        "max_response_body_size": 4 * settings.limits.body_bytes,
    }
    return _typed("envoy.filters.http.grpc_json_transcoder", "grpc_json_transcoder.v3.GrpcJsonTranscoder", config)
