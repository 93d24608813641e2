"""Check an entitlement: the hot read of the suite, answered from memory wherever that is safe.

What is remembered is dropped when a fact says that it changed, and all of it when facts may have been missed. While facts do not
arrive nothing is remembered, and nothing is believed for longer than 30 seconds. Nothing is remembered of sandboxes, in which other times
come at once. Nobody who spends something decides by this.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from uuid import UUID

from services.benefits.domain.entitlement import Entitlement
from services.chassis.ids import is_sandbox

A = TypeVar("A")

LONGEST_SECONDS = 30.0
_MOST_CUSTOMERS = 50_000
_MOST_BENEFITS = 200
"""Of one customer, asked for; there may be as many benefits as somebody makes up."""
_MOST_ORGANIZATIONS = 10_000

Read = Callable[[UUID, UUID | str, UUID], Awaitable[Entitlement | None]]
"""Organization, customer by our id (UUID) or the merchant's own (text), benefit."""
_Key = tuple[UUID, bool, str]


class _Remembered(Generic[A]):
    """What was answered about one customer. Dropped as a whole: a reader who comes back with an older answer finds another one."""

    __slots__ = ("answers", "edition")

    def __init__(self, edition: object) -> None:
        self.edition = edition
        self.answers: dict[str, tuple[A, float]] = {}


class CheckEntitlement(Generic[A]):
    """`to_answer` writes the answer, once for as long as it is remembered. `is_live` tells whether facts arrive."""

    def __init__(
        self,
        *,
        read: Read,
        to_answer: Callable[[Entitlement | None], A],
        is_live: Callable[[], bool],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._read = read
        self._to_answer = to_answer
        self._is_live = is_live
        self._now = now
        self._customers: OrderedDict[_Key, _Remembered[A]] = OrderedDict()
        self._editions: dict[UUID, object] = {}

    async def __call__(self, organization_id: UUID, customer: str, is_external: bool, benefit_id: str) -> A:
        """Whether a customer, by our id in lower case or the merchant's own, has a benefit. No for whatever does not exist."""
        if not self._is_live():
            return self._to_answer(await self._ask(organization_id, customer, is_external, benefit_id))
        key = (organization_id, is_external, customer)
        remembered = self._customers.get(key)
        if remembered is not None and remembered.edition is self._editions.get(organization_id):
            known = remembered.answers.get(benefit_id)
            if known is not None and known[1] > self._now():
                self._customers.move_to_end(key)
                return known[0]
        elif is_sandbox(organization_id):  # asked here, where it costs nothing to those who are remembered
            return self._to_answer(await self._ask(organization_id, customer, is_external, benefit_id))
        else:
            remembered = self._remember(key)
        entitlement = await self._ask(organization_id, customer, is_external, benefit_id)
        answer = self._to_answer(entitlement)
        if self._customers.get(key) is remembered and len(remembered.answers) < _MOST_BENEFITS:
            remembered.answers[benefit_id] = (answer, self._until(entitlement))
        return answer

    def forget_customer(self, organization_id: UUID, customer_id: str, external_id: str | None) -> None:
        """A grant of the customer's changed."""
        self._customers.pop((organization_id, False, customer_id), None)
        if external_id is not None:
            self._customers.pop((organization_id, True, external_id), None)

    def forget_organization(self, organization_id: UUID) -> None:
        """A benefit of the organization's changed, and with it the answers about any of its customers."""
        if len(self._editions) >= _MOST_ORGANIZATIONS:
            self.forget_all()
        self._editions[organization_id] = object()

    def forget_all(self) -> None:
        """Facts may have been missed."""
        self._customers.clear()
        self._editions.clear()

    async def _ask(self, organization_id: UUID, customer: str, is_external: bool, benefit_id: str) -> Entitlement | None:
        return await self._read(organization_id, customer if is_external else UUID(customer), UUID(benefit_id))

    def _remember(self, key: _Key) -> _Remembered[A]:
        remembered = self._customers[key] = _Remembered(self._editions.get(key[0]))
        self._customers.move_to_end(key)
        if len(self._customers) > _MOST_CUSTOMERS:
            self._customers.popitem(last=False)
        return remembered

    def _until(self, entitlement: Entitlement | None) -> float:
        longest = self._now() + LONGEST_SECONDS
        if entitlement is None or entitlement.expires_at is None:
            return longest
        return min(longest, entitlement.expires_at.timestamp())
