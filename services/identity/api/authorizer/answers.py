"""The answers to Envoy, ready to send."""

from __future__ import annotations

import orjson
from envoy.service.auth.v3.external_auth_pb2 import CheckResponse, HeaderValueOption
from google.rpc import code_pb2

from services.chassis.identity import METADATA_KEY
from services.chassis.status import DOMAIN


def passing(signed_identity: str) -> bytes:
    """Let it pass as this caller. The service sees the identity, not the token."""
    answer = CheckResponse()
    answer.status.code = code_pb2.OK
    header = answer.ok_response.headers.add(append_action=HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD)
    header.header.key, header.header.value = METADATA_KEY, signed_identity
    answer.ok_response.headers_to_remove.append("authorization")
    return answer.SerializeToString()


def _denied(reason: str, message: str) -> bytes:
    answer = CheckResponse()
    answer.status.code, answer.status.message = code_pb2.UNAUTHENTICATED, message
    denied = answer.denied_response
    denied.status.code = 401
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": DOMAIN, "metadata": {}}
    denied.body = orjson.dumps({"code": code_pb2.UNAUTHENTICATED, "message": message, "details": [info]}).decode()
    for key, value in (("content-type", "application/json"), ("www-authenticate", "Bearer")):
        option = denied.headers.add(append_action=HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD)
        option.header.key, option.header.value = key, value
    return answer.SerializeToString()


TOKEN_MISSING = _denied("ACCESS_TOKEN_MISSING", "this call needs an access token: authorization: Bearer bursar_oat_…")
TOKEN_INVALID = _denied("ACCESS_TOKEN_INVALID", "the access token is unknown, expired or revoked")
