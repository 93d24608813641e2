"""Attempts, customers and payment methods at the processor, received events: the first tables of the service."""

from alembic import op

from services.chassis.migrate import roles_of
from services.chassis.schema import EVERYTHING, create_chassis_tables, enable_row_level_security

revision = "0001"
down_revision = None

_TABLES = """
create table attempt (
  id uuid primary key,
  organization_id uuid not null,
  kind text not null check (kind in ('payment', 'setup')),
  status text not null
    check (status in ('pending', 'unknown', 'requires_action', 'processing', 'succeeded', 'failed', 'canceled')),
  customer_id uuid not null,
  subject_id uuid not null,
  checkout_id uuid,
  number integer not null check (number > 0),
  source text not null,
  off_session boolean not null,
  keep_method boolean not null,
  return_url text,
  description text not null,
  trigger text,
  amount bigint check (amount > 0),
  currency text,
  method text,
  payment_method_id uuid,
  processor_id text,
  failure_code text,
  decline_code text,
  decline_message text,
  retryable boolean,
  redirect_url text,
  client_secret text,
  settlement_currency text,
  settlement_amount bigint,
  settlement_fee_amount bigint,
  settlement_net_amount bigint,
  settled_at timestamptz,
  available_at timestamptz,
  succeeded_at timestamptz,
  closed boolean not null,
  reads integer not null,
  asked_at timestamptz,
  due_at timestamptz,
  version bigint not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  check ((kind = 'payment') = (amount is not null and currency is not null and trigger is not null)),
  check (settlement_net_amount = settlement_amount - settlement_fee_amount)
) with (fillfactor = 80);
create unique index attempt_subject on attempt (organization_id, kind, subject_id, number);
create unique index attempt_processor_id on attempt (processor_id) where processor_id is not null;
create index attempt_due on attempt (due_at) where due_at is not null;
create index attempt_unknown on attempt (asked_at) where status in ('pending', 'unknown');
-- Charges that wait for their turn, in the order of their ids, which grow with time.
create index attempt_queued on attempt (id) where status = 'pending' and asked_at is null;
create index attempt_unfinished on attempt (organization_id) where is_sandbox(organization_id)
  and (status in ('pending', 'unknown', 'processing') or (status = 'succeeded' and kind = 'payment' and settlement_currency is null));
create index attempt_created on attempt (organization_id, kind, created_at, id);
create index attempt_customer on attempt (organization_id, customer_id, created_at);
create index attempt_checkout on attempt (organization_id, checkout_id) where checkout_id is not null;

create table processor_customer (
  organization_id uuid not null,
  customer_id uuid not null,
  processor_id text unique,
  email text not null,
  name text,
  default_payment_method_id uuid,
  created_at timestamptz not null,
  primary key (organization_id, customer_id)
);

create table payment_method (
  id uuid primary key,
  organization_id uuid not null,
  customer_id uuid not null,
  processor_id text not null unique,
  type text not null,
  brand text not null,
  last4 text not null,
  exp_month integer not null,
  exp_year integer not null,
  country text,
  fingerprint text,
  version bigint not null,
  detach_at timestamptz,
  deleted_at timestamptz,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  foreign key (organization_id, customer_id) references processor_customer (organization_id, customer_id)
);
create index payment_method_customer on payment_method (organization_id, customer_id, created_at, id) where deleted_at is null;
create index payment_method_detach on payment_method (detach_at) where detach_at is not null;

create table stripe_event (
  id text primary key,
  organization_id uuid,
  type text not null,
  status text not null check (status in ('received', 'processed', 'ignored', 'parked')),
  source text not null check (source in ('webhook', 'list')),
  payload bytea not null,
  attempts integer not null default 0,
  error text,
  due_at timestamptz,
  created_at timestamptz not null,
  received_at timestamptz not null default now(),
  processed_at timestamptz
) with (fillfactor = 80);
create index stripe_event_due on stripe_event (due_at) where due_at is not null;
create index stripe_event_received_at on stripe_event using brin (received_at) with (autosummarize = on);
create index stripe_event_parked on stripe_event (received_at) where status = 'parked';

create table stripe_cursor (
  name text primary key,
  position timestamptz not null,
  due_at timestamptz not null
);
insert into stripe_cursor (name, position, due_at) values ('events', now(), now());
"""


def upgrade() -> None:
    roles = roles_of("payments")
    create_chassis_tables(op, roles.app, roles.worker)
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
    for table in ("attempt", "processor_customer", "payment_method"):
        enable_row_level_security(op, table, roles.app, roles.worker)
    # What Stripe sends belongs to the installation until it is read, so no organization's role may see it.
    for table in ("stripe_event", "stripe_cursor"):
        op.execute(f"grant {EVERYTHING} on {table} to {roles.worker}")
