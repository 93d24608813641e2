"""The whole configuration of an edge: listener, connection rules, filters, routes, clusters."""

from collections.abc import Sequence

from deploy.envoy.clusters import BUFFER_BYTES, clusters, socket_address
from deploy.envoy.filters import http_filters
from deploy.envoy.public import PublicService
from deploy.envoy.replies import local_replies
from deploy.envoy.routes import routes
from deploy.envoy.scripts import Scripts
from deploy.envoy.settings import EdgeSettings, Json, JsonObject

STREAM_WINDOW_BYTES = 64 * 1024
CONNECTION_WINDOW_BYTES = 1024 * 1024

# Only the edge may say who the caller is. `x-envoy-` headers steer Envoy's own time-outs and retries.
_FORGEABLE_PREFIXES = ("x-bursar-", "x-envoy-")
_FORGEABLE = ("x-org-id", "x-organization-id", "x-actor", "x-scopes")

# The path of a REST call is its gRPC method by the time it is logged, unless it was refused before. Then only its beginning
# is told, up to where a client's secret may stand in it. Query strings and headers may hold secrets too.
_METHOD_PATH, _REFUSED_PATH = "%PATH(NQ:PATH)%", "%PATH(NQ:PATH):24%"
_LOGGED: JsonObject = {
    "time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "grpc_status": "%GRPC_STATUS(SNAKE_STRING)%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "bytes_in": "%BYTES_RECEIVED%",
    "bytes_out": "%BYTES_SENT%",
    "ms": "%DURATION%",
    "upstream": "%UPSTREAM_CLUSTER%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "traceparent": "%REQ(TRACEPARENT)%",
}


def bootstrap(settings: EdgeSettings, public: Sequence[PublicService], scripts: Scripts) -> JsonObject:
    """Envoy's bootstrap file as a value that `json.dumps` writes."""
    return {
        "node": {"id": "edge", "cluster": "bursar"},
        "admin": {"address": socket_address(settings.admin)},
        "static_resources": {"listeners": [_listener(settings, public, scripts)], "clusters": clusters(settings)},
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors."
                        "downstream_connections.v3.DownstreamConnectionsConfig",
                        "max_active_downstream_connections": settings.limits.connections,
                    },
                }
            ]
        },
    }


def _listener(settings: EdgeSettings, public: Sequence[PublicService], scripts: Scripts) -> Json:
    return {
        "name": "public",
        "address": socket_address(settings.listen),
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "filter_chains": [
            {
                "filters": [
                    {
                        "name": "envoy.filters.network.http_connection_manager",
                        "typed_config": _connection_manager(settings, public, scripts),
                    }
                ]
            }
        ],
    }


def _connection_manager(settings: EdgeSettings, public: Sequence[PublicService], scripts: Scripts) -> Json:
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "public",
        "codec_type": "AUTO",
        "server_name": "bursar",
        **_strictness(settings),
        **_times(settings),
        "early_header_mutation_extensions": [_forged_headers_removed()],
        "access_log": _access_logs(settings),
        "local_reply_config": local_replies(),
        "http_filters": http_filters(settings, public, scripts),
        "route_config": routes(public, settings.limits),
    }


def _strictness(settings: EdgeSettings) -> JsonObject:
    """A path means one thing to every part of the suite, and everything that can grow has a limit."""
    return {
        "use_remote_address": True,
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "strip_any_host_port": True,
        "max_request_headers_kb": settings.limits.header_kilobytes,
        "http2_protocol_options": {
            "max_concurrent_streams": settings.limits.concurrent_streams,
            "initial_stream_window_size": STREAM_WINDOW_BYTES,
            "initial_connection_window_size": CONNECTION_WINDOW_BYTES,
        },
    }


def _times(settings: EdgeSettings) -> JsonObject:
    return {
        "common_http_protocol_options": {
            "idle_timeout": "300s",
            "headers_with_underscores_action": "REJECT_REQUEST",
            "max_headers_count": settings.limits.header_count,
        },
        "request_headers_timeout": "10s",
        "request_timeout": f"{settings.limits.deadline_seconds}s",
        "stream_idle_timeout": f"{3 * settings.limits.deadline_seconds}s",
    }


def _forged_headers_removed() -> Json:
    """Before any filter runs, so that what the authorizer sets afterwards stays."""
    matchers: list[Json] = [{"prefix": prefix, "ignore_case": True} for prefix in _FORGEABLE_PREFIXES]
    matchers += [{"exact": name, "ignore_case": True} for name in _FORGEABLE]
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": [{"remove_on_match": {"key_matcher": matcher}} for matcher in matchers],
        },
    }


def _access_logs(settings: EdgeSettings) -> list[Json]:
    is_method: Json = {"header_filter": {"header": {"name": ":path", "string_match": {"prefix": "/bursar."}}}}
    is_other: Json = {"header_filter": {"header": {"name": ":path", "string_match": {"prefix": "/bursar."}, "invert_match": True}}}
    return [_access_log(settings, is_method, _METHOD_PATH), _access_log(settings, is_other, _REFUSED_PATH)]


def _access_log(settings: EdgeSettings, which: Json, path: str) -> Json:
    return {
        "name": "envoy.access_loggers.file",
        "filter": which,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": str(settings.access_log),
            "log_format": {"json_format": {**_LOGGED, "path": path}},
        },
    }
