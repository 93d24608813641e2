"""The first tables: who the tenants are and by which secrets they call."""

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


def upgrade() -> None:
    roles = roles_of("identity")
    create_chassis_tables(op, roles.app, roles.worker)
    for statement in (_ORGANIZATION, _ORGANIZATION_ORDER, _ACCESS_TOKEN, _ACCESS_TOKEN_ORDER):
        op.execute(statement)
    privileges = "select, insert, update"
    enable_row_level_security(op, "organization", roles.app, roles.worker, organization_column="id", privileges=privileges)
    enable_row_level_security(op, "access_token", roles.app, roles.worker, privileges=privileges)
