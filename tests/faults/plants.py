"""What can be wrong with the suite, one thing for each way in which an invariant can be broken."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from bursar.subscription.v1.subscription_events_pb2 import SubscriptionCycled

from deploy.audit import (
    invariants_balance,
    invariants_benefits,
    invariants_billing,
    invariants_books,
    invariants_checkout,
    invariants_facts,
    invariants_ledger,
    invariants_money,
    invariants_seats,
    invariants_subscription,
    invariants_tenants,
    invariants_time,
)
from deploy.audit.invariants import Invariant
from deploy.audit.suite import Row
from tests.faults.planting import PlantedSuite

Plant = Callable[[PlantedSuite], object]

_PLAIN_ORDER = "select id from orders where status = 'paid' and due_amount > 0 and discount_id is null and subscription_id is null limit 1"
_INCOMPLETE = (
    "jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'checkout_id', gen_random_uuid(), "
    "'status', 'incomplete', 'first_payment_version', 1, 'due_at', null))"
)
_PLAIN_CHECKOUT = f"select checkout_id from orders where id = ({_PLAIN_ORDER})"
_QUIET_ACCOUNTS = (
    "select array_agg(id order by id) as ids, min(currency) as currency from account where kind in (2000, 4000) and currency = 'eur'"
)
_POST = (
    "select * from post(array['planted'], array['\\x00'::bytea], array[%(kind)s]::smallint[], array[null]::uuid[], "
    "array[%(source)s]::uuid[], array[null]::timestamptz[], array[null]::bigint[], array[2], array[1, 1], "
    "%(accounts)s::bigint[], array[%(currency)s, %(currency)s], "
    "array[100, -100]::bigint[])"
)


def _posted(suite: PlantedSuite, *, kind: int, source: object = None, clearing: bool = False) -> None:
    """A transaction in the books that nothing asked for, but posted as it should be."""
    quiet = suite.rows("ledger", _QUIET_ACCOUNTS)[0]
    accounts = list(quiet["ids"][:2])
    if clearing:
        accounts[0] = suite.value("ledger", "select id from account where kind = 1100 and currency = 'eur'")
    suite.rows("ledger", _POST, kind=kind, source=source, accounts=accounts, currency=quiet["currency"])


def _succeeded(charges: list[Row]) -> Row:
    return next(charge for charge in charges if charge["status"] == "succeeded")


def _charged_twice(suite: PlantedSuite) -> None:
    suite.change_charges = lambda charges: [*charges, _succeeded(charges)]


def _charged_for_nothing(suite: PlantedSuite) -> None:
    suite.change_charges = lambda charges: [
        {**_succeeded(charges), "metadata": {**_succeeded(charges)["metadata"], "bursar_order_id": str(uuid4())}},
        *charges,
    ]


def _booked_twice(suite: PlantedSuite) -> None:
    _posted(suite, kind=1, source=suite.value("checkout", _PLAIN_ORDER))


def _fee_booked_twice(suite: PlantedSuite) -> None:
    order_id = suite.value("checkout", _PLAIN_ORDER)
    cost = suite.value("ledger", "select id from account where kind = 5000 and currency = 'eur'")
    quiet = suite.rows("ledger", _QUIET_ACCOUNTS)[0]
    suite.rows("ledger", _POST, kind=2, source=order_id, accounts=[cost, quiet["ids"][0]], currency="eur")


def _one_legged(suite: PlantedSuite) -> None:
    account = "(select b.* from balance b join account a on a.id = b.account_id where a.kind = 4000 limit 1)"
    suite.plant(
        "ledger",
        "insert into journal (id, effective_at, posted_at, kind, request_hash, idempotency_key) "
        "select max(id) + 1, now(), now(), 7, '\\x00', 'planted' from journal",
    )
    suite.plant(
        "ledger",
        "insert into entry (account_id, sequence, transaction_id, amount, balance_after_amount, line, currency) select account_id, "
        f"sequence + 1, (select max(id) from journal), 5, debit_amount - credit_amount + 5, 1, currency from {account} b",
    )
    suite.plant(
        "ledger",
        "update balance set debit_amount = debit_amount + 5, sequence = sequence + 1 "
        f"where account_id = (select account_id from {account} b)",
    )


def _balance_after_is_wrong(suite: PlantedSuite) -> None:
    _posted(suite, kind=7)
    suite.plant(
        "ledger",
        "update entry set balance_after_amount = balance_after_amount + 1 "
        "where transaction_id = (select max(id) from journal) and line = 1",
    )


def _number_is_missing(suite: PlantedSuite) -> None:
    _posted(suite, kind=7)
    suite.plant("ledger", "update entry set transaction_id = transaction_id + 1 where transaction_id = (select max(id) from journal)")
    suite.plant("ledger", "update journal set id = id + 1 where id = (select max(id) from journal)")


def _seal_is_wrong(suite: PlantedSuite) -> None:
    suite.value("ledger", "select seal_next(100000)")
    suite.plant("ledger", "update seal set hash = '\\x01' where id = (select max(id) from seal)")


def _credit_that_nobody_gave(suite: PlantedSuite) -> None:
    customer = suite.rows("checkout", "select id, organization_id from customer limit 1")[0]
    wallet = suite.value(
        "ledger",
        "select id from open_accounts(array[concat('customer_wallet:', %(organization)s::text, ':', %(id)s::text, ':eur')], "
        "array[2200]::smallint[], array[%(organization)s]::uuid[], array['eur'], array[null]::bigint[], array[null]::bigint[])",
        id=customer["id"],
        organization=customer["organization_id"],
    )
    quiet = suite.rows("ledger", _QUIET_ACCOUNTS)[0]
    suite.rows("ledger", _POST, kind=7, source=None, accounts=[quiet["ids"][0], wallet], currency="eur")


def _forfeited_too_much(suite: PlantedSuite) -> None:
    """And given back, so that every sum is right."""
    suite.plant(
        "checkout",
        "insert into customer_balance_transaction "
        "(id, organization_id, customer_id, currency, type, amount, balance_amount, order_id, created_at) "
        "select ('ffffffff-ffff-7fff-bfff-00000000000' || place)::uuid, organization_id, customer_id, currency, 'order_voided', step, "
        "amount + least(step, 0), id, now() from (select o.id, b.* from orders o join customer_balance b "
        "using (organization_id, customer_id, currency) where b.amount = 0 limit 1) x, (values (1, -5), (2, 5)) as s (place, step)",
    )


def _consumer_is_gone(suite: PlantedSuite) -> None:
    suite.change_consumers = lambda consumers: [each for each in consumers if each["name"] != "ledger"]


def _granted_for_nothing(suite: PlantedSuite) -> None:
    benefit_id, grant = (
        uuid4(),
        "select g.* from benefit_grant g join benefit b on b.id = g.benefit_id where b.kind = 'feature_flag' limit 1",
    )
    suite.plant(
        "benefits",
        "insert into benefit select (jsonb_populate_record(b, jsonb_build_object('id', %(id)s::uuid))).* from benefit b "
        "where kind = 'feature_flag' limit 1",
        id=benefit_id,
    )
    suite.plant(
        "benefits",
        "insert into benefit_grant select (jsonb_populate_record(null::benefit_grant, to_jsonb(g) || "
        "jsonb_build_object('id', gen_random_uuid(), 'benefit_id', %(id)s::uuid))).* "
        f"from ({grant}) g",
        id=benefit_id,
    )


def _period_skipped(suite: PlantedSuite) -> None:
    fact = suite.rows("subscription", "select position, payload from outbox where type = 'subscription.cycled' limit 1")[0]
    message = SubscriptionCycled.FromString(fact["payload"])
    message.subscription.current_period_start.seconds += 86_400
    payload = message.SerializeToString()
    suite.plant("subscription", "update outbox set payload = %(p)s where position = %(n)s", p=payload, n=fact["position"])


def _sql(service: str, statement: str) -> Plant:
    def plant(suite: PlantedSuite) -> None:
        assert suite.plant(service, statement) > 0, "nothing was planted"

    return plant


PLANTS: list[tuple[str, Invariant, Plant]] = [
    (
        "paid by another payment",
        invariants_money.orders_are_paid,
        _sql("checkout", f"update orders set payment_id = id where id = ({_PLAIN_ORDER})"),
    ),
    ("charged twice", invariants_money.charges_agree, _charged_twice),
    ("charged for nothing", invariants_money.charges_agree, _charged_for_nothing),
    ("booked twice", invariants_money.orders_are_booked, _booked_twice),
    ("fee booked twice", invariants_money.fees_agree, _fee_booked_twice),
    (
        "payment without an answer",
        invariants_money.payments_are_known,
        _sql(
            "payments",
            "insert into attempt select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'status', 'unknown', "
            "'number', 99, 'processor_id', null))).* from attempt a limit 1",
        ),
    ),
    (
        "event not read",
        invariants_money.payments_are_known,
        _sql("payments", "update stripe_event set status = 'received' where id = (select id from stripe_event limit 1)"),
    ),
    ("clearing drifts", invariants_money.clearing_agrees, lambda suite: _posted(suite, kind=7, clearing=True)),
    (
        "fee on another account",
        invariants_books.order_legs_follow,
        _sql("ledger", "update account set kind = 5310 where kind = 4000"),
    ),
    ("credit that nobody gave", invariants_books.customer_balances_are_booked, _credit_that_nobody_gave),
    ("one leg only", invariants_ledger.books_balance, _one_legged),
    (
        "balance is no sum",
        invariants_ledger.balances_follow,
        _sql("ledger", "update balance set debit_amount = debit_amount + 1, credit_amount = credit_amount + 1 where account_id = 1"),
    ),
    ("running balance is wrong", invariants_ledger.sequences_have_no_gaps, _balance_after_is_wrong),
    ("a number is missing", invariants_ledger.sequences_have_no_gaps, _number_is_missing),
    ("seal is wrong", invariants_ledger.seals_fit, _seal_is_wrong),
    (
        "item costs more",
        invariants_checkout.amounts_follow,
        _sql("checkout", f"update order_item set amount = amount + 1 where order_id = ({_PLAIN_ORDER})"),
    ),
    (
        "number skipped",
        invariants_checkout.numbers_have_no_gaps,
        _sql("checkout", "update number_series set last_number = last_number + 1 where kind = 'invoice'"),
    ),
    (
        "paid order of an expired checkout",
        invariants_checkout.checkouts_and_orders_agree,
        _sql("checkout", f"update checkout set status = 'expired' where id = ({_PLAIN_CHECKOUT})"),
    ),
    (
        "paid once more",
        invariants_checkout.checkouts_have_outcomes,
        _sql("checkout", "insert into surplus_payment select gen_random_uuid(), organization_id, id, 1, now() from orders limit 1"),
    ),
    (
        "redeemed without a purchase",
        invariants_checkout.redemptions_are_counted,
        _sql("checkout", "update discount set redemptions_count = redemptions_count + 1"),
    ),
    (
        "subscription of another checkout",
        invariants_subscription.subscriptions_follow,
        _sql("subscription", "update subscription set checkout_id = gen_random_uuid()"),
    ),
    (
        "incomplete without a checkout",
        invariants_subscription.incomplete_ones_wait,
        _sql(
            "subscription", f"insert into subscription select ({_INCOMPLETE}).* from subscription s where checkout_id is not null limit 1"
        ),
    ),
    (
        "balance out of nothing",
        invariants_balance.customer_balances_follow,
        _sql("checkout", "update customer_balance set amount = amount + 1"),
    ),
    ("forfeited what was not there", invariants_balance.customer_balances_follow, _forfeited_too_much),
    (
        "entry costs more than its item",
        invariants_billing.entries_are_billed_once,
        _sql("subscription", "update billing_entry set amount = amount + 1 where state = 'billed'"),
    ),
    (
        "entry billed and still waiting",
        invariants_billing.entries_are_billed_once,
        _sql("subscription", "update billing_entry set state = 'pending', order_id = null where state = 'billed'"),
    ),
    (
        "renewal that nobody asked for",
        invariants_billing.billings_become_orders,
        _sql("checkout", "update orders set billing_reason = 'subscription_cycle' where billing_reason = 'subscription_create'"),
    ),
    ("period skipped", invariants_billing.periods_follow_each_other, _period_skipped),
    (
        "past due without a debt",
        invariants_billing.debts_agree,
        _sql(
            "checkout",
            "update orders set past_due_at = null, dunning_phase = null, dunning_due_at = null where status = 'pending' "
            "and past_due_at is not null",
        ),
    ),
    (
        "more seats given than sold",
        invariants_seats.seats_are_enough,
        _sql("subscription", "update subscription set seats = 0 where seats is not null"),
    ),
    (
        "nobody did what was due",
        invariants_time.nothing_is_overdue,
        _sql("subscription", "update subscription set due_at = '2000-01-01' where due_at is not null"),
    ),
    (
        "grant is gone",
        invariants_benefits.grants_follow,
        _sql("benefits", "delete from benefit_grant where benefit_id = (select id from benefit where kind = 'feature_flag' limit 1)"),
    ),
    (
        "grant of nothing",
        invariants_benefits.grants_follow,
        _granted_for_nothing,
    ),
    ("key is gone", invariants_benefits.keys_follow, _sql("benefits", "delete from license_key")),
    (
        "fact not published",
        invariants_facts.facts_are_published,
        _sql("checkout", "insert into outbox_pending select partition, position from outbox limit 1"),
    ),
    ("fact never noted", invariants_facts.facts_are_published, _sql("checkout", "delete from outbox_publication")),
    (
        "fact not taken",
        invariants_facts.facts_are_taken,
        _sql("benefits", "delete from inbox where event_id = (select event_id from inbox limit 1)"),
    ),
    ("fact that nobody told", invariants_facts.facts_are_taken, _sql("ledger", "insert into inbox values ('ledger', gen_random_uuid())")),
    ("consumer is gone", invariants_facts.facts_are_taken, _consumer_is_gone),
    (
        "fact given up",
        invariants_facts.nothing_is_parked,
        _sql(
            "benefits",
            "insert into inbox_parked (consumer, event_id, type, headers, payload, error, attempts) "
            "values ('benefits', gen_random_uuid(), 'order.paid', '{}', '', 'planted', 5)",
        ),
    ),
    (
        "version skipped",
        invariants_facts.versions_have_no_gaps,
        _sql("checkout", "update outbox set version = version + 1 where position = (select max(position) from outbox)"),
    ),
    (
        "effect without an answer",
        invariants_facts.answers_are_kept,
        _sql(
            "checkout",
            "update idempotency_request set response = null where request_id = (select min(request_id) from idempotency_request)",
        ),
    ),
    ("copy is old", invariants_tenants.copies_are_current, _sql("identity", "update organization set version = version + 1")),
    (
        "another organization's discount",
        invariants_tenants.organizations_are_apart,
        _sql("checkout", "update discount_redemption set organization_id = gen_random_uuid()"),
    ),
]
