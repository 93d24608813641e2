"""Checkout's part in advancing a sandbox's clock: checkouts expire, dunning goes on, charges have their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.clock import Clock
from services.chassis.clockwork import Clockwork
from services.chassis.database import Transaction
from services.checkout.storage.store import TransactionStore
from services.checkout.usecases.expire_checkouts import expire_checkouts_of, next_expiry
from services.checkout.usecases.outside_ports import ChargesOutside, Payments
from services.checkout.usecases.ports import OpenStore
from services.checkout.usecases.resolve_attempts import give_up_attempts_of
from services.checkout.usecases.resolve_charges import give_up_charges_of, next_abandoned_charge
from services.checkout.usecases.retry_due_orders import retry_due_orders_of


def clockwork(
    store_of: Callable[[Transaction], TransactionStore],
    open_store: OpenStore,
    payments: Payments,
    charges: ChargesOutside,
    clock: Clock,
    wake: Callable[[], None],
) -> Clockwork:
    """`open_store` sees all organizations; `wake`: orders are to be charged."""

    async def find_due(transaction: Transaction, sandbox_id: UUID, until: datetime) -> datetime | None:
        store = store_of(transaction)
        instants = (
            await store.orders.find_due(sandbox_id, until),
            await next_expiry(sandbox_id, until, store=store),
            await next_abandoned_charge(sandbox_id, until, store=store),
        )
        return min((instant for instant in instants if instant is not None), default=None)

    async def run_due(sandbox_id: UUID, now: datetime) -> int:
        done = 0
        # First, so that the dunning of what nobody was waiting for any more goes on.
        while count := await give_up_charges_of(sandbox_id, now, clock.now(), open_store=open_store, payments=charges):
            done += count
        while count := await retry_due_orders_of(sandbox_id, now, clock.now(), open_store=open_store):
            done += count
            wake()
        while count := await give_up_attempts_of(sandbox_id, now, open_store=open_store, payments=payments):
            done += count
        while count := await expire_checkouts_of(sandbox_id, now, open_store=open_store):
            done += count
        return done

    async def unfinished(transaction: Transaction, sandbox_id: UUID) -> Sequence[str]:
        store = store_of(transaction)
        unasked, asked = await store.charges.count_unfinished(sandbox_id)
        counted = (
            (unasked, "charges to be asked for"),
            (asked, "charges without an answer"),
            (await store.checkouts.count_unanswered(sandbox_id), "checkouts without an answer"),
        )
        return [f"{count} {what}" for count, what in counted if count]

    return Clockwork(find_due=find_due, run_due=run_due, unfinished=unfinished)
