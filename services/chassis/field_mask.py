"""Field masks of updates: which fields of a request count."""

from __future__ import annotations

from collections.abc import Collection

from google.protobuf.field_mask_pb2 import FieldMask

from services.chassis.errors import Invalid

_SHOWN = 64


def checked_paths(mask: FieldMask, known: Collection[str]) -> frozenset[str]:
    """The paths that a mask names. Invalid, FIELD_MASK_INVALID, if that is nothing, or something that cannot be changed."""
    unknown = sorted(set(mask.paths) - set(known))
    if unknown or not mask.paths:
        wrong = f"{unknown[0][:_SHOWN]!r} cannot be changed" if unknown else "name at least one field"
        raise Invalid("FIELD_MASK_INVALID", f"{wrong}; possible: {', '.join(sorted(known))}", field="update_mask")
    return frozenset(mask.paths)
