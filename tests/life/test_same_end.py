"""However finely time passes, the same things people do end in the same orders, entries, benefits and books."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deploy.audit.invariants import audit
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.life.dump import dump
from tests.life.playing import play
from tests.life.story import SPRING, Cast, steps

DAY = timedelta(days=1)


def ended(cast: Cast, suite: Suite) -> list[str]:
    return dump(suite, cast.merchant.organization_id)


@pytest.mark.timeout(300)
def test_long_advances_and_days_end_in_the_same(stack: Stack, suite: Suite) -> None:
    long = ended(play(stack, steps(), SPRING), suite)
    daily = ended(play(stack, steps(), SPRING, stride=DAY), suite)
    assert daily == long
    assert [problem for found in audit(suite) for problem in found.problems] == []
