"""The loop that advances a clock, with a suite in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.chassis.ids import new_id, new_sandbox_id
from services.identity.clients.patience import PatientParticipants
from services.identity.domain import clock_advance as rules
from services.identity.domain.clock_advance import Happening
from services.identity.tests.builders import NOW
from services.identity.tests.suite import FakeService, FakeSuite, KeptProgress, Killed
from services.identity.usecases.conduct_advance import conduct_advance
from services.identity.usecases.ports import Unsettled
from services.identity.usecases.settle_sandbox import Known, settle_sandbox
from tests.support.eventually import eventually

SANDBOX = new_sandbox_id(NOW)
DAY = timedelta(days=1)
YEAR = NOW + 365 * DAY


def progress_to(to: datetime) -> KeptProgress:
    return KeptProgress(rules.started(new_id(), SANDBOX, 1, (NOW, to), NOW))


def quiet_suite() -> FakeSuite:
    return FakeSuite({name: FakeService(NOW) for name in ("checkout", "subscription", "benefits", "payments", "ledger")})


def billing_suite() -> FakeSuite:
    """A subscription that renews every thirty days, its orders, and postings; a dunning retry at the instant of a renewal."""
    return FakeSuite(
        {
            "checkout": FakeService(
                NOW, due=[(NOW + 30 * DAY, "order.payment_failed")], reacts={"subscription.cycled": "order.paid"}, slowness=2
            ),
            "subscription": FakeService(
                NOW,
                every=(NOW + 30 * DAY, 30 * DAY, "subscription.cycled"),
                reacts={"order.paid": "", "order.payment_failed": "s.past_due"},
            ),
            "ledger": FakeService(NOW, reacts={"order.paid": ""}),
        }
    )


async def conduct(progress: KeptProgress, suite: FakeSuite) -> dict[str, list[str]]:
    waited: dict[str, list[str]] = {}

    def tell(about: str, sentences: object) -> None:
        waited.setdefault(about, []).extend(sentences)  # type: ignore[arg-type]

    await conduct_advance(progress, participants=PatientParticipants(suite, tell), machine_now=lambda: NOW, tell=tell)
    return waited


async def test_an_idle_year_is_one_move() -> None:
    progress, suite = progress_to(YEAR), quiet_suite()
    await conduct(progress, suite)
    assert (progress.advance.status, progress.advance.now, progress.advance.steps) == ("finished", YEAR, 0)
    assert [call for call in suite.calls if call.startswith(("move", "run"))] == [f"move {name} 03-01" for name in suite.services]
    assert [fact.advance.id for fact in progress.told] == [progress.advance.id]


async def test_everything_is_done_at_its_instant_and_in_its_order() -> None:
    progress, suite = progress_to(NOW + 60 * DAY), billing_suite()
    await conduct(progress, suite)
    told = [((each.occurred_at - NOW).days, each.service, each.type) for each in sorted(progress.happenings, key=rules.order_told)]
    assert told == [
        (30, "checkout", "order.payment_failed"),
        (30, "checkout", "order.paid"),
        # The subscription had taken the failure before it was renewed.
        (30, "subscription", "s.past_due"),
        (30, "subscription", "subscription.cycled"),
        (60, "checkout", "order.paid"),
        (60, "subscription", "subscription.cycled"),
    ]
    assert progress.advance.steps == 2
    assert progress.advance.counts == {"order.paid": 2, "order.payment_failed": 1, "s.past_due": 1, "subscription.cycled": 2}


async def test_nobody_does_what_is_due_before_all_have_the_time() -> None:
    suite = billing_suite()
    await conduct(progress_to(NOW + 31 * DAY), suite)
    moves = [index for index, call in enumerate(suite.calls) if call.startswith("move") and call.endswith("03-31")]
    runs = [index for index, call in enumerate(suite.calls) if call.startswith("run") and call.endswith("03-31")]
    assert len(moves) == 3
    assert max(moves) < min(runs)


async def test_time_stands_still_while_anybody_reacts() -> None:
    suite = billing_suite()

    def all_taken(now: datetime) -> None:
        for service in suite.members.values():
            for teller in suite.members.values():
                assert {fact.event_id for fact in teller.facts if fact.type in service.reacts} <= set(service.taken)

    suite.on_move = all_taken
    await conduct(progress_to(YEAR), suite)


async def test_what_was_on_its_way_before_is_waited_for_and_not_told() -> None:
    suite = billing_suite()
    suite.tell("checkout", "order.paid")
    progress = progress_to(NOW + DAY)
    await conduct(progress, suite)
    assert progress.happenings == []
    assert suite.members["ledger"].taken == [suite.members["checkout"].facts[0].event_id]
    assert progress.kept == {"checkout": 1}


async def test_facts_that_were_settled_are_not_listed_again() -> None:
    suite, progress = billing_suite(), progress_to(NOW + 40 * DAY)
    await conduct(progress, suite)
    again = KeptProgress(rules.started(new_id(), SANDBOX, 2, (NOW + 40 * DAY, NOW + 41 * DAY), NOW))
    again.kept = dict(progress.kept)
    await conduct(again, suite)
    assert again.happenings == []


async def test_it_waits_for_what_is_unfinished_and_says_so() -> None:
    suite, progress = quiet_suite(), progress_to(NOW + DAY)
    suite.members["payments"].unfinished = ("1 payment without an answer",)
    waited: list[str] = []
    conducting = asyncio.create_task(
        conduct_advance(progress, participants=suite, machine_now=lambda: NOW, tell=lambda _, said: waited.extend(said))
    )
    await eventually(lambda: waited)
    assert progress.advance.now == NOW
    suite.members["payments"].unfinished = ()
    async with asyncio.timeout(5):
        await conducting
    assert set(waited) == {"payments: 1 payment without an answer"}
    assert progress.advance.now == NOW + DAY


async def test_a_service_that_is_away_holds_it_up_and_does_not_end_it() -> None:
    suite, progress = quiet_suite(), progress_to(NOW + DAY)
    suite.away = {"ledger": 2}
    waited = await conduct(progress, suite)
    assert progress.advance.status == "finished"
    assert set(waited["ledger"]) == {"ledger: connection refused"}


class QuickReactions(FakeSuite):
    """What is to be taken is taken after facts were listed, and before anybody asks whether it is."""

    async def check_settled(self, service: str, sandbox: UUID, facts: Sequence[Happening]) -> Unsettled:
        member = self.members[service]
        self._take(service, [fact for fact in facts if fact.type in member.reacts and fact.event_id not in member.taken])
        return Unsettled(0)


async def test_a_fact_that_was_told_between_two_looks_is_found() -> None:
    suite = QuickReactions(billing_suite().members)
    suite.tell("subscription", "subscription.cycled")
    found = await settle_sandbox(SANDBOX, Known({}), participants=suite, tell=lambda about, sentences: None)
    assert [fact.type for fact in found] == ["subscription.cycled", "order.paid"]


async def test_who_goes_on_tells_the_time_again_for_nobody_may_have_heard_it() -> None:
    progress, suite = progress_to(NOW + 60 * DAY), billing_suite()
    progress.advance = replace(rules.moved(progress.advance, NOW + 30 * DAY, due=True), begun=True)
    async with asyncio.timeout(5):
        await conduct(progress, suite)
    assert suite.calls[:3] == [f"move {name} 03-31" for name in suite.services]
    assert {(each.occurred_at - NOW).days for each in progress.happenings} == {30, 60}


@pytest.mark.parametrize("every", [1, 2, 3, 5, 7, 11, 17, 29])
async def test_killed_anywhere_it_goes_on_and_ends_the_same(every: int) -> None:
    whole = progress_to(NOW + 60 * DAY)
    await conduct(whole, billing_suite())
    suite, progress = billing_suite(), progress_to(NOW + 60 * DAY)
    kills = 0
    while progress.advance.status != "finished":
        # Further each time, so that it is stopped everywhere and yet comes to an end.
        suite.stop_at = len(suite.calls) + every + kills
        try:
            await conduct(progress, suite)
        except Killed:
            kills += 1
    assert kills > 3
    assert progress.advance.counts == whole.advance.counts
    assert [(each.occurred_at, each.type) for each in sorted(progress.happenings, key=rules.order_told)] == [
        (each.occurred_at, each.type) for each in sorted(whole.happenings, key=rules.order_told)
    ]
    assert progress.advance.steps == whole.advance.steps
    assert len(progress.told) == 1
