"""Everything that becomes true here and that others are told of."""

from __future__ import annotations

from services.checkout.domain.balance import BalanceAdjusted
from services.checkout.domain.checkout import (
    CheckoutCreated,
    CheckoutGone,
    CheckoutPaymentActionRequired,
    CheckoutSucceeded,
    CheckoutUpdated,
)
from services.checkout.domain.customer import CustomerCreated, CustomerDeleted, CustomerUpdated
from services.checkout.domain.discount import DiscountCreated, DiscountDeleted, DiscountUpdated
from services.checkout.domain.order_steps import (
    OrderCreated,
    OrderDunningExhausted,
    OrderPaid,
    OrderPaymentFailed,
    OrderUpdated,
    OrderVoided,
)
from services.checkout.domain.product import ProductCreated, ProductUpdated

CheckoutFact = CheckoutCreated | CheckoutUpdated | CheckoutGone | CheckoutPaymentActionRequired | CheckoutSucceeded
CustomerFact = CustomerCreated | CustomerUpdated | CustomerDeleted | BalanceAdjusted
DiscountFact = DiscountCreated | DiscountUpdated | DiscountDeleted
OrderFact = OrderCreated | OrderUpdated | OrderPaid | OrderPaymentFailed | OrderDunningExhausted | OrderVoided
ProductFact = ProductCreated | ProductUpdated
DomainFact = CheckoutFact | CustomerFact | DiscountFact | OrderFact | ProductFact
