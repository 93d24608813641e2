"""What the contracts of the whole suite say: every method, and so every scope that there is."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import bursar
from google.protobuf.descriptor import MethodDescriptor

from services.chassis.access import access_of


def all_methods() -> Iterator[MethodDescriptor]:
    """Every method of every contract that was built."""
    for module in pkgutil.walk_packages(bursar.__path__, "bursar."):
        if module.name.endswith("_service_pb2"):
            for service in import_module(module.name).DESCRIPTOR.services_by_name.values():
                yield from service.methods


def known_scopes() -> frozenset[str]:
    """Every scope that opens a method."""
    return frozenset(scope for method in all_methods() if (scope := access_of(method).scope))
