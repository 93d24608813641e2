from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.domain.errors import TransactionUnbalanced
from services.ledger.domain.fees import FeePlan
from services.ledger.domain.posting import Posting, check_legs
from services.ledger.domain.postings import Charge, order_paid, payment_settled
from services.ledger.tests.builders import CUSTOMER, ORGANIZATION, paid_order, settled_payment

FOUR_AND_FORTY = FeePlan(40_000, 40)
PAYABLE = f"merchant_payable:{ORGANIZATION}:usd"
WALLET = f"customer_wallet:{ORGANIZATION}:{CUSTOMER}:usd"


def legs(posting: Posting | None) -> Sequence[tuple[str, int]]:
    assert posting is not None
    return [(leg.account.code, leg.amount) for leg in posting.legs]


def test_an_order_paid_by_card() -> None:
    assert legs(order_paid(paid_order(), FOUR_AND_FORTY)) == [
        ("clearing:stripe:usd", 12000),
        (PAYABLE, -10000),
        ("tax_payable:DE:usd", -2000),
        (PAYABLE, 520),
        ("fee_revenue:payment:usd", -520),
    ]


def test_an_order_paid_by_wallet_and_card() -> None:
    order = paid_order(net_amount=6000, taxes=(("DE", 1200),), total_amount=7200, applied_balance_amount=-3000, due_amount=4200)
    assert legs(order_paid(order, FOUR_AND_FORTY)) == [
        ("clearing:stripe:usd", 4200),
        (WALLET, 3000),
        (PAYABLE, -6000),
        ("tax_payable:DE:usd", -1200),
        (PAYABLE, 328),
        ("fee_revenue:payment:usd", -328),
    ]


def test_an_order_paid_by_wallet_alone_touches_no_processor() -> None:
    order = paid_order(applied_balance_amount=-12000, due_amount=0, processor="")
    assert "clearing" not in str(legs(order_paid(order, FOUR_AND_FORTY)))


def test_an_order_of_nothing_posts_nothing() -> None:
    order = paid_order(net_amount=0, taxes=(("DE", 0),), total_amount=0, due_amount=0, processor="")
    assert order_paid(order, FOUR_AND_FORTY) is None


def test_taxes_of_several_jurisdictions_are_owed_to_each() -> None:
    order = paid_order(net_amount=10000, taxes=(("US-CA", 725), ("US-CA-SF", 125), ("US", 0)), total_amount=10850, due_amount=10850)
    codes = [code for code, _ in legs(order_paid(order, FOUR_AND_FORTY)) if code.startswith("tax")]
    assert codes == ["tax_payable:US-CA:usd", "tax_payable:US-CA-SF:usd"]


def test_an_order_whose_parts_do_not_add_up_is_refused() -> None:
    with pytest.raises(TransactionUnbalanced):
        order_paid(paid_order(taxes=(("DE", 1999),)), FOUR_AND_FORTY)


def test_the_same_order_stands_for_the_same_under_another_fee_plan() -> None:
    order = paid_order()
    first, second = order_paid(order, FOUR_AND_FORTY), order_paid(order, FeePlan(50_000, 50))
    assert first is not None
    assert second is not None
    assert first.request_hash == second.request_hash
    assert legs(first) != legs(second)


def test_another_order_under_the_same_key_does_not() -> None:
    order = paid_order()
    first, second = order_paid(order, FOUR_AND_FORTY), order_paid(replace(order, customer_id=UUID(int=9)), FOUR_AND_FORTY)
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
    net=st.integers(0, 2**40),
    taxes=st.lists(st.integers(0, 2**30), max_size=5),
    share=st.integers(0, 100),
    rate=st.integers(0, 1_000_000),
    fixed=st.integers(0, 500),
)
def test_every_order_balances_and_gives_the_merchant_the_net_less_the_fee(
    net: int, taxes: list[int], share: int, rate: int, fixed: int
) -> None:
    total = net + sum(taxes)
    applied = -(total * share // 100)
    order = paid_order(
        net_amount=net,
        taxes=tuple((f"T{place}", amount) for place, amount in enumerate(taxes)),
        total_amount=total,
        applied_balance_amount=applied,
        due_amount=total + applied,
        processor="stripe" if total + applied else "",
    )
    plan = FeePlan(rate, fixed)
    posting = order_paid(order, plan)
    if posting is None:
        assert total == 0
        return
    check_legs(posting.legs)
    assert sum(amount for code, amount in legs(posting) if code == PAYABLE) == plan.fee(total) - net
