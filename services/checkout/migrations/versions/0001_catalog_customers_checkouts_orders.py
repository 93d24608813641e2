"""Why: the first tables: what is sold, to whom, and how a cart becomes an order."""

from __future__ import annotations

from alembic import op

from services.chassis.migrate import roles_of
from services.chassis.schema import create_chassis_tables, enable_row_level_security

revision = "0001"
down_revision = None

_CATALOG = """
create table organization (
  id uuid primary key,
  version bigint not null,
  details jsonb not null
);

create table product (
  id uuid primary key,
  organization_id uuid not null,
  name text not null,
  description text,
  visibility text not null check (visibility in ('public', 'private', 'draft')),
  is_archived boolean not null,
  recurring_interval text check (recurring_interval in ('day', 'week', 'month', 'year')),
  recurring_interval_count integer,
  trial_interval text check (trial_interval in ('day', 'week', 'month', 'year')),
  trial_interval_count integer,
  version bigint not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  metadata jsonb not null,
  unique (organization_id, id)
);
create index product_created_at on product (organization_id, created_at, id);
create index product_name on product (organization_id, name, id);

create table product_price (
  id uuid primary key,
  organization_id uuid not null,
  product_id uuid not null,
  position smallint not null,
  currency text not null,
  amount_type text not null check (amount_type in ('fixed', 'custom', 'seat_based', 'unit_based')),
  amount jsonb not null check (amount->>'amount_type' = amount_type),
  tax_behavior text check (tax_behavior in ('exclusive', 'inclusive', 'location')),
  is_archived boolean not null,
  created_at timestamptz not null,
  foreign key (organization_id, product_id) references product (organization_id, id)
);
create index product_price_product on product_price (product_id, position);
create unique index product_price_active on product_price (product_id, currency, amount_type) where not is_archived;

create table discount (
  id uuid primary key,
  organization_id uuid not null,
  name text not null,
  code text,
  basis_points integer,
  amounts jsonb,
  duration text not null check (duration in ('once', 'repeating', 'forever')),
  duration_in_months integer,
  starts_at timestamptz,
  ends_at timestamptz,
  max_redemptions integer,
  max_redemptions_per_customer integer,
  redemptions_count integer not null check (redemptions_count >= 0),
  product_ids jsonb not null,
  version bigint not null,
  deleted_at timestamptz,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  metadata jsonb not null,
  check ((basis_points is null) <> (amounts is null)),
  unique (organization_id, id)
);
create unique index discount_code on discount (organization_id, lower(code)) where deleted_at is null and code is not null;
create index discount_created_at on discount (organization_id, created_at, id) where deleted_at is null
"""
_CUSTOMERS = """
create table customer (
  id uuid primary key,
  organization_id uuid not null,
  external_id text,
  type text not null check (type in ('individual', 'team')),
  email text not null,
  email_verified boolean not null,
  name text,
  billing_name text,
  billing_address jsonb,
  tax_id text,
  locale text,
  default_payment_method_id uuid,
  version bigint not null,
  deleted_at timestamptz,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  metadata jsonb not null,
  unique (organization_id, id)
);
create unique index customer_email on customer (organization_id, lower(email)) where deleted_at is null;
create unique index customer_external_id on customer (organization_id, external_id) where deleted_at is null and external_id is not null;
create index customer_created_at on customer (organization_id, created_at, id) where deleted_at is null;

create table customer_payment_method (
  organization_id uuid not null,
  customer_id uuid not null,
  id uuid not null,
  version bigint not null,
  is_default boolean not null,
  is_gone boolean not null,
  fingerprint text,
  primary key (organization_id, customer_id, id),
  foreign key (organization_id, customer_id) references customer (organization_id, id)
);

create index customer_payment_method_id on customer_payment_method (organization_id, id);
create index customer_payment_method_fingerprint on customer_payment_method (organization_id, fingerprint) where fingerprint <> '';

create table customer_balance (
  organization_id uuid not null,
  customer_id uuid not null,
  currency text not null,
  amount bigint not null,
  primary key (organization_id, customer_id, currency),
  foreign key (organization_id, customer_id) references customer (organization_id, id)
);

create table customer_balance_transaction (
  id uuid primary key,
  organization_id uuid not null,
  customer_id uuid not null,
  currency text not null,
  type text not null check (
    type in ('adjustment', 'order_applied', 'order_credited', 'order_carried', 'order_returned', 'order_voided')
  ),
  amount bigint not null check (amount <> 0),
  balance_amount bigint not null,
  order_id uuid,
  reason text,
  created_at timestamptz not null,
  check ((type = 'adjustment') = (order_id is null)),
  foreign key (organization_id, customer_id, currency) references customer_balance (organization_id, customer_id, currency)
);
create index customer_balance_transaction_customer on customer_balance_transaction (organization_id, customer_id, id)
"""
# What a checkout holds are documents of its own; columns exist for what is searched by, and follow from them.
_CHECKOUTS = """
create table checkout (
  id uuid primary key,
  organization_id uuid not null,
  status text not null check (status in ('open', 'confirmed', 'succeeded', 'expired', 'failed')),
  client_secret text not null unique,
  cart jsonb not null,
  buyer jsonb not null,
  offer jsonb not null,
  pages jsonb not null,
  product_id uuid generated always as ((cart->>'product_id')::uuid) stored,
  customer_id uuid generated always as ((buyer->>'customer_id')::uuid) stored,
  external_customer_id text generated always as (buyer->>'external_customer_id') stored,
  customer_email text generated always as (lower(buyer->>'email')) stored,
  person text,
  order_id uuid,
  subscription_id uuid,
  forgone_subscription_id uuid check (forgone_subscription_id is null or subscription_id is null),
  attempt integer not null,
  attempt_kind text not null check (attempt_kind in ('charge', 'setup', 'none')),
  payment_id uuid,
  payment_method_id uuid,
  payment_action jsonb,
  payment_failure jsonb,
  version bigint not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  changed_at timestamptz not null,
  metadata jsonb not null,
  unique (organization_id, id)
);
create index checkout_created_at on checkout (organization_id, created_at, id);
create index checkout_customer on checkout (organization_id, customer_id, created_at);
create index checkout_open on checkout (expires_at) where status = 'open' and not is_sandbox(organization_id);
create index checkout_expires_sandbox on checkout (organization_id, expires_at)
  where is_sandbox(organization_id) and (status = 'open' or (status = 'confirmed' and payment_action is not null));
create index checkout_confirmed on checkout (changed_at) where status = 'confirmed';
create index checkout_trial on checkout (organization_id, person)
  where status in ('confirmed', 'succeeded') and offer->'trial' <> 'null'::jsonb;
create index checkout_trial_card on checkout (organization_id, payment_method_id)
  where status = 'succeeded' and offer->'trial' <> 'null'::jsonb;
create index checkout_awaits_card on checkout (payment_method_id) where status = 'confirmed';
create index checkout_subscription on checkout (subscription_id) where subscription_id is not null;

create table checkout_attempt (
  checkout_id uuid not null,
  attempt integer not null,
  organization_id uuid not null,
  kind text not null,
  payment_id uuid not null,
  request_id text not null,
  request_hash bytea not null,
  created_at timestamptz not null,
  primary key (checkout_id, attempt),
  unique (checkout_id, request_id),
  foreign key (organization_id, checkout_id) references checkout (organization_id, id)
);

create table surplus_payment (
  payment_id uuid primary key,
  organization_id uuid not null,
  order_id uuid not null,
  attempt integer not null,
  created_at timestamptz not null
);

create table discount_redemption (
  checkout_id uuid unique,
  subscription_id uuid,
  request_id text,
  organization_id uuid not null,
  discount_id uuid not null,
  customer_id uuid not null,
  person text not null,
  created_at timestamptz not null,
  unique (subscription_id, request_id, discount_id),
  check ((checkout_id is null) = (subscription_id is not null)),
  check ((subscription_id is null) = (request_id is null)),
  foreign key (organization_id, discount_id) references discount (organization_id, id)
);
create index discount_redemption_customer on discount_redemption (discount_id, customer_id);
create index discount_redemption_person on discount_redemption (discount_id, person)
"""
# `order` is a word of SQL's own, hence the plural.
_ORDERS = """
create table orders (
  id uuid primary key,
  organization_id uuid not null,
  status text not null check (status in ('draft', 'pending', 'paid', 'refunded', 'partially_refunded', 'void')),
  billing_reason text not null,
  customer_id uuid not null,
  external_customer_id text,
  product_id uuid,
  discount_id uuid,
  subscription_id uuid,
  checkout_id uuid,
  currency text not null,
  subtotal_amount bigint not null,
  discount_amount bigint not null,
  net_amount bigint not null,
  tax_amount bigint not null,
  total_amount bigint not null,
  applied_balance_amount bigint not null,
  due_amount bigint not null,
  tax_inclusive boolean not null,
  tax_lines jsonb not null,
  billing_name text,
  billing_address jsonb,
  customer_tax_id text,
  description text not null,
  payment_id uuid,
  processor text,
  invoice_number text,
  receipt_number text,
  version bigint not null,
  paid_at timestamptz,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  metadata jsonb not null,
  seats integer,
  period_start timestamptz,
  period_end timestamptz,
  payment_method_id uuid,
  void_on_failure boolean not null,
  is_delivered boolean not null,
  holds_balance boolean not null,
  forfeited_amount bigint not null,
  payment_attempts integer not null,
  payment_failure jsonb,
  payment_action jsonb,
  dunning_phase text check (dunning_phase in ('retrying', 'waiting', 'exhausted')),
  past_due_at timestamptz,
  dunning_due_at timestamptz,
  unique (organization_id, id),
  check ((dunning_phase is null) = (past_due_at is null)),
  check (dunning_due_at is null or (status = 'pending' and dunning_phase in ('retrying', 'waiting'))),
  check (forfeited_amount = 0 or (status = 'void' and is_delivered and forfeited_amount between 1 and due_amount)),
  check (total_amount = net_amount + tax_amount),
  check (due_amount = greatest(0, total_amount + applied_balance_amount)),
  check (status <> 'paid' or (invoice_number is not null and paid_at is not null)),
  foreign key (organization_id, customer_id) references customer (organization_id, id)
);
create index orders_created_at on orders (organization_id, created_at, id);
create index orders_customer on orders (organization_id, customer_id, created_at);
create index orders_subscription on orders (subscription_id) where subscription_id is not null;
create unique index orders_cycle on orders (organization_id, subscription_id, period_start) where billing_reason = 'subscription_cycle';
create index orders_dunning on orders (dunning_due_at) where dunning_due_at is not null and not is_sandbox(organization_id);
create index orders_dunning_sandbox on orders (organization_id, dunning_due_at)
  where dunning_due_at is not null and is_sandbox(organization_id);
create index orders_past_due on orders (customer_id) where status = 'pending' and past_due_at is not null;
create unique index orders_checkout on orders (checkout_id) where checkout_id is not null;
create unique index orders_invoice_number on orders (organization_id, invoice_number) where invoice_number is not null;

create table order_item (
  id uuid primary key,
  organization_id uuid not null,
  order_id uuid not null,
  position smallint not null,
  label text not null,
  amount bigint not null,
  discount_amount bigint not null,
  tax_amount bigint not null,
  proration boolean not null,
  price_id uuid,
  start_timestamp timestamptz,
  end_timestamp timestamptz,
  quantity integer,
  description text not null,
  billing_entry_id uuid,
  billing_entry_type text,
  foreign key (organization_id, order_id) references orders (organization_id, id)
);
create index order_item_order on order_item (order_id, position);
create unique index order_item_billing_entry on order_item (billing_entry_id) where billing_entry_id is not null;

create table order_charge (
  order_id uuid not null,
  attempt integer not null,
  organization_id uuid not null,
  trigger text not null check (trigger in ('billing', 'change', 'dunning', 'new_card', 'customer')),
  status text not null check (status in ('unasked', 'asked', 'awaiting_buyer', 'over')),
  payment_id uuid not null,
  request_id text,
  request_hash bytea,
  created_at timestamptz not null,
  look_at timestamptz not null,
  primary key (order_id, attempt),
  unique (order_id, request_id),
  foreign key (organization_id, order_id) references orders (organization_id, id)
) with (fillfactor = 80);
create unique index order_charge_under_way on order_charge (order_id) where status <> 'over';
create index order_charge_unasked on order_charge (look_at) where status = 'unasked';
create index order_charge_unanswered on order_charge (look_at) where status in ('asked', 'awaiting_buyer');
create index order_charge_sandbox on order_charge (organization_id) where status <> 'over' and is_sandbox(organization_id);

create table ended_subscription (
  organization_id uuid not null,
  subscription_id uuid not null,
  primary key (subscription_id, organization_id)
);

create table number_series (
  organization_id uuid not null,
  kind text not null check (kind in ('invoice', 'receipt')),
  prefix text not null,
  last_number bigint not null,
  primary key (organization_id, kind, prefix)
)
"""
_ALTERABLE = "select, insert, update"


def upgrade() -> None:
    roles = roles_of("checkout")
    create_chassis_tables(op, roles.app, roles.worker)
    for statement in ";".join((_CATALOG, _CUSTOMERS, _CHECKOUTS, _ORDERS)).split(";"):
        op.execute(statement)
    enable_row_level_security(op, "organization", roles.app, roles.worker, organization_column="id", privileges=_ALTERABLE)
    alterable = ("product", "product_price", "discount", "customer", "customer_payment_method", "customer_balance", "checkout", "orders")
    for table in (*alterable, "order_charge", "number_series"):
        enable_row_level_security(op, table, roles.app, roles.worker, privileges=_ALTERABLE)
    for table in ("checkout_attempt", "surplus_payment", "customer_balance_transaction", "ended_subscription"):
        enable_row_level_security(op, table, roles.app, roles.worker, privileges="select, insert")
    for table in ("discount_redemption", "order_item"):
        enable_row_level_security(op, table, roles.app, roles.worker)
