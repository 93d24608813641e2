"""What orders do to balances."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.errors import BursarError
from services.checkout.domain.balance import BalanceTransactionType, applied_balance, check_adjustment, forfeited, type_of
from services.checkout.domain.price import minimum_charge
from services.pricing.price import LARGEST_PRICE

AMOUNTS = st.integers(-LARGEST_PRICE, LARGEST_PRICE)
CURRENCIES = st.sampled_from(["eur", "usd", "jpy", "gbp", "inr"])


@pytest.mark.parametrize(
    ("total", "balance", "applied", "kind"),
    [
        (1000, 0, 0, BalanceTransactionType.ORDER_APPLIED),
        (1000, 300, -300, BalanceTransactionType.ORDER_APPLIED),
        (1000, 1000, -1000, BalanceTransactionType.ORDER_APPLIED),
        (1000, 5000, -1000, BalanceTransactionType.ORDER_APPLIED),
        (1000, -200, 200, BalanceTransactionType.ORDER_APPLIED),
        (1000, 951, -1000, BalanceTransactionType.ORDER_CARRIED),
        (1000, 950, -950, BalanceTransactionType.ORDER_APPLIED),
        (49, 0, -49, BalanceTransactionType.ORDER_CARRIED),
        (49, -1, 1, BalanceTransactionType.ORDER_APPLIED),
        (-700, 100, 700, BalanceTransactionType.ORDER_CREDITED),
    ],
)
def test_cases_of_the_rule(total: int, balance: int, applied: int, kind: BalanceTransactionType) -> None:
    assert applied_balance(total, balance, "eur") == applied
    assert type_of(total, balance, applied) is kind


@given(AMOUNTS, AMOUNTS, CURRENCIES)
def test_what_is_charged_and_what_the_balance_gives_are_the_total(total: int, balance: int, currency: str) -> None:
    applied = applied_balance(total, balance, currency)
    due = max(0, total + applied)
    assert due - applied == total, "nothing is lost between the charge and the balance"
    assert due == 0 or due >= minimum_charge(currency)
    if due:
        assert balance + applied == 0, "a charge settles the balance"
    elif total > 0:
        assert balance + applied > -minimum_charge(currency), "less than the smallest charge is owed"


@given(AMOUNTS, st.integers(0, LARGEST_PRICE))
def test_who_never_pays_loses_what_they_have_and_never_more_than_they_owe(balance: int, due: int) -> None:
    lost = forfeited(balance, due)
    assert 0 <= lost <= due
    assert balance - lost >= min(balance, 0), "never below zero by it"
    assert lost == due or balance - lost <= 0, "nothing stays while something is owed"


@given(st.integers(0, LARGEST_PRICE), AMOUNTS)
def test_nobody_takes_by_hand_what_is_not_there(balance: int, amount: int) -> None:
    try:
        check_adjustment("eur", balance, amount)
    except BursarError:
        assert not 0 <= balance + amount <= LARGEST_PRICE
    else:
        assert 0 <= balance + amount <= LARGEST_PRICE
