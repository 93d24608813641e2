from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp

from services.chassis.ids import new_id
from services.ledger.domain.posting import Posted
from services.ledger.storage.lane import PostingLane
from services.ledger.storage.seals import seal
from services.ledger.tests.builders import NOW, ORGANIZATION, OTHER_ORGANIZATION, clearing, payable, transfer
from tests.support.client import OPERATOR, Client, member
from tests.support.databases import ServiceDatabase

OURS, THEIRS = member(ORGANIZATION, "ledger:read"), member(OTHER_ORGANIZATION, "ledger:read")


@pytest_asyncio.fixture
async def books(lane: PostingLane) -> AsyncIterator[list[int]]:
    """Five transactions of ours, one of theirs, one of the platform's; the ids of ours, oldest first."""
    ours = [transfer(100 * place, effective_at=NOW + timedelta(days=place)) for place in range(1, 6)]
    theirs = transfer(7, credit=payable(OTHER_ORGANIZATION), organization_id=OTHER_ORGANIZATION, source_id=new_id())
    platform = transfer(3, debit=clearing("eur"), credit=clearing("eur"), organization_id=None, source_id=None)
    results = await lane.post([*ours, theirs, platform])
    yield [result.transaction_id for result in results[:5] if isinstance(result, Posted)]


def at(days: float) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(NOW + timedelta(days=days))
    return timestamp


async def test_an_organization_sees_its_accounts_and_an_operator_all(client: Client, books: list[int]) -> None:
    codes = [account.code for account in (await client.call("ListAccounts", OURS)).accounts]
    assert codes == [payable().code]
    everything = (await client.call("ListAccounts", OPERATOR)).accounts
    expected = [payable(), payable(OTHER_ORGANIZATION), clearing(), clearing("eur")]
    assert {account.code for account in everything} == {account.code for account in expected}


async def test_an_account_tells_its_sums(client: Client, books: list[int]) -> None:
    (account,) = (await client.call("ListAccounts", OURS)).accounts
    assert (account.debit_amount, account.credit_amount, account.balance_amount, account.sequence) == (0, 1500, -1500, 5)
    assert await client.call("GetAccount", OURS, id=account.id) == account


async def test_accounts_are_filtered_and_paged(client: Client, books: list[int]) -> None:
    listed = (await client.call("ListAccounts", OPERATOR, kind="ACCOUNT_KIND_CLEARING", currency="eur")).accounts
    assert [account.code for account in listed] == [clearing("eur").code]
    first = await client.call("ListAccounts", OPERATOR, page_size=3)
    rest = await client.call("ListAccounts", OPERATOR, page_size=3, page_token=first.next_page_token)
    assert (len(first.accounts), len(rest.accounts), rest.next_page_token) == (3, 1, "")


async def test_a_strangers_account_and_transaction_are_not_there(client: Client, books: list[int]) -> None:
    (account,) = (await client.call("ListAccounts", OURS)).accounts
    assert (await client.refusal("GetAccount", THEIRS, id=account.id))[1] == "ACCOUNT_NOT_FOUND"
    assert (await client.refusal("GetBalanceAsOf", THEIRS, account_id=account.id, transaction_id=1))[1] == "ACCOUNT_NOT_FOUND"
    assert (await client.refusal("GetTransaction", THEIRS, id=books[0]))[1] == "TRANSACTION_NOT_FOUND"
    assert len((await client.call("ListTransactions", THEIRS)).transactions) == 1
    assert (await client.call("ListTransactions", THEIRS, account_id=account.id)).transactions == []


async def test_a_platform_account_is_not_a_merchants(client: Client, books: list[int]) -> None:
    everything = (await client.call("ListAccounts", OPERATOR, kind="ACCOUNT_KIND_CLEARING")).accounts
    for account in everything:
        assert (await client.refusal("GetAccount", OURS, id=account.id))[1] == "ACCOUNT_NOT_FOUND"


async def test_a_transaction_shows_all_legs_but_not_the_platforms_balance(client: Client, books: list[int]) -> None:
    seen = await client.call("GetTransaction", OURS, id=books[1])
    assert [(entry.account_code, entry.amount) for entry in seen.entries] == [(clearing().code, 200), (payable().code, -200)]
    assert [(entry.sequence, entry.balance_after_amount) for entry in seen.entries] == [(0, 0), (2, -300)]
    assert [entry.HasField("sequence") or entry.HasField("balance_after_amount") for entry in seen.entries] == [False, True]
    whole = await client.call("GetTransaction", OPERATOR, id=books[1])
    assert [(entry.sequence, entry.balance_after_amount) for entry in whole.entries] == [(2, 300), (2, -300)]


async def test_transactions_newest_first_in_pages(client: Client, books: list[int]) -> None:
    seen, token = [], ""
    while True:
        page = await client.call("ListTransactions", OURS, page_size=2, page_token=token)
        seen += [transaction.id for transaction in page.transactions]
        token = page.next_page_token
        if not token:
            break
    assert seen == books[::-1]


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_balance_in_the_past(client: Client, database: ServiceDatabase, books: list[int], sealed: bool) -> None:
    if sealed:
        await seal(database.worker)
    (account,) = (await client.call("ListAccounts", OURS)).accounts
    by_transaction = await client.call("GetBalanceAsOf", OURS, account_id=account.id, transaction_id=books[2])
    assert (by_transaction.balance_amount, by_transaction.sequence, by_transaction.currency) == (-600, 3, "usd")
    before = await client.call("GetBalanceAsOf", OURS, account_id=account.id, effective_at=at(0))
    between = await client.call("GetBalanceAsOf", OURS, account_id=account.id, effective_at=at(2.5))
    after = await client.call("GetBalanceAsOf", OPERATOR, account_id=account.id, effective_at=at(30))
    assert (before.balance_amount, between.balance_amount, after.balance_amount) == (0, -300, -1500)
    assert not after.HasField("sequence")
    assert (await client.refusal("GetBalanceAsOf", OURS, account_id=account.id))[1] == "AS_OF_MISSING"


async def test_the_trial_balance_adds_up(client: Client, books: list[int]) -> None:
    trial = await client.call("GetTrialBalance", OPERATOR)
    assert trial.balanced
    assert [(total.currency, total.debit_amount, total.credit_amount, total.balance_amount) for total in trial.totals] == [
        ("eur", 3, 3, 0),
        ("usd", 1507, 1507, 0),
    ]
    assert (await client.refusal("GetTrialBalance", OURS))[1] == "METHOD_NOT_ALLOWED"


async def test_an_audit_says_what_it_checked(client: Client, database: ServiceDatabase, books: list[int]) -> None:
    await seal(database.worker)
    audit = await client.call("AuditLedger", OPERATOR)
    assert (audit.sound, audit.transactions_checked, audit.entries_checked, audit.batches_checked) == (True, 7, 14, 1)
