"""Lines of orders in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.checkout.domain.description import described
from services.checkout.domain.interval import Period
from services.checkout.domain.quote import Line
from services.checkout.tests.builders import NOW, price, seats, units
from services.pricing.price import PriceAmount, UnitLabel
from services.pricing.tiers import TierType

MONTH = Period(NOW, NOW + timedelta(days=30))
LABELS = {"en": UnitLabel("requests", "request"), "de": UnitLabel("Anfragen", "Anfrage")}


@pytest.mark.parametrize(
    ("amount", "line", "locale", "words"),
    [
        (1000, Line("Handbook", 1000), None, "Handbook at 10.00 EUR"),
        (0, Line("Handbook", 0), None, "Handbook"),
        (1000, Line("Handbook", 1000, 200), None, "Handbook at 10.00 EUR, minus 2.00 EUR"),
        (1000, Line("Handbook", 1000, period=MONTH), None, "Handbook at 10.00 EUR, 31 Mar 2026 – 30 Apr 2026"),
        (seats(1000), Line("Team", 1000, quantity=1), None, "Team, 1 seat at 10.00 EUR"),
        (seats(1000, 800), Line("Team", 9600, 100, quantity=12), None, "Team, 12 seats at 8.00 EUR, minus 1.00 EUR"),
        (seats(1000, 800, tier_type=TierType.GRADUATED), Line("Team", 11600, quantity=12), None, "Team, 12 seats"),
        (seats(1000, 800, tier_type=TierType.GRADUATED), Line("Team", 9000, quantity=9), None, "Team, 9 seats at 10.00 EUR"),
        (units(5), Line("API", 500, quantity=100), None, "API, 100 units at 0.05 EUR"),
        (units(5, unit_label=LABELS), Line("API", 5, quantity=1), None, "API, 1 request at 0.05 EUR"),
        (units(5, unit_label=LABELS), Line("API", 500, quantity=100), "de-AT", "API, 100 Anfragen at 0.05 EUR"),
        (units(5, unit_label=LABELS), Line("API", 500, quantity=100), "fr", "API, 100 requests at 0.05 EUR"),
        (units(5, unit_label={"fr": UnitLabel("appels")}), Line("API", 5, quantity=1), "de", "API, 1 appels at 0.05 EUR"),
    ],
)
def test_a_line_says_what_how_many_when_and_minus_what(amount: int | PriceAmount, line: Line, locale: str | None, words: str) -> None:
    assert described(line, price(amount), "eur", time_zone="Europe/Berlin", locale=locale).description == words


def test_a_day_is_one_of_the_time_zone() -> None:
    night = Period(NOW.replace(hour=23), NOW.replace(hour=23) + timedelta(days=30))
    assert described(Line("A", 1, period=night), price(1), "eur", time_zone="Europe/Berlin", locale=None).description == (
        "A at 0.01 EUR, 1 Apr 2026 – 1 May 2026"
    )
