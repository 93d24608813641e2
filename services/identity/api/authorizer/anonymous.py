"""Which requests need no token: those whose method the contracts open to anyone, by REST or by gRPC, and health.

A path passes only if it is spelled exactly as a contract spells it. There is nothing to normalise: no dot segments, no doubled
or encoded slashes, no other case; so no later reader of the path can take it for another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor

from services.chassis.access import access_of

_HEALTH = ("POST", "/grpc.health.v1.Health/Check")
_VARIABLE = re.compile(r"\{[a-z0-9_.]+\}")
_SEGMENT = "(?!\\.+(?:$|[/:?]))[A-Za-z0-9._~-]+"
"""What stands for a variable of a path: one segment of unreserved characters (RFC 3986), and not only dots."""
_LONGEST_PATH = 2048


class AnonymousRequests:
    """Knows the requests that need no token."""

    def __init__(self, methods: Iterable[MethodDescriptor]) -> None:
        exact = {_HEALTH}
        patterns = []
        for method in methods:
            if not access_of(method).anonymous:
                continue
            exact.add(("POST", f"/{method.containing_service.full_name}/{method.name}"))
            rule = method.GetOptions().Extensions[annotations_pb2.http]
            verb = rule.WhichOneof("pattern")
            if verb:
                patterns.append(f"{verb.upper()} {_expression(getattr(rule, verb))}")
        self._exact = frozenset(exact)
        self._patterns = re.compile("|".join(patterns) or "(?!)", re.ASCII)

    def include(self, method: str, target: str) -> bool:
        """Whether a request passes without a token. `target` is its path with the query, as it came."""
        path = target.partition("?")[0]
        if len(path) > _LONGEST_PATH:
            return False
        return (method, path) in self._exact or self._patterns.fullmatch(f"{method} {path}") is not None


def _expression(template: str) -> str:
    literals = [re.escape(literal) for literal in _VARIABLE.split(template)]
    return _SEGMENT.join(literals)
