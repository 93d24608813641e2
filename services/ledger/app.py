"""Composition root of the ledger: the only file that knows every room."""

from __future__ import annotations

from functools import partial

from bursar.ledger.v1 import ledger_service_pb2

from services.chassis.run import Parts, Schedule, Service, command_line
from services.ledger.api.ledger_service import LedgerServicer
from services.ledger.api.posting_service import LedgerPostingServicer
from services.ledger.events.consumed import reactions
from services.ledger.settings import LedgerSettings
from services.ledger.storage.accounts import AccountRegistry
from services.ledger.storage.lane import PostingLane
from services.ledger.storage.seals import seal
from services.ledger.watch import audit_books, check_balances

_CONTRACTS = ledger_service_pb2.DESCRIPTOR.services_by_name


async def compose(parts: Parts) -> Service:
    """The service's servicers, reactions and its work in the background."""
    settings = parts.settings
    assert isinstance(settings, LedgerSettings)
    every = parts.worker_database
    registry = AccountRegistry(every)
    lane = PostingLane(settings.database_worker_url, registry, largest_queue=settings.posting_queue_limit)
    return Service(
        servicers=(
            (_CONTRACTS["LedgerService"], LedgerServicer(own=parts.database, every=every, clock=parts.clock)),
            (_CONTRACTS["LedgerPostingService"], LedgerPostingServicer(books=lane)),
        ),
        reactions=reactions(registry),
        schedules=(
            Schedule("seal", settings.seal_seconds, partial(seal, every)),
            Schedule("check balances", settings.balance_check_seconds, partial(check_balances, every, parts.clock)),
            Schedule("audit", settings.audit_seconds, partial(audit_books, every, parts.clock)),
        ),
        tasks=(lane.run,),
    )


main = command_line(LedgerSettings, compose)
