"""Field masks of updates."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.field_mask_pb2 import FieldMask

from services.checkout.domain.errors import MaskPathUnknown


def checked_paths(mask: FieldMask, known: Sequence[str]) -> frozenset[str]:
    """The fields that an update names. MaskPathUnknown for one that cannot be changed."""
    for path in mask.paths:
        if path not in known:
            raise MaskPathUnknown(path, known)
    return frozenset(mask.paths)
