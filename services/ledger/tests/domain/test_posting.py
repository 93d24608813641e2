from __future__ import annotations

import pytest

from services.chassis.errors import Invalid
from services.ledger.domain.chart import CHART, AccountKind, Normal, account
from services.ledger.domain.errors import AccountReferenceInvalid, AmountOverflow, CurrencyUnknown, TransactionUnbalanced
from services.ledger.domain.posting import Leg, content_hash
from services.ledger.tests.builders import ORGANIZATION, clearing, many_legged, payable, transfer


@pytest.mark.parametrize(
    "amounts",
    [[], [5], [5, -4], [5, 0, -5], [5, -5] * 51],
    ids=["none", "one", "unbalanced", "zero", "too many"],
)
def test_legs_that_are_no_transaction(amounts: list[int]) -> None:
    with pytest.raises(TransactionUnbalanced):
        many_legged([Leg(clearing(), amount) for amount in amounts])


def test_currencies_balance_each_for_itself() -> None:
    with pytest.raises(TransactionUnbalanced, match="eur"):
        many_legged([Leg(clearing("eur"), 5), Leg(clearing("usd"), -5)])


def test_an_amount_beyond_exact_numbers_is_refused() -> None:
    with pytest.raises(AmountOverflow):
        transfer(2**53)


def test_equal_content_has_equal_hashes_for_ever() -> None:
    assert content_hash(("a", 1, None, ORGANIZATION, ("b", 2))).hex() == content_hash(("a", 1, None, ORGANIZATION, ("b", 2))).hex()
    assert content_hash(("a", "b")) != content_hash(("ab",)) != content_hash(("a|1:b",))
    assert transfer(key="k").request_hash == transfer(key="k").request_hash != transfer(1001, key="k").request_hash


def test_codes_name_kind_owner_qualifier_and_currency() -> None:
    assert clearing("eur").code == "clearing:stripe:eur"
    assert payable().code == f"merchant_payable:{ORGANIZATION}:usd"
    assert account(AccountKind.FX_POSITION, "jpy").code == "fx_position:jpy"
    assert account(AccountKind.TAX_PAYABLE, "eur", qualifier="DE", organization_id=ORGANIZATION).organization_id is None


@pytest.mark.parametrize(
    ("kind", "qualifier"),
    [
        (AccountKind.CLEARING, ""),
        (AccountKind.FX_POSITION, "x"),
        (AccountKind.FEE_REVENUE, "fun"),
        (AccountKind.MERCHANT_PAYABLE, ""),
    ],
)
def test_accounts_that_the_chart_has_not(kind: AccountKind, qualifier: str) -> None:
    with pytest.raises(AccountReferenceInvalid):
        account(kind, "usd", qualifier=qualifier)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(CurrencyUnknown) as caught:
        account(AccountKind.FX_POSITION, "xxx")
    assert isinstance(caught.value, Invalid)


def test_every_kind_has_its_line_and_only_customers_accounts_are_bounded() -> None:
    assert set(CHART) == set(AccountKind)
    assert [kind for kind, line in CHART.items() if line.bounded] == [AccountKind.CUSTOMER_RECEIVABLE, AccountKind.CUSTOMER_WALLET]
    assert CHART[AccountKind.CUSTOMER_WALLET].normal is Normal.CREDIT
    assert CHART[AccountKind.CUSTOMER_WALLET].ceiling_amount == 0
