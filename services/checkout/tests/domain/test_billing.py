"""Orders of billings add up to the cent, whatever they hold."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkout.domain.billing import Billing, order_of, quote_of
from services.checkout.domain.customer import Customer, CustomerDetails, CustomerType
from services.checkout.domain.discount import AppliedDiscount, DiscountDuration
from services.checkout.domain.order import BillingReason
from services.checkout.domain.price import TaxBehavior
from services.checkout.domain.quote import Line
from services.checkout.domain.tax import TaxabilityReason, TaxRate
from services.checkout.tests.builders import GERMAN, NOW, organization
from services.pricing.reduction import FixedReduction, Percentage, Reduction

PAYER = Customer(
    uuid4(), uuid4(), CustomerType.INDIVIDUAL, CustomerDetails("ada@example.com", billing_address=GERMAN), False, None, 1, None, NOW, NOW
)
LINES = st.lists(st.builds(Line, st.just("x"), st.integers(-100_000, 100_000), proration=st.booleans()), min_size=1, max_size=8)
REDUCTIONS = st.one_of(
    st.none(),
    st.builds(Percentage, st.integers(1, 10_000)),
    st.builds(lambda amount: FixedReduction({"eur": amount}), st.integers(0, 200_000)),
    st.just(FixedReduction({"usd": 500})),
)
RATES = st.lists(st.integers(0, 270_000), max_size=3).map(
    lambda rates: [TaxRate(f"J{i}", "VAT", rate, TaxabilityReason.STANDARD_RATED) for i, rate in enumerate(rates)]
)


def billing(
    *lines: Line, reduction: Reduction | None, reason: BillingReason = BillingReason.SUBSCRIPTION_CYCLE, behavior: TaxBehavior
) -> Billing:
    discount = AppliedDiscount(uuid4(), reduction, DiscountDuration.FOREVER, None) if reduction else None
    return Billing(
        *(uuid4(), uuid4(), uuid4(), PAYER.id, uuid4(), reason, "eur", behavior, discount, None),
        *(lines, "Pro", None, False),
    )


@given(LINES, REDUCTIONS, RATES, st.sampled_from([TaxBehavior.INCLUSIVE, TaxBehavior.EXCLUSIVE]), st.integers(-200_000, 200_000))
def test_an_order_adds_up(
    lines: list[Line], reduction: Reduction | None, rates: list[TaxRate], behavior: TaxBehavior, balance: int
) -> None:
    due, merchant = billing(*lines, reduction=reduction, behavior=behavior), organization()
    quote = quote_of(due, PAYER, merchant, rates)
    assert quote.subtotal_amount == sum(line.amount for line in lines)
    assert all(line.discount_amount == 0 for line in quote.lines if line.proration or line.amount < 0)
    assert all(0 <= line.discount_amount <= line.amount for line in quote.lines if line.discount_amount)
    assert quote.tax_amount == sum(tax.amount for tax in quote.tax_lines or ())
    assert quote.total_amount - quote.net_amount == quote.tax_amount
    billed = order_of(due, PAYER, merchant, quote, tuple(uuid4() for _ in quote.lines), balance=balance, now=NOW)
    assert billed.order.due_amount - billed.order.applied_balance_amount == quote.total_amount
    assert sum(change.amount for change in billed.changes) == billed.order.applied_balance_amount


def test_a_line_says_what_the_discount_takes_off_and_a_proration_says_nothing() -> None:
    pro, rest = Line("Pro", 2000, description="Pro, 1 Feb 2026 – 1 Mar 2026"), Line("Pro", 700, proration=True, description="The rest")
    quote = quote_of(billing(pro, rest, reduction=Percentage(2500), behavior=TaxBehavior.INCLUSIVE), PAYER, organization(), ())
    assert [line.description for line in quote.lines] == ["Pro, 1 Feb 2026 – 1 Mar 2026, minus 5.00 EUR", "The rest"]


@pytest.mark.parametrize(("reduction", "off"), [(FixedReduction({"eur": 300}), 0), (Percentage(1000), 100)])
def test_a_fixed_discount_leaves_settled_usage_alone(reduction: Reduction, off: int) -> None:
    usage = billing(
        Line("Requests", 1000), reduction=reduction, reason=BillingReason.SUBSCRIPTION_METER_CYCLE, behavior=TaxBehavior.INCLUSIVE
    )
    assert quote_of(usage, PAYER, organization(), ()).discount_amount == off
