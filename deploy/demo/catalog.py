"""What the demo merchant sells: products, what comes with them, and a discount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploy.demo.edge import Edge


@dataclass(frozen=True, slots=True)
class Catalog:
    """Ids of what is on sale."""

    editor: str
    team_plan: str
    sticker: str
    license_keys: str
    priority_support: str
    discount_code: str


def stock(edge: Edge) -> Catalog:
    """Create products with prices, benefits and a discount code through REST."""
    editor = _product(edge, "Editor", 10_000)
    team_plan = _product(edge, "Team plan", 4_900, recurring_interval="RECURRING_INTERVAL_MONTH")
    sticker = _product(edge, "Sticker", 0)
    license_keys = edge.post("benefits", {"description": "Editor license", "license_keys": {"prefix": "EDIT", "activations": {"limit": 3}}})
    support = edge.post("benefits", {"description": "Priority support", "feature_flag": {}, "metadata": {"level": "gold"}})
    note = edge.post("benefits", {"description": "Thank-you note", "custom": {"note": "Thank you!"}})
    for product, benefits in ((editor, [license_keys, note]), (team_plan, [support]), (sticker, [note])):
        edge.post(f"products/{product['id']}/benefits", {"benefit_ids": [benefit["id"] for benefit in benefits]})
    code = f"LAUNCH{editor['id'][-6:].upper()}"
    edge.post(
        "discounts",
        {
            "name": "Launch",
            "code": code,
            "percentage": {"basis_points": 2_500},
            "duration": "DISCOUNT_DURATION_ONCE",
            "max_redemptions": 10,
        },
    )
    return Catalog(editor["id"], team_plan["id"], sticker["id"], license_keys["id"], support["id"], code)


def _product(edge: Edge, name: str, price_amount: int, **more: Any) -> dict[str, Any]:
    price = {"price_currency": "eur", "tax_behavior": "TAX_BEHAVIOR_EXCLUSIVE", "fixed": {"price_amount": str(price_amount)}}
    return edge.post("products", {"name": name, "prices": [price], **more})
