"""Composition root of the ledger: the only file that knows every room."""

from __future__ import annotations

from functools import partial

from bursar.ledger.v1 import ledger_service_pb2

from services.chassis.clockwork import Clockwork
from services.chassis.database import Database
from services.chassis.run import Parts, Schedule, Service, command_line
from services.ledger.api.ledger_service import LedgerServicer
from services.ledger.api.posting_service import LedgerPostingServicer
from services.ledger.events.consumed import reactions
from services.ledger.settings import LedgerSettings
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.books import books_in
from services.ledger.storage.charges import charges
from services.ledger.storage.customer_balances import customer_balances
from services.ledger.storage.fee_plans import fee_plans
from services.ledger.storage.lane import PostingLane
from services.ledger.storage.reads import StoredReads
from services.ledger.storage.seals import seal
from services.ledger.watch import audit_books, check_balances

_CONTRACTS = ledger_service_pb2.DESCRIPTOR.services_by_name


async def compose(parts: Parts) -> Service:
    """The service's servicers, reactions and its work in the background."""
    settings = parts.settings
    assert isinstance(settings, LedgerSettings)
    every = parts.worker_database
    accounts = Database(settings.database_worker_url, name="bursar-ledger-accounts", pool_size=1)
    await accounts.open()
    registry = AccountRegistry(accounts)
    lane = PostingLane(settings.database_worker_url, registry, largest_queue=settings.posting_queue_limit)
    audit = partial(audit_books, every, parts.clock)
    return Service(
        servicers=(
            (_CONTRACTS["LedgerService"], LedgerServicer(own=parts.database, every=every, reads=StoredReads, audit=audit)),
            (_CONTRACTS["LedgerPostingService"], LedgerPostingServicer(books=lane)),
        ),
        reactions=reactions(books=books_in(registry), plans_of=fee_plans, charges_of=charges, balances_of=customer_balances),
        schedules=(
            Schedule("seal", settings.seal_seconds, partial(seal, every)),
            Schedule("check balances", settings.balance_check_seconds, partial(check_balances, every, parts.clock)),
            Schedule("audit", settings.audit_seconds, audit),
        ),
        tasks=(lane.run,),
        close=(accounts.close,),
        clockwork=Clockwork(),
    )


main = command_line(LedgerSettings, compose)
