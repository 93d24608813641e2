-- Opens accounts on first use, each with its balance; what is open stays as it is. Returns all that were asked for.
create function open_accounts(
  codes text[], kinds smallint[], organizations uuid[], currencies text[], floors bigint[], ceilings bigint[]
) returns table (code text, id bigint) language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  -- In one order, so that two who open the same accounts do not wait for each other in a circle.
  with asked as (
    select * from unnest(codes, kinds, organizations, currencies, floors, ceilings) as a(code, kind, organization_id, currency, floor, ceiling)
  ), opened as (
    insert into account (code, kind, organization_id, currency, opened_at)
    select code, kind, organization_id, currency, time_of(organization_id, now()) from asked order by code
    on conflict (code) do nothing
    returning id, code, currency
  )
  insert into balance (account_id, currency, floor_amount, ceiling_amount)
  select o.id, o.currency, a.floor, a.ceiling from opened o join asked a on a.code = o.code;
  return query select a.code, a.id from account a where a.code = any(codes);
end $$;

-- Why a reversal is refused before it is tried: 8 where the legs are not the exact negation of the same organization's transaction,
-- unless the key is known and has its answer already.
create function reversal_outcomes(
  keys text[], organizations uuid[], reversed bigint[], leg_transactions integer[], leg_accounts bigint[], leg_amounts bigint[]
) returns smallint[] language sql stable set search_path = public, pg_temp as $$
  with asked as (
    select place, reverses_id, organization_id, exists (select from journal where idempotency_key = key) as known
    from unnest(keys, reversed, organizations) with ordinality as r(key, reverses_id, organization_id, place)
  ), given as (
    select transaction, array_agg((account_id, -amount) order by account_id, amount desc) as legs
    from unnest(leg_transactions, leg_accounts, leg_amounts) as l(transaction, account_id, amount) group by transaction
  ), stored as (
    select a.place, array_agg((e.account_id, e.amount) order by e.account_id, e.amount) as legs
    from asked a
    join journal j on j.id = a.reverses_id and j.organization_id is not distinct from a.organization_id
    join entry e on e.transaction_id = j.id
    group by a.place
  )
  select array_agg(case when a.reverses_id is null or a.known or s.legs = g.legs then 0 else 8 end::smallint order by a.place)
  from asked a left join given g on g.transaction = a.place left join stored s on s.place = a.place
$$;
