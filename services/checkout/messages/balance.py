"""Customers' balances as messages."""

from __future__ import annotations

from bursar.checkout.v1 import customer_balance_pb2

from services.chassis.enums import number_of
from services.chassis.ids import id_text
from services.checkout.domain.balance import BalanceKey, BalanceTransaction
from services.checkout.messages.types import set_time


def balance_to_proto(key: BalanceKey, amount: int) -> customer_balance_pb2.CustomerBalance:
    return customer_balance_pb2.CustomerBalance(customer_id=str(key.customer_id), currency=key.currency, amount=amount)


def transaction_to_proto(transaction: BalanceTransaction) -> customer_balance_pb2.CustomerBalanceTransaction:
    change = transaction.change
    message = customer_balance_pb2.CustomerBalanceTransaction(
        id=str(transaction.id),
        customer_id=str(change.key.customer_id),
        type=number_of(customer_balance_pb2.CustomerBalanceTransactionType, change.type),
        currency=change.key.currency,
        amount=change.amount,
        balance_amount=transaction.balance_amount,
        order_id=id_text(change.order_id),
        reason=change.reason,
    )
    set_time(message.created_at, change.at)
    return message
