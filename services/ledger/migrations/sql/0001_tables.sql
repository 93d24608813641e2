-- The books. Rows of account, journal and entry are added and never changed; balance is the only table that is updated.

-- The registry: one line of the chart, one owner, one currency.
create table account (
  id bigint generated always as identity primary key,
  code text collate "C" not null unique,
  kind smallint not null,
  organization_id uuid,
  currency text collate "C" not null check (currency ~ '^[a-z]{3}$'),
  opened_at timestamptz not null
);
create index account_organization on account (organization_id, id);

-- Made with its account, so that there is always a row to move. Free space on its pages lets updates stay on them.
create table balance (
  account_id bigint primary key references account,
  currency text collate "C" not null,
  debit_amount bigint not null default 0 check (debit_amount >= 0),
  credit_amount bigint not null default 0 check (credit_amount >= 0),
  sequence bigint not null default 0,
  floor_amount bigint,
  ceiling_amount bigint
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- Ids are dense and grow in the order of the commits: a missing one is a finding. The hash is cut to 12 bytes:
-- it is only compared under the same key.
create table journal (
  id bigint primary key with (fillfactor = 100),
  organization_id uuid,
  source_id uuid,
  effective_at timestamptz not null,
  posted_at timestamptz not null,
  kind smallint not null,
  request_hash bytea not null,
  idempotency_key text collate "C" not null
);
-- Keys and sources come nearly in the order of time, so their pages may be filled.
create unique index journal_idempotency_key on journal (idempotency_key) with (fillfactor = 97);
create index journal_organization on journal (organization_id, id);
create index journal_source on journal (source_id) with (fillfactor = 97) where source_id is not null;

-- Which transaction takes back which, once.
create table reversal (
  transaction_id bigint primary key,
  reverses_id bigint not null unique
);

-- No foreign keys: they cost a quarter of the throughput, and the movement of the balance proves account and currency already.
create table entry (
  account_id bigint not null,
  sequence bigint not null,
  transaction_id bigint not null,
  amount bigint not null check (amount <> 0),
  balance_after_amount bigint not null,
  line smallint not null,
  currency text collate "C" not null,
  primary key (account_id, sequence)
);
create index entry_transaction on entry (transaction_id) with (fillfactor = 100);

-- A chain over all transactions: each link hashes its transactions and the link before.
create table seal (
  id bigint primary key,
  first_transaction_id bigint not null,
  last_transaction_id bigint not null,
  previous_hash bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null default clock_timestamp()
);

-- Movements of sealed transactions by account and effective day, and where on the account they lie.
create table balance_daily (
  account_id bigint not null,
  day date not null,
  amount bigint not null,
  first_sequence bigint not null,
  last_sequence bigint not null,
  primary key (account_id, day)
);

-- What the platform keeps of an order. The row without organization is the default.
create table fee_plan (
  organization_id uuid unique nulls not distinct,
  rate_ppm integer not null check (rate_ppm between 0 and 1000000),
  fixed_amount bigint not null check (fixed_amount >= 0)
);
insert into fee_plan (organization_id, rate_ppm, fixed_amount) values (null, 50000, 50);
