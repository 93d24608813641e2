from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.domain.customer_balance import CustomerBalances
from services.ledger.domain.errors import TransactionUnbalanced
from services.ledger.domain.fees import FeePlan
from services.ledger.domain.posting import Posting, check_legs
from services.ledger.domain.postings import AdjustedBalance, Charge, balance_adjusted, order_paid, payment_settled
from services.ledger.tests.builders import CUSTOMER, NOW, ORGANIZATION, paid_order, settled_payment

FOUR_AND_FORTY = FeePlan(40_000, 40)
PAYABLE = f"merchant_payable:{ORGANIZATION}:usd"
WALLET = f"customer_wallet:{ORGANIZATION}:{CUSTOMER}:usd"
RECEIVABLE = f"customer_receivable:{ORGANIZATION}:{CUSTOMER}:usd"


def legs(posting: Posting | None) -> Sequence[tuple[str, int]]:
    assert posting is not None
    return [(leg.account.code, leg.amount) for leg in posting.legs]


def test_an_order_paid_by_card() -> None:
    assert legs(order_paid(paid_order(), FOUR_AND_FORTY, CustomerBalances())) == [
        ("clearing:stripe:usd", 12000),
        (PAYABLE, -10000),
        ("tax_payable:DE:usd", -2000),
        (PAYABLE, 520),
        ("fee_revenue:payment:usd", -520),
    ]


def test_an_order_paid_by_wallet_and_card() -> None:
    order = paid_order(net_amount=6000, taxes=(("DE", 1200),), total_amount=7200, applied_balance_amount=-3000, due_amount=4200)
    assert legs(order_paid(order, FOUR_AND_FORTY, CustomerBalances({WALLET: -3000}))) == [
        ("clearing:stripe:usd", 4200),
        (WALLET, 3000),
        (PAYABLE, -6000),
        ("tax_payable:DE:usd", -1200),
        (PAYABLE, 328),
        ("fee_revenue:payment:usd", -328),
    ]


def test_an_order_paid_by_wallet_alone_touches_no_processor() -> None:
    order = paid_order(applied_balance_amount=-12000, due_amount=0, processor="")
    assert "clearing" not in str(legs(order_paid(order, FOUR_AND_FORTY, CustomerBalances())))


def test_a_credit_order_goes_to_the_wallet_and_its_tax_is_owed_no_more() -> None:
    order = paid_order(
        net_amount=-5000, taxes=(("DE", -1000),), total_amount=-6000, applied_balance_amount=6000, due_amount=0, processor=""
    )
    assert legs(order_paid(order, FOUR_AND_FORTY, CustomerBalances())) == [
        (WALLET, -6000),
        (PAYABLE, 5000),
        ("tax_payable:DE:usd", 1000),
    ]


def test_an_order_below_the_least_charge_is_carried_as_what_the_customer_owes() -> None:
    order = paid_order(net_amount=30, taxes=(), total_amount=30, applied_balance_amount=-30, due_amount=0, processor="")
    assert legs(order_paid(order, FeePlan(0, 0), CustomerBalances())) == [(RECEIVABLE, 30), (PAYABLE, -30)]


def test_a_carried_order_takes_what_the_wallet_has_first() -> None:
    order = paid_order(net_amount=70, taxes=(), total_amount=70, applied_balance_amount=-70, due_amount=0, processor="")
    balances = CustomerBalances({WALLET: -40})
    assert legs(order_paid(order, FeePlan(0, 0), balances)) == [(WALLET, 40), (RECEIVABLE, 30), (PAYABLE, -70)]
    assert balances.amounts == {WALLET: 0, RECEIVABLE: 30}


def test_the_next_order_collects_what_was_carried() -> None:
    order = paid_order(net_amount=1000, taxes=(), total_amount=1000, applied_balance_amount=30, due_amount=1030)
    assert legs(order_paid(order, FeePlan(0, 0), CustomerBalances({RECEIVABLE: 30}))) == [
        ("clearing:stripe:usd", 1030),
        (RECEIVABLE, -30),
        (PAYABLE, -1000),
    ]


def test_a_credit_pays_what_is_owed_before_it_fills_the_wallet() -> None:
    order = paid_order(net_amount=-100, taxes=(), total_amount=-100, applied_balance_amount=100, due_amount=0, processor="")
    assert legs(order_paid(order, FeePlan(0, 0), CustomerBalances({RECEIVABLE: 30}))) == [(RECEIVABLE, -30), (WALLET, -70), (PAYABLE, 100)]


def adjustment(amount: int) -> AdjustedBalance:
    return AdjustedBalance(f"customer_balance_transaction:{UUID(int=7)}", UUID(int=7), ORGANIZATION, CUSTOMER, "usd", amount, NOW)


def test_a_merchant_grants_credit() -> None:
    posting = balance_adjusted(adjustment(500), CustomerBalances())
    assert legs(posting) == [(PAYABLE, 500), (WALLET, -500)]
    assert posting is not None
    assert (posting.idempotency_key, posting.effective_at) == (f"customer_balance_transaction:{UUID(int=7)}", NOW)


def test_a_merchant_takes_more_back_than_there_is() -> None:
    assert legs(balance_adjusted(adjustment(-500), CustomerBalances({WALLET: -200}))) == [(PAYABLE, -500), (WALLET, 200), (RECEIVABLE, 300)]


def test_an_adjustment_stands_for_the_same_whatever_the_customer_had() -> None:
    first, second = (
        balance_adjusted(adjustment(-500), CustomerBalances()),
        balance_adjusted(adjustment(-500), CustomerBalances({WALLET: -900})),
    )
    assert first is not None
    assert second is not None
    assert first.request_hash == second.request_hash


@given(changes=st.lists(st.integers(-1000, 1000), max_size=12), data=st.data())
def test_whatever_the_order_of_changes_the_balance_is_their_sum_and_never_both_owed_and_had(
    changes: list[int], data: st.DataObject
) -> None:
    balances = CustomerBalances()
    for place, amount in enumerate(data.draw(st.permutations(changes))):
        change = replace(adjustment(amount), key=str(place))
        posting = balance_adjusted(change, balances)
        if posting is not None:
            check_legs(posting.legs)
    had, owed = -balances.amounts.get(WALLET, 0), balances.amounts.get(RECEIVABLE, 0)
    assert (had, owed) == (max(sum(changes), 0), max(-sum(changes), 0))


def test_what_comes_twice_moves_the_balance_once() -> None:
    balances = CustomerBalances()
    assert balance_adjusted(adjustment(300), balances) == balance_adjusted(adjustment(300), balances)
    assert balances.amounts[WALLET] == -300


def test_what_is_booked_already_moves_the_balance_no_more() -> None:
    change = adjustment(-300)
    balances = CustomerBalances({WALLET: -200}, {change.key})
    assert balance_adjusted(change, balances) is not None
    assert balances.amounts == {WALLET: -200}


def test_an_order_of_nothing_posts_nothing() -> None:
    order = paid_order(net_amount=0, taxes=(("DE", 0),), total_amount=0, due_amount=0, processor="")
    assert order_paid(order, FOUR_AND_FORTY, CustomerBalances()) is None


def test_taxes_of_several_jurisdictions_are_owed_to_each() -> None:
    order = paid_order(net_amount=10000, taxes=(("US-CA", 725), ("US-CA-SF", 125), ("US", 0)), total_amount=10850, due_amount=10850)
    codes = [code for code, _ in legs(order_paid(order, FOUR_AND_FORTY, CustomerBalances())) if code.startswith("tax")]
    assert codes == ["tax_payable:US-CA:usd", "tax_payable:US-CA-SF:usd"]


def test_an_order_whose_parts_do_not_add_up_is_refused() -> None:
    with pytest.raises(TransactionUnbalanced):
        order_paid(paid_order(taxes=(("DE", 1999),)), FOUR_AND_FORTY, CustomerBalances())


def test_the_same_order_stands_for_the_same_under_another_fee_plan() -> None:
    order = paid_order()
    first, second = order_paid(order, FOUR_AND_FORTY, CustomerBalances()), order_paid(order, FeePlan(50_000, 50), CustomerBalances())
    assert first is not None
    assert second is not None
    assert first.request_hash == second.request_hash
    assert legs(first) != legs(second)


def test_another_order_under_the_same_key_does_not() -> None:
    order = paid_order()
    first, second = (
        order_paid(order, FOUR_AND_FORTY, CustomerBalances()),
        order_paid(replace(order, customer_id=UUID(int=9)), FOUR_AND_FORTY, CustomerBalances()),
    )
    assert first is not None
    assert second is not None
    assert first.idempotency_key == second.idempotency_key == f"order:{order.order_id}:paid"
    assert first.request_hash != second.request_hash


def test_the_processors_fee() -> None:
    payment = settled_payment(paid_order())
    posting = payment_settled(payment, Charge("usd", 12000))
    assert legs(posting) == [("processor_fee:payment:usd", 378), ("clearing:stripe:usd", -378)]
    assert posting is not None
    assert posting.idempotency_key == f"payment:{payment.payment_id}:settled"


def test_a_settlement_in_another_currency_leaves_the_exchange_as_a_position() -> None:
    payment = settled_payment(paid_order(currency="eur"), currency="usd", amount=12960, fee_amount=406)
    assert legs(payment_settled(payment, Charge("eur", 12000))) == [
        ("fx_position:eur", 12000),
        ("clearing:stripe:eur", -12000),
        ("clearing:stripe:usd", 12960),
        ("fx_position:usd", -12960),
        ("processor_fee:payment:usd", 406),
        ("clearing:stripe:usd", -406),
    ]


@pytest.mark.parametrize(("total", "fee"), [(0, 0), (1, 50), (1000, 100), (12000, 650), (9, 50), (10, 51)])
def test_the_default_fee_is_five_percent_and_fifty(total: int, fee: int) -> None:
    assert FeePlan(50_000, 50).fee(total) == fee


@given(
    sign=st.sampled_from([1, -1]),
    net=st.integers(0, 2**40),
    taxes=st.lists(st.integers(0, 2**30), max_size=5),
    share=st.integers(0, 100),
    had=st.integers(-(2**30), 2**40),
    rate=st.integers(0, 1_000_000),
    fixed=st.integers(0, 500),
)
def test_every_order_balances_and_gives_the_merchant_the_net_less_the_fee(
    sign: int, net: int, taxes: list[int], share: int, had: int, rate: int, fixed: int
) -> None:
    net, taxes = sign * net, [sign * tax for tax in taxes]
    total = net + sum(taxes)
    applied = -total if total < 0 else -(total * share // 100) if had >= 0 else -had
    order = paid_order(
        net_amount=net,
        taxes=tuple((f"T{place}", amount) for place, amount in enumerate(taxes)),
        total_amount=total,
        applied_balance_amount=applied,
        due_amount=total + applied,
        processor="stripe" if total + applied else "",
    )
    plan = FeePlan(rate, fixed)
    balances = CustomerBalances({WALLET: -had} if had > 0 else {RECEIVABLE: -had})
    posting = order_paid(order, plan, balances)
    if posting is None:
        assert (total, applied) == (0, 0)
        return
    check_legs(posting.legs)
    assert sum(amount for code, amount in legs(posting) if code == PAYABLE) == plan.fee(total) - net
    assert sum(amount for code, amount in legs(posting) if code in (WALLET, RECEIVABLE)) == -applied
    assert balances.amounts.get(WALLET, 0) <= 0 <= balances.amounts.get(RECEIVABLE, 0)
