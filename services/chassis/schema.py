"""The tables that every service has for facts, reactions and repeated requests, and the wall between organizations.

    outbox              every fact, in the order of `position`; never changed, dropped by age
    outbox_pending      which facts the broker has not confirmed: small, its rows come and go
    outbox_publication  what the broker said: the facts `positions` lie in the stream from `first_seq` on, one row a batch
    inbox               which facts a consumer has taken
    inbox_parked        facts that a consumer could not take, whole
    idempotency_request the first answer to each request id
    sandbox_clock       our copy of the time of every sandbox that was ever advanced

`is_sandbox(organization_id)` tells sandboxes by their ids (ids.py). What is due in a live organization is found by an index on the
instants of live rows; a sandbox's is looked for by its own clock.

A fact is written once and not touched again, so a commit costs two narrow index entries and the table has nothing to vacuum
but what was dropped at its old end. That end is removed in slices by `stored_at` (retention.py) and not by partitions, which
would need the owner's rights every day and refuse inserts on the day nobody made them.
"""

from __future__ import annotations

from typing import Protocol

EVERYTHING = "select, insert, update, delete"

_TABLES = """
create function is_sandbox(organization_id uuid) returns boolean language sql immutable strict parallel safe
  return get_byte(uuid_send(organization_id), 6) >> 4 = 8;

create table outbox (
  position bigint generated always as identity primary key,
  event_id uuid not null,
  organization_id uuid not null,
  type text not null,
  subject_id uuid not null,
  version bigint not null,
  partition smallint not null,
  payload bytea not null,
  traceparent text,
  occurred_at timestamptz not null,
  stored_at timestamptz not null default clock_timestamp()
);
create index outbox_sandbox on outbox (organization_id, position) where is_sandbox(organization_id);
create index outbox_stored_at on outbox using brin (stored_at) with (pages_per_range = 16, autosummarize = on);

create table outbox_pending (
  partition smallint not null,
  position bigint not null,
  primary key (partition, position)
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

create table outbox_publication (
  publication_id bigint generated always as identity primary key,
  epoch timestamptz not null,
  first_seq bigint not null,
  last_seq bigint not null,
  positions bigint[] not null,
  published_at timestamptz not null default clock_timestamp(),
  check (last_seq - first_seq + 1 = cardinality(positions))
);
create index outbox_publication_seq on outbox_publication (epoch, last_seq);
create index outbox_publication_published_at on outbox_publication using brin (published_at) with (autosummarize = on);

create table inbox (
  consumer text not null,
  event_id uuid not null,
  claimed_at timestamptz not null default now(),
  primary key (consumer, event_id)
);
create index inbox_claimed_at on inbox using brin (claimed_at) with (pages_per_range = 16, autosummarize = on);

create table inbox_parked (
  consumer text not null,
  event_id uuid not null,
  organization_id uuid,
  type text not null,
  headers jsonb not null,
  payload bytea not null,
  error text not null,
  attempts integer not null,
  parked_at timestamptz not null default now(),
  redrive_requested_at timestamptz,
  redriven_at timestamptz,
  primary key (consumer, event_id)
);
create index inbox_parked_waiting on inbox_parked (consumer, parked_at) where redriven_at is null;

create table idempotency_request (
  organization_id uuid not null,
  method text not null,
  request_id text not null,
  request_hash bytea not null,
  response bytea,
  created_at timestamptz not null default now(),
  primary key (organization_id, method, request_id)
);
create index idempotency_request_created_at on idempotency_request using brin (created_at) with (autosummarize = on);

create table sandbox_clock (
  organization_id uuid primary key,
  now timestamptz not null
);
"""


class Executes(Protocol):
    """What runs SQL text: `alembic.op`."""

    def execute(self, sqltext: str, /) -> object: ...


def create_chassis_tables(op: Executes, app_role: str, worker_role: str) -> None:
    """Make the chassis tables with their grants. The first migration of every service calls it, as the owner."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
    enable_row_level_security(op, "outbox", app_role, worker_role, privileges="select, insert")
    enable_row_level_security(op, "idempotency_request", app_role, worker_role)
    enable_row_level_security(op, "sandbox_clock", app_role, worker_role, privileges="select")
    op.execute(f"grant insert, update on sandbox_clock to {_quoted(worker_role)}")
    op.execute(f"grant delete on outbox to {_quoted(worker_role)}")
    op.execute(f"grant insert on outbox_pending to {_quoted(app_role)}")
    for table in ("outbox_pending", "outbox_publication", "inbox", "inbox_parked"):
        op.execute(f"grant {EVERYTHING} on {table} to {_quoted(worker_role)}")


def enable_row_level_security(
    op: Executes,
    table: str,
    app_role: str,
    worker_role: str,
    organization_column: str = "organization_id",
    *,
    privileges: str = EVERYTHING,
) -> None:
    """Grant `privileges` on the table: to the app role on one organization's rows, to the worker and the owner on all.

    The scope is the transaction's `app.organization_id`; without one the app role sees nothing. Not even the owner passes
    unless a policy says so, so that a view or a function of the owner's is no way round.
    """
    app, worker = _quoted(app_role), _quoted(worker_role)
    own = f"{_quoted(organization_column)} = nullif(current_setting('app.organization_id', true), '')::uuid"
    for statement in (
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy {table}_app on {table} to {app} using ({own}) with check ({own})",
        f"create policy {table}_worker on {table} to {worker} using (true) with check (true)",
        f"create policy {table}_owner on {table} to current_user using (true) with check (true)",
        f"grant {privileges} on {table} to {app}, {worker}",
    ):
        op.execute(statement)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
