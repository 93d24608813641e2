"""What an event of the processor means to us."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.payments.domain.outcome import Outcome
from services.payments.domain.payment_method import MethodDetails


@dataclass(frozen=True, slots=True)
class AttemptMoved:
    """Something happened to an attempt. It is named by our id, or, where the processor does not carry that, by the processor's."""

    attempt_id: UUID | None
    processor_id: str | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class MethodDetached:
    """The processor keeps a payment method no longer."""

    processor_id: str


@dataclass(frozen=True, slots=True)
class MethodUpdated:
    """A payment method has new details, e.g. the bank sent a new card."""

    details: MethodDetails


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing to us: another system's object, or a type that we do not need."""


Occurrence = AttemptMoved | MethodDetached | MethodUpdated | Nothing
