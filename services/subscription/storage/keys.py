"""Many keys as the parameters of one statement."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID


def key_arrays(keys: Collection[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    """`organization_ids` and `ids`, for `unnest`, in the order in which all lock rows."""
    ordered = sorted(keys)
    return {"organization_ids": [key[0] for key in ordered], "ids": [key[1] for key in ordered]}
