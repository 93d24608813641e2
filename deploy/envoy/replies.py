"""What Envoy itself answers: the same JSON shape as an error of a service."""

from dataclasses import dataclass

from deploy.envoy.settings import Json, JsonObject

DOMAIN = "edge.bursar"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status, the google.rpc.Code it stands for, and what the caller is told."""

    http_status: int
    code: int
    reason: str
    message: str


# No text of Envoy's or of the authorizer's goes out, except for 400, where it names the caller's own mistake.
REPLIES = (
    Reply(400, 3, "MALFORMED_REQUEST", "The request is malformed. %LOCAL_REPLY_BODY%"),
    Reply(401, 16, "UNAUTHENTICATED", "The access token is missing, unknown, expired or revoked."),
    Reply(403, 7, "FORBIDDEN", "The access token does not allow this."),
    Reply(404, 5, "ROUTE_NOT_FOUND", "There is nothing at this path."),
    Reply(408, 4, "REQUEST_TIMEOUT", "The request did not arrive in time."),
    Reply(413, 8, "BODY_TOO_LARGE", "The body is larger than the edge accepts."),
    Reply(415, 3, "MEDIA_TYPE_NOT_SUPPORTED", "The content type is not supported."),
    Reply(426, 3, "UPGRADE_REQUIRED", "The edge speaks HTTP/1.1 and HTTP/2."),
    Reply(429, 8, "RATE_LIMITED", "Too many requests: wait a moment and repeat."),
    Reply(431, 3, "HEADERS_TOO_LARGE", "The headers are larger than the edge accepts."),
    Reply(500, 13, "INTERNAL", "The edge could not handle the request."),
    Reply(502, 14, "UPSTREAM_FAILED", "The service did not answer properly: repeat the request."),
    Reply(503, 14, "UNAVAILABLE", "The service is not available at the moment: repeat the request."),
    Reply(504, 4, "DEADLINE_EXCEEDED", "The service did not answer in time."),
)


def local_replies() -> JsonObject:
    """Envoy's `local_reply_config`: gRPC callers get the sentence, all others the JSON body."""
    plain = [_mapper(_all_of(_status_is(reply), *_GRPC), _sentence(reply)) for reply in REPLIES]
    return {"mappers": [*plain, *(_mapper(_status_is(reply), _body(reply)) for reply in REPLIES)]}


# A REST call looks like gRPC once it is transcoded; then it carries its original path.
_GRPC: tuple[JsonObject, ...] = (
    {"header_filter": {"header": {"name": "content-type", "string_match": {"prefix": "application/grpc"}}}},
    {"header_filter": {"header": {"name": "x-envoy-original-path", "present_match": False}}},
)


def _mapper(condition: JsonObject, body: JsonObject) -> Json:
    return {"filter": condition, "body_format_override": body}


def _all_of(*conditions: JsonObject) -> JsonObject:
    return {"and_filter": {"filters": list(conditions)}}


def _status_is(reply: Reply) -> JsonObject:
    value: Json = {"default_value": reply.http_status, "runtime_key": "edge.local_reply"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}


def _sentence(reply: Reply) -> JsonObject:
    return {"text_format_source": {"inline_string": reply.message}}


def _body(reply: Reply) -> JsonObject:
    detail: Json = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reply.reason,
        "domain": DOMAIN,
    }
    return {"json_format": {"code": reply.code, "message": reply.message, "details": [detail]}}
