"""The suite bills what the model says, order by order and line by line, over months and years of a sandbox's clock."""

from __future__ import annotations

import pytest

from deploy.audit.invariants import audit
from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.life.acting import Actor, found_actor
from tests.life.comparing import Told, found, predicted
from tests.life.model import Life
from tests.life.scenarios import SCENARIOS, Scenario

USUAL = {
    "a year from the 31st",
    "a trial, a discount and tax",
    "an upgrade with the next order",
    "an upgrade that nobody pays",
    "a full period now",
    "more seats and fewer",
    "a card that is declined to the end",
    "a credit within a period that is never paid",
    "a debt that is paid late",
    "a rest",
    "too small to charge",
}
"""One of each kind of trouble; the others are for `make faults`."""
LIVES = [pytest.param(name, marks=() if name in USUAL else pytest.mark.faults) for name in SCENARIOS]


def lived(scenario: Scenario, stack: Stack, suite: Suite) -> Actor:
    """The scenario, done to the suite."""
    actor = found_actor(stack, suite, scenario.merchant, scenario.start)
    for operation in sorted(scenario.operations, key=lambda each: each.at):
        actor.act(operation)
    actor.advance(scenario.until)
    return actor


def foretold(scenario: Scenario) -> Told:
    return predicted(Life(scenario.merchant).live(scenario.operations, scenario.until))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", LIVES)
def test_the_suite_bills_what_the_model_says(name: str, stack: Stack, suite: Suite) -> None:
    scenario = SCENARIOS[name]
    assert found(lived(scenario, stack, suite)) == foretold(scenario)


def test_no_life_is_named_that_nobody_lives() -> None:
    assert set(SCENARIOS) >= USUAL


@pytest.mark.timeout(120)
def test_after_all_these_lives_every_invariant_holds(stack: Stack, suite: Suite) -> None:
    assert [verdict for verdict in audit(suite) if verdict.problems] == []
