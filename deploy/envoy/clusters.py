"""Whom the edge calls: the authorizer and one cluster for each service, all by HTTP/2."""

import ipaddress

from deploy.envoy.settings import Address, EdgeSettings, Json

AUTHORIZER = "authorizer"
CONNECT_SECONDS = 1
KEEPALIVE_SECONDS = 30
KEEPALIVE_TIMEOUT_SECONDS = 10
BUFFER_BYTES = 32 * 1024


def service_cluster(owner: str) -> str:
    return f"service_{owner}"


def clusters(settings: EdgeSettings) -> list[Json]:
    named = {AUTHORIZER: settings.authorizer}
    named |= {service_cluster(owner): address for owner, address in sorted(settings.services.items())}
    return [_cluster(name, address, settings.limits.concurrent_requests) for name, address in named.items()]


def _cluster(name: str, address: Address, concurrent_requests: int) -> Json:
    return {
        "name": name,
        "type": "STATIC" if _is_ip(address.host) else "STRICT_DNS",
        "connect_timeout": f"{CONNECT_SECONDS}s",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket_address(address)}}]}],
        },
        "circuit_breakers": {"thresholds": [{"max_requests": concurrent_requests, "max_pending_requests": concurrent_requests}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": _http2()},
            }
        },
    }


def socket_address(address: Address) -> Json:
    return {"socket_address": {"address": address.host, "port_value": address.port}}


def _http2() -> Json:
    keepalive: Json = {"interval": f"{KEEPALIVE_SECONDS}s", "timeout": f"{KEEPALIVE_TIMEOUT_SECONDS}s"}
    return {"connection_keepalive": keepalive}


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
