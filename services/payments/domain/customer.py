"""A customer as the processor knows them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer of ours; `processor_id` is None until the processor has made theirs.

    E-mail and name are those of the first call, so that repeating it with its key sends the same content.
    """

    organization_id: UUID
    customer_id: UUID
    email: str
    name: str | None = None
    processor_id: str | None = None

    @property
    def idempotency_key(self) -> str:
        """The key under which the processor makes the customer."""
        return f"customer:{self.organization_id}:{self.customer_id}"
