"""What becomes of a subscription by its time, in words that tests compare."""

from __future__ import annotations

from datetime import timedelta

from services.subscription.domain.story import Story
from services.subscription.tests.builders import (
    NOW,
    billed_in,
)

DAY = timedelta(days=1)
FEBRUARY = NOW + 28 * DAY


def told(story: Story) -> list[str]:
    return [fact.value.removeprefix("subscription.") for step in story for fact in step.facts]


def lines(story: Story) -> list[list[tuple[int, str]]]:
    return [[(line.amount, line.description) for line in billing.entries] for billing in billed_in(story)]
