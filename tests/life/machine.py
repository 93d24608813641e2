"""Whatever people do to a subscription, in whatever order and at whatever time, the suite and the naive model agree after each move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from deploy.audit.suite import Suite
from deploy.local.stack import Stack
from tests.life import operations as op
from tests.life import wishes
from tests.life.acting import found_actor
from tests.life.catalog import Discount, Merchant, Product
from tests.life.choices import BY_UNITS, MERCHANTS, PLAIN, SEATED, STARTS, behaviors, days, discounts, products, waits
from tests.life.comparing import found, predicted
from tests.life.full_life import FullLife
from tests.life.refusals import counted
from tests.life.trying import Trier


class Lives(RuleBasedStateMachine):
    """`stack` and `suite` are those of the test that runs it."""

    stack: Stack
    suite: Suite

    @initialize(
        start=st.sampled_from(STARTS),
        merchant=st.sampled_from(MERCHANTS),
        product=products,
        discount=discounts,
        quantity=st.integers(1, 6),
    )
    def subscribe(self, start: datetime, merchant: Merchant, product: Product, discount: Discount | None, quantity: int) -> None:
        actor = found_actor(self.stack, self.suite, merchant, start)
        self.trier = Trier(actor.caller, actor.simulator, actor.suite, actor.now)
        self.life = FullLife(merchant)
        self.now = start
        quantities = {counted(product): quantity} if counted(product) else {}
        self.try_(op.Subscribe(start, product, discount=discount, **quantities))

    @rule(wait=waits, product=products, behavior=behaviors)
    def change_product(self, wait: timedelta | str, product: Product, behavior: str) -> None:
        self.try_(op.ChangeProduct(self.after(wait), product, behavior))

    @rule(wait=waits, which=st.integers(0, 9), behavior=behaviors)
    def change_product_to_one_alike(self, wait: timedelta | str, which: int, behavior: str) -> None:
        alike = next(group for group in (PLAIN, SEATED, BY_UNITS) if self.life.current.product in group)
        self.try_(op.ChangeProduct(self.after(wait), alike[which % len(alike)], behavior))

    @rule(wait=waits, quantity=st.integers(1, 7), behavior=behaviors)
    def change_seats(self, wait: timedelta | str, quantity: int, behavior: str) -> None:
        self.try_(op.ChangeQuantity(self.after(wait), quantity, behavior))

    @rule(wait=waits, discount=discounts)
    def change_discount(self, wait: timedelta | str, discount: Discount | None) -> None:
        self.try_(wishes.ChangeDiscount(self.after(wait), discount))

    @rule(wait=waits, to=days, what=st.sampled_from((wishes.MoveTrialEnd, wishes.MovePeriodEnd)))
    def move_an_end(self, wait: timedelta | str, to: int, what: type[wishes.MoveTrialEnd | wishes.MovePeriodEnd]) -> None:
        at = self.after(wait)
        self.try_(what(at, at + timedelta(days=to)))

    @rule(wait=waits, resumes=st.sampled_from((None, None, 0, 1, 20)))
    def pause(self, wait: timedelta | str, resumes: int | None) -> None:
        at = self.after(wait)
        self.life.pass_time(at)
        end = self.life.end or at
        self.try_(op.Pause(at, None if resumes is None else max(end, at) + timedelta(days=resumes)))

    @rule(
        wait=waits,
        what=st.sampled_from(
            (
                op.Cancel,
                op.Uncancel,
                op.Uncancel,
                op.Resume,
                op.Resume,
                op.ClearPendingUpdate,
                wishes.EndTrial,
                wishes.UnschedulePause,
                wishes.RetryPayment,
            )
        ),
    )
    def move(self, wait: timedelta | str, what: type[op.Operation]) -> None:
        self.try_(what(self.after(wait)))

    @rule(wait=waits, really=st.integers(0, 4))
    def revoke(self, wait: timedelta | str, really: int) -> None:
        """Seldom: there is not much to do after it."""
        if really == 0:
            self.try_(op.Revoke(self.after(wait)))

    @rule(wait=waits, card=st.sampled_from(("good", "good", "good", "declined")))
    def use_card(self, wait: timedelta | str, card: str) -> None:
        self.try_(op.UseCard(self.after(wait), card))

    @precondition(lambda self: self.life.status in ("trialing", "active"))
    @rule(card=st.sampled_from(("declined", "declined", "lost")), later=st.sampled_from((0, 1, 3, 8, 22)))
    def let_a_renewal_fail(self, card: str, later: int) -> None:
        """And look some days after it."""
        self.try_(op.UseCard(self.now, card))
        self.pass_to(self.after("end") + timedelta(days=later))

    @rule(wait=waits)
    def let_time_pass(self, wait: timedelta | str) -> None:
        self.pass_to(self.after(wait))

    @rule(wait=waits, amount=st.sampled_from((-300, 120, 4000)))
    def adjust_balance(self, wait: timedelta | str, amount: int) -> None:
        self.try_(op.AdjustBalance(self.after(wait), amount))

    @precondition(lambda self: self.life.status in ("trialing", "active") and all(order.status != "pending" for order in self.life.orders))
    @rule()
    def renew(self) -> None:
        """What was foretold is billed."""
        self.trier.renew()
        self.now = self.trier.now
        self.life.pass_time(self.now)
        self.agree()

    def after(self, wait: timedelta | str) -> datetime:
        """An instant from now, or one around the end of the period."""
        if isinstance(wait, timedelta):
            return self.now + wait
        end = self.life.end or self.now
        second = {"end": 0, "before": -1, "after": 1}[wait]
        return max(self.now, end + timedelta(seconds=second))

    def pass_to(self, at: datetime) -> None:
        self.now = at
        self.life.pass_time(at)
        self.trier.advance(at)
        self.agree()

    def try_(self, operation: op.Operation) -> None:
        self.now = operation.at
        foretold = self.life.do(operation)
        assert self.trier.attempt(operation) == foretold
        self.agree()

    def agree(self) -> None:
        """Orders, lines, status, balance and period are those of the model."""
        assert found(self.trier) == predicted(self.life)
        if self.life.status in ("trialing", "active", "past_due"):
            told = self.trier.caller.get(f"subscriptions/{self.trier.subscription_id}")
            period = tuple(datetime.fromisoformat(told[f"current_period_{name}"]) for name in ("start", "end"))
            assert period == (self.life.start, self.life.end)


def live(stack: Stack, suite: Suite, chosen: int, *, examples: int, steps: int, phases: Sequence[Phase]) -> None:
    """So many lives; the same ones for the same seed."""
    machine = type("Lives", (Lives,), {"stack": stack, "suite": suite})
    checks = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    limits = settings(
        max_examples=examples, stateful_step_count=steps, phases=phases, suppress_health_check=checks, report_multiple_bugs=False
    )
    run_state_machine_as_test(seed(chosen)(machine), settings=settings(limits, deadline=None, database=None))
