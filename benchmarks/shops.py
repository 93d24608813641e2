"""Live organizations that sell one monthly subscription each: ledgers, benefits and series of invoice numbers of their own."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from benchmarks.stacks import ADDRESS
from deploy.demo.edge import Edge

PRICE = 1000
"""Of a month, minor units, to which tax comes."""


@dataclass(frozen=True, slots=True)
class Shop:
    """`product` as the API tells it; `edge` with the merchant's token."""

    organization_id: UUID
    product: dict[str, Any]
    edge: Edge

    def sell(self, number: int, callers: int = 8) -> None:
        """So many subscriptions, bought by new customers with cards that are saved."""
        with ThreadPoolExecutor(callers) as pool:
            list(pool.map(lambda _: self._sell_one(), range(number)))

    def _sell_one(self) -> None:
        body = {
            "product_ids": [self.product["id"]],
            "currency": "eur",
            "customer_email": f"{uuid4().hex}@example.com",
            "customer_billing_address": ADDRESS,
        }
        secret = self.edge.post("checkouts", body)["client_secret"]
        self.edge.post(f"client/checkouts/{secret}:confirm", {"confirmation_token_id": "pm_card_visa"})


def open_shops(stack: dict[str, Any], number: int) -> list[Shop]:
    """`stack` is the content of stack.json."""
    operator = Edge(stack["edge"]["http"], stack["edge"]["grpc"], stack["operator_token"])
    return [_opened(stack, operator, index) for index in range(number)]


def close_shops(shops: Sequence[Shop]) -> None:
    """Their connections."""
    for shop in shops:
        shop.edge.close()


def _opened(stack: dict[str, Any], operator: Edge, index: int) -> Shop:
    organization = operator.post(
        "organizations",
        {
            "name": f"Shop {index}",
            "slug": f"shop-{index}",
            "mode": "ORGANIZATION_MODE_LIVE",
            "country": "FR",
            "default_presentment_currency": "eur",
            "settings": {"invoice_prefix": f"SHOP{index}"},
        },
    )
    token = operator.post("access_tokens", {"organization_id": organization["id"], "comment": "benchmark", "scopes": ["*"]})["token"]
    edge = Edge(stack["edge"]["http"], stack["edge"]["grpc"], token)
    benefit = edge.post("benefits", {"description": "Everything", "feature_flag": {}})
    price = {"price_currency": "eur", "fixed": {"price_amount": str(PRICE)}}
    monthly = {"recurring_interval": "RECURRING_INTERVAL_MONTH", "recurring_interval_count": 1}
    product = edge.post("products", {"name": "Editor, monthly", "prices": [price], **monthly})
    edge.post(f"products/{product['id']}/benefits", {"benefit_ids": [benefit["id"]]})
    return Shop(UUID(organization["id"]), product, edge)
