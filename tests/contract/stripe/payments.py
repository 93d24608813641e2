"""The few calls that most tests begin with."""

from typing import Any

NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


def purchase(method: str = "pm_card_visa", amount: int = 1000, **more: Any) -> dict[str, Any]:
    """Parameters of a PaymentIntent that is created and confirmed in one call."""
    return {
        "amount": amount,
        "currency": "usd",
        "payment_method": method,
        "confirm": True,
        "automatic_payment_methods": NO_REDIRECTS,
    } | more


async def customer_with_card(api: Any, method: str = "pm_card_visa") -> tuple[Any, Any]:
    customer = await api.customers.create_async({"email": "ada@example.com"})
    card = await api.payment_methods.attach_async(method, {"customer": customer.id})
    return customer, card


async def event_types(api: Any) -> list[str]:
    """Types of all events, oldest first."""
    return [event.type for event in (await api.events.list_async({"limit": 100})).data][::-1]
