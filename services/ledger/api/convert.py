"""Between messages and the domain, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from bursar.ledger.v1 import ledger_service_pb2 as pb
from bursar.ledger.v1.transaction_pb2 import Account, AccountKind, Entry, Transaction, TransactionKind

from services.chassis.database import Row
from services.chassis.errors import BursarError
from services.chassis.ids import parse_id
from services.chassis.timestamps import from_timestamp
from services.ledger.domain import chart
from services.ledger.domain import posting as domain
from services.ledger.domain.audit import Audit
from services.ledger.domain.balance import AsOf
from services.ledger.domain.posting import Posted, Posting, Result


def read_posting(request: pb.PostRequest, organization_id: UUID | None) -> Posting:
    """The posting that a request asks for, on behalf of the organization. Raises what is wrong with it."""
    legs = [
        domain.Leg(
            chart.account(
                chart.AccountKind(leg.account.kind), leg.currency, organization_id=organization_id, qualifier=leg.account.qualifier
            ),
            leg.amount,
        )
        for leg in request.legs
    ]
    return domain.posting(
        request.idempotency_key,
        domain.TransactionKind(request.kind),
        legs,
        organization_id=organization_id,
        source_id=parse_id(request.source_id, "source_id") if request.HasField("source_id") else None,
        effective_at=from_timestamp(request.effective_at, "effective_at") if request.HasField("effective_at") else None,
        reverses_id=request.reverses_id if request.HasField("reverses_id") else None,
    )


def read_postings(requests: Sequence[pb.PostRequest], organization_id: UUID | None) -> list[Posting | BursarError]:
    """Each posting, or what is wrong with it."""
    return [_posting_or_error(request, organization_id) for request in requests]


def _posting_or_error(request: pb.PostRequest, organization_id: UUID | None) -> Posting | BursarError:
    try:
        return read_posting(request, organization_id)
    except BursarError as error:
        return error


def posted_to_proto(posted: Posted) -> pb.PostedTransaction:
    return pb.PostedTransaction(transaction_id=posted.transaction_id, replayed=posted.replayed)


def results_to_proto(results: Sequence[Result]) -> pb.PostBatchResponse:
    return pb.PostBatchResponse(results=[_result(result) for result in results])


def _result(result: Result) -> pb.PostResult:
    if isinstance(result, Posted):
        return pb.PostResult(posted=posted_to_proto(result))
    return pb.PostResult(error=pb.PostError(reason=result.reason, message=result.message))


def account_to_proto(row: Row) -> Account:
    return Account(
        id=row["id"],
        code=row["code"],
        kind=AccountKind.ValueType(row["kind"]),
        organization_id=str(row["organization_id"]) if row["organization_id"] else None,
        currency=row["currency"],
        debit_amount=row["debit_amount"],
        credit_amount=row["credit_amount"],
        balance_amount=row["debit_amount"] - row["credit_amount"],
        sequence=row["sequence"],
        opened_at=row["opened_at"],
    )


def transaction_to_proto(row: Row, entries: Sequence[Row]) -> Transaction:
    return Transaction(
        id=row["id"],
        organization_id=str(row["organization_id"]) if row["organization_id"] else None,
        kind=TransactionKind.ValueType(row["kind"]),
        idempotency_key=row["idempotency_key"],
        source_id=str(row["source_id"]) if row["source_id"] else None,
        reverses_id=row["reverses_id"],
        entries=[_entry(entry) for entry in entries],
        effective_at=row["effective_at"],
        posted_at=row["posted_at"],
    )


def _entry(row: Row) -> Entry:
    # Of the platform's accounts an organization is told neither the balance nor the sequence.
    return Entry(
        account_id=row["account_id"],
        account_code=row["account_code"],
        sequence=row["sequence"],
        amount=row["amount"],
        currency=row["currency"],
        balance_after_amount=row["balance_after_amount"],
    )


def as_of_to_proto(as_of: AsOf) -> pb.BalanceAsOf:
    return pb.BalanceAsOf(
        account_id=as_of.account_id, currency=as_of.currency, balance_amount=as_of.balance_amount, sequence=as_of.sequence
    )


def trial_balance_to_proto(rows: Sequence[Row]) -> pb.TrialBalance:
    """Lines by kind and currency, and the total of each currency, which the lines give."""
    totals: dict[str, pb.TrialBalanceTotal] = {}
    answer = pb.TrialBalance()
    for row in rows:
        debit, credit, currency = int(row["debit_amount"]), int(row["credit_amount"]), row["currency"]
        kind = AccountKind.ValueType(row["kind"])
        answer.lines.add(kind=kind, currency=currency, debit_amount=debit, credit_amount=credit, balance_amount=debit - credit)
        total = totals.setdefault(currency, pb.TrialBalanceTotal(currency=currency))
        total.debit_amount += debit
        total.credit_amount += credit
        total.balance_amount += debit - credit
    answer.totals.extend(totals.values())
    answer.balanced = all(total.balance_amount == 0 for total in totals.values())
    return answer


def audit_to_proto(audit: Audit) -> pb.LedgerAudit:
    return pb.LedgerAudit(
        sound=audit.sound,
        transactions_checked=audit.transactions_checked,
        entries_checked=audit.entries_checked,
        batches_checked=audit.batches_checked,
        findings=audit.findings,
    )
