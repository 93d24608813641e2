"""LedgerService: the books, to read."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from bursar.ledger.v1 import ledger_service_pb2 as pb
from bursar.ledger.v1.transaction_pb2 import Account, Transaction

from services.chassis.call import Call
from services.chassis.database import Database
from services.chassis.database import Transaction as DatabaseTransaction
from services.chassis.ids import parse_id
from services.chassis.pagination import page_of
from services.chassis.timestamps import from_timestamp
from services.ledger.api.convert import account_to_proto, as_of_to_proto, audit_to_proto, transaction_to_proto, trial_balance_to_proto
from services.ledger.domain.errors import AccountNotFound, AsOfMissing, TransactionNotFound
from services.ledger.usecases.ports import AuditAll, ReadsIn


class LedgerServicer:
    """An organization sees its own accounts and transactions, an operator all."""

    def __init__(self, *, own: Database, every: Database, reads: ReadsIn, audit: AuditAll) -> None:
        self._own = own
        self._every = every
        self._reads = reads
        self._audit = audit

    async def GetAccount(self, request: pb.GetAccountRequest, call: Call) -> Account:
        async with self._seen_by(call) as transaction:
            row = await self._reads(transaction).account(request.id)
        if row is None:
            raise AccountNotFound
        return account_to_proto(row)

    async def ListAccounts(self, request: pb.ListAccountsRequest, call: Call) -> pb.ListAccountsResponse:
        page = page_of(request, ("id",), "id")
        async with self._seen_by(call) as transaction:
            rows, token = await self._reads(transaction).accounts(page, kind=request.kind, currency=request.currency)
        return pb.ListAccountsResponse(accounts=map(account_to_proto, rows), next_page_token=token)

    async def GetBalanceAsOf(self, request: pb.GetBalanceAsOfRequest, call: Call) -> pb.BalanceAsOf:
        asked = request.WhichOneof("as_of")
        if asked is None:
            raise AsOfMissing
        async with self._seen_by(call) as transaction:
            reads = self._reads(transaction)
            if asked == "transaction_id":
                as_of = await reads.as_of_transaction(request.account_id, request.transaction_id)
            else:
                as_of = await reads.as_of_time(request.account_id, from_timestamp(request.effective_at, "effective_at"))
        if as_of is None:
            raise AccountNotFound
        return as_of_to_proto(as_of)

    async def GetTransaction(self, request: pb.GetTransactionRequest, call: Call) -> Transaction:
        async with self._seen_by(call) as transaction:
            reads = self._reads(transaction)
            row = await reads.transaction(request.id)
            if row is None:
                raise TransactionNotFound
            entries = await reads.entries([request.id])
        return transaction_to_proto(row, entries[request.id])

    async def ListTransactions(self, request: pb.ListTransactionsRequest, call: Call) -> pb.ListTransactionsResponse:
        page = page_of(request, ("id",), "-id")
        source_id = parse_id(request.source_id, "source_id") if request.HasField("source_id") else None
        account_id = request.account_id if request.HasField("account_id") else None
        async with self._seen_by(call) as transaction:
            reads = self._reads(transaction)
            rows, token = await reads.transactions(page, source_id=source_id, account_id=account_id, kind=request.kind)
            entries = await reads.entries([row["id"] for row in rows])
        found = [transaction_to_proto(row, entries[row["id"]]) for row in rows]
        return pb.ListTransactionsResponse(transactions=found, next_page_token=token)

    async def GetTrialBalance(self, request: pb.GetTrialBalanceRequest, call: Call) -> pb.TrialBalance:
        async with self._every.transaction() as transaction:
            return trial_balance_to_proto(await self._reads(transaction).trial_balance())

    async def AuditLedger(self, request: pb.AuditLedgerRequest, call: Call) -> pb.LedgerAudit:
        return audit_to_proto(await self._audit())

    def _seen_by(self, call: Call) -> AbstractAsyncContextManager[DatabaseTransaction]:
        return self._every.transaction() if call.is_operator else self._own.transaction(call.organization_id)
