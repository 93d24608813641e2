"""Which of a customer's saved payment methods is charged in their absence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.payments.domain import declines
from services.payments.domain.attempt import Attempt
from services.payments.domain.decide import AttemptFact, decide
from services.payments.domain.errors import payment_method_not_found
from services.payments.domain.outcome import lost
from services.payments.domain.payment_method import PaymentMethod


@dataclass(frozen=True, slots=True)
class SavedSource:
    """The one that is named and, if that is not there and `or_default`, the customer's default."""

    method_id: UUID | None
    or_default: bool

    @property
    def ids(self) -> list[UUID]:
        """What has to be known besides the customer's default."""
        return [self.method_id] if self.method_id else []

    def choose(self, customer_id: UUID, methods: Iterable[PaymentMethod]) -> PaymentMethod | None:
        """NotFound: PAYMENT_METHOD_NOT_FOUND, if only the named one would do."""
        own = [method for method in methods if method.customer_id == customer_id]
        named = next((method for method in own if method.id == self.method_id), None)
        if named is None and not self.or_default:
            assert self.method_id is not None, "a source names a payment method, or takes the default"
            raise payment_method_not_found(self.method_id, field="payment_method_id")
        return named or next((method for method in own if method.is_default), None)


def charged_to(attempt: Attempt, method: PaymentMethod | None, now: datetime, told_at: datetime) -> tuple[Attempt, tuple[AttemptFact, ...]]:
    """The attempt with what it charges; without any it has failed, and nobody has to be asked."""
    attempt = replace(attempt, off_session=True, keep_method=False)
    if method is None:
        return decide(replace(attempt, asked_at=None, due_at=None), lost(declines.METHOD_MISSING), now, told_at)
    return replace(attempt, source=method.details.processor_id, payment_method_id=method.id, method=method.details.type), ()
