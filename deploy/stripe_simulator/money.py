"""Currencies, least amounts and fees."""

from deploy.stripe_simulator.cards import Card
from deploy.stripe_simulator.errors import invalid
from deploy.stripe_simulator.settings import Settings

MAX_AMOUNT = 99_999_999
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())
MINIMUM = {"gbp": 30, "mxn": 1000, "sek": 300, "nok": 300, "dkk": 250, "pln": 200, "czk": 1500, "huf": 17500, "hkd": 400}
DEFAULT_MINIMUM = 50
CURRENCIES = ZERO_DECIMAL | frozenset(
    "usd eur gbp aud cad chf nzd sgd hkd sek nok dkk pln czk huf ron bgn mxn brl ars cop pen inr idr myr thb php twd cny ils"
    " try zar aed sar qar kwd bhd omr jod tnd egp mad ngn kes ghs tzs pkr lkr bdt uah gel isk".split()
)


def check(amount: int, currency: str) -> None:
    """Refuse an unknown currency and an amount that Stripe would not charge."""
    if currency not in CURRENCIES:
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount")
    least = MINIMUM.get(currency, DEFAULT_MINIMUM)
    if amount < least:
        raise invalid(f"Amount must be at least {shown(least, currency)} {currency}", "amount_too_small", "amount")
    if amount > MAX_AMOUNT:
        most = shown(MAX_AMOUNT, currency)
        raise invalid(f"Amount must be no more than {most} {currency}", "amount_too_large", "amount")


def fee(amount: int, card: Card, settings: Settings) -> int:
    """Per mille of the amount, rounded half up, and a fixed part; dearer for cards from abroad."""
    per_mille = settings.fee_per_mille + (settings.fee_international_per_mille if card.country != "US" else 0)
    return (amount * per_mille + 500) // 1000 + settings.fee_fixed_amount


def shown(amount: int, currency: str) -> str:
    """As Stripe writes amounts in its messages."""
    if currency in ZERO_DECIMAL:
        return f"¥{amount}" if currency == "jpy" else str(amount)
    sign = {"usd": "$", "eur": "€", "gbp": "£"}.get(currency, "")
    return f"{sign}{amount // 100}.{amount % 100:02}"
