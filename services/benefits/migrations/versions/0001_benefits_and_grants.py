"""Why: the first tables: benefits, what products carry them, who is entitled by what, what is granted, license keys."""

from __future__ import annotations

from alembic import op

from services.chassis.migrate import roles_of
from services.chassis.schema import create_chassis_tables, enable_row_level_security

revision = "0001"
down_revision = None

_TABLES = """
create table benefit (
  id uuid primary key,
  organization_id uuid not null,
  kind text not null check (kind in ('custom', 'feature_flag', 'license_keys')),
  description text not null,
  visibility text not null check (visibility in ('public', 'private')),
  is_deleted boolean not null,
  properties jsonb not null,
  metadata jsonb not null,
  version bigint not null,
  created_at timestamptz not null,
  modified_at timestamptz not null
);
create index benefit_created_at on benefit (organization_id, created_at, id) where not is_deleted;
create index benefit_description on benefit (organization_id, description, id) where not is_deleted;

create table product (
  id uuid primary key,
  organization_id uuid not null
);

create table product_benefit (
  product_id uuid not null references product,
  benefit_id uuid not null references benefit,
  organization_id uuid not null,
  position smallint not null,
  primary key (product_id, benefit_id)
);
create index product_benefit_benefit on product_benefit (benefit_id);

create table customer (
  id uuid primary key,
  organization_id uuid not null,
  external_id text,
  is_deleted boolean not null,
  version bigint not null
);
create index customer_external_id on customer (organization_id, external_id) where external_id is not null and not is_deleted;

create table organization (
  organization_id uuid primary key,
  benefit_revocation_grace_period integer not null check (benefit_revocation_grace_period >= 0),
  version bigint not null
);

create table entitlement_source (
  id uuid primary key,
  organization_id uuid not null,
  kind text not null check (kind in ('order', 'subscription')),
  customer_id uuid references customer,
  product_id uuid not null references product,
  container_id uuid references entitlement_source,
  status text not null,
  version bigint not null,
  occurred_at timestamptz,
  period_end timestamptz,
  past_due_at timestamptz,
  has_seats boolean not null,
  in_force boolean not null,
  is_entitled boolean not null,
  entitled_until timestamptz,
  grace_ends_at timestamptz,
  check (customer_id is not null or (container_id is not null and not is_entitled))
);
create index entitlement_source_product on entitlement_source (product_id, id);
create index entitlement_source_customer on entitlement_source (customer_id, id);
create index entitlement_source_past_due on entitlement_source (organization_id, id) where status = 'past_due';
create index entitlement_source_seats on entitlement_source (container_id, id) where container_id is not null;
create index entitlement_source_grace on entitlement_source (grace_ends_at)
  where grace_ends_at is not null and not is_sandbox(organization_id);
create index entitlement_source_sandbox_grace on entitlement_source (organization_id, grace_ends_at)
  where grace_ends_at is not null and is_sandbox(organization_id);

create table benefit_grant (
  id uuid primary key,
  organization_id uuid not null,
  source_id uuid not null references entitlement_source,
  source_kind text not null,
  container_id uuid,
  customer_id uuid not null references customer,
  benefit_id uuid not null references benefit,
  status text not null check (status in ('granted', 'revoked')),
  granted_at timestamptz not null,
  revoked_at timestamptz,
  version bigint not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  unique (source_id, customer_id, benefit_id),
  check ((status = 'revoked') = (revoked_at is not null))
);
create index benefit_grant_live on benefit_grant (organization_id, customer_id, benefit_id) where status = 'granted';
create index benefit_grant_container on benefit_grant (container_id, id) where container_id is not null;
create index benefit_grant_created_at on benefit_grant (organization_id, created_at, id);
create index benefit_grant_customer on benefit_grant (customer_id, created_at, id);
create index benefit_grant_benefit on benefit_grant (benefit_id, created_at, id);

create table license_key (
  id uuid primary key,
  organization_id uuid not null,
  grant_id uuid not null unique references benefit_grant,
  customer_id uuid not null,
  benefit_id uuid not null,
  key text not null,
  key_hash bytea not null,
  status text not null check (status in ('granted', 'revoked', 'disabled')),
  limit_activations integer check (limit_activations > 0),
  usage integer not null check (usage >= 0),
  limit_usage integer check (limit_usage > 0),
  validations bigint not null,
  last_validated_at timestamptz,
  expires_at timestamptz,
  version bigint not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  unique (organization_id, key_hash)
);
create index license_key_created_at on license_key (organization_id, created_at, id);
create index license_key_customer on license_key (customer_id, created_at, id);
create index license_key_benefit on license_key (benefit_id, created_at, id);

create table license_key_activation (
  id uuid primary key,
  organization_id uuid not null,
  license_key_id uuid not null references license_key,
  label text not null,
  conditions jsonb not null,
  meta jsonb not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  deactivated_at timestamptz
);
create index license_key_activation_live on license_key_activation (license_key_id) where deactivated_at is null;

create table convergence_work (
  id uuid primary key,
  organization_id uuid not null,
  scope text not null check (scope in ('product', 'customer', 'organization', 'container')),
  subject_id uuid not null,
  after_source_id uuid
);
create index convergence_work_organization on convergence_work (organization_id);
"""
_OWN = (
    "benefit",
    "product",
    "product_benefit",
    "customer",
    "organization",
    "entitlement_source",
    "benefit_grant",
    "license_key",
    "license_key_activation",
    "convergence_work",
)


def upgrade() -> None:
    roles = roles_of("benefits")
    create_chassis_tables(op, roles.app, roles.worker)
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
    for table in _OWN:
        enable_row_level_security(op, table, roles.app, roles.worker)
