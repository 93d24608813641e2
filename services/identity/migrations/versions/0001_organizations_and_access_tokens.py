"""The first tables: who the tenants are, by which secrets they call, and how the clocks of sandboxes were advanced."""

from alembic import op

from services.chassis.migrate import roles_of
from services.chassis.schema import create_chassis_tables, enable_row_level_security

revision = "0001"
down_revision = None

_ORGANIZATION = """
create table organization (
  id uuid primary key,
  slug text not null constraint organization_slug_key unique,
  name text not null,
  mode text not null,
  email text,
  country text not null,
  default_presentment_currency text not null,
  default_tax_behavior text not null,
  settings jsonb not null,
  version bigint not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  metadata jsonb not null
)
"""
_ORGANIZATION_ORDER = "create index organization_created_at on organization (created_at, id)"
# Without an organization it is an operator's; no organization's scope ever matches such a row.
_ACCESS_TOKEN = """
create table access_token (
  id uuid primary key,
  organization_id uuid references organization (id),
  comment text not null,
  scopes text[] not null,
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null,
  modified_at timestamptz not null
)
"""
_ACCESS_TOKEN_ORDER = "create index access_token_organization on access_token (organization_id, created_at, id)"

# `lease` is the replica that is at it, until `leased_until` by the database's clock; one advance of an organization runs at a time.
_CLOCK_ADVANCE = """
create table clock_advance (
  id uuid primary key,
  organization_id uuid not null references organization (id),
  number bigint not null,
  status text not null,
  from_time timestamptz not null,
  to_time timestamptz not null check (to_time >= from_time),
  now timestamptz not null check (now between from_time and to_time),
  begun boolean not null,
  steps integer not null,
  waiting_for text[] not null,
  counts jsonb not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  lease uuid,
  leased_until timestamptz,
  unique (organization_id, number)
)
"""
_CLOCK_ADVANCE_RUNNING = "create unique index clock_advance_running on clock_advance (organization_id) where status = 'running'"
# In the order in which they are told: by time, then `place`, which is the rank of the service and the position in its outbox.
_CLOCK_HAPPENING = """
create table clock_happening (
  organization_id uuid not null,
  clock_advance_id uuid not null references clock_advance (id),
  occurred_at timestamptz not null,
  place bigint not null,
  service text not null,
  type text not null,
  subject_id uuid not null,
  event_id uuid not null,
  primary key (clock_advance_id, occurred_at, place)
)
"""
# Up to which position the facts of a service have been taken by whoever reacts to them.
_CLOCK_SETTLED = """
create table clock_settled (
  organization_id uuid not null,
  service text not null,
  position bigint not null,
  primary key (organization_id, service)
)
"""


def upgrade() -> None:
    roles = roles_of("identity")
    create_chassis_tables(op, roles.app, roles.worker)
    for statement in (_ORGANIZATION, _ORGANIZATION_ORDER, _ACCESS_TOKEN, _ACCESS_TOKEN_ORDER):
        op.execute(statement)
    for statement in (_CLOCK_ADVANCE, _CLOCK_ADVANCE_RUNNING, _CLOCK_HAPPENING, _CLOCK_SETTLED):
        op.execute(statement)
    privileges = "select, insert, update"
    enable_row_level_security(op, "organization", roles.app, roles.worker, organization_column="id", privileges=privileges)
    for table in ("access_token", "clock_advance", "clock_happening", "clock_settled"):
        enable_row_level_security(op, table, roles.app, roles.worker, privileges=privileges)
