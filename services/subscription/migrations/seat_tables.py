"""Seats, and the one-time orders that sold some; a part of 0001."""

SEAT_TABLES = (
    # A subscription that sells seats is its own row; of an order only this is known here.
    """
    create table seat_order (
      organization_id uuid not null,
      id uuid not null,
      customer_id uuid not null,
      product_id uuid not null,
      product_name text not null,
      seats integer not null check (seats > 0),
      primary key (organization_id, id)
    )
    """,
    """
    create table customer_seat (
      organization_id uuid not null,
      id uuid not null,
      status text not null check (status in ('pending', 'claimed', 'revoked')),
      container_kind text not null check (container_kind in ('subscription', 'order')),
      container_id uuid not null,
      product_id uuid not null,
      billing_customer_id uuid not null,
      customer_id uuid,
      external_customer_id text,
      email text,
      invitation integer not null,
      invitation_token_hash bytea,
      invitation_token_expires_at timestamptz,
      claimed_at timestamptz,
      revoked_at timestamptz,
      version bigint not null,
      created_at timestamptz not null,
      modified_at timestamptz not null,
      metadata jsonb not null,
      primary key (organization_id, id),
      check ((status = 'revoked') = (revoked_at is not null)),
      check (status <> 'claimed' or (claimed_at is not null and customer_id is not null)),
      check (customer_id is not null or email is not null)
    )
    """,
    "create index customer_seat_created_at on customer_seat (organization_id, container_id, created_at, id)",
    # One seat for a person, whichever way they are known.
    "create unique index customer_seat_of_customer on customer_seat (organization_id, container_id, customer_id) "
    "where status <> 'revoked' and customer_id is not null",
    "create unique index customer_seat_of_email on customer_seat (organization_id, container_id, lower(email)) "
    "where status <> 'revoked' and customer_id is null",
    "create index customer_seat_holder on customer_seat (organization_id, customer_id) "
    "where status <> 'revoked' and customer_id is not null",
    "create unique index customer_seat_invitation on customer_seat (organization_id, invitation_token_hash) "
    "where invitation_token_hash is not null",
)
SEAT_TABLE_NAMES = ("seat_order", "customer_seat")
