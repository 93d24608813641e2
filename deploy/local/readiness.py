"""How the supervisor sees that a process is up."""

import urllib.error
import urllib.request

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.ports import listening

PROBE_SECONDS = 1.0


def grpc_serving(address: str) -> bool:
    """True when the server at `host:port` says SERVING, or answers without having a health service."""
    if not listening(int(address.rpartition(":")[2])):
        return False  # a channel would cost a hundred times as much, and it is asked often
    with grpc.insecure_channel(address, options=[("grpc.enable_retries", 0)]) as channel:
        try:
            request = health_pb2.HealthCheckRequest()
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=PROBE_SECONDS)
        except grpc.RpcError as error:
            return isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.UNIMPLEMENTED
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def http_ok(url: str) -> bool:
    """True when GET answers 2xx."""
    try:
        with urllib.request.urlopen(url, timeout=PROBE_SECONDS) as answer:
            return 200 <= int(answer.status) < 300
    except (urllib.error.URLError, OSError):
        return False
