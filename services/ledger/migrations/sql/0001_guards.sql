-- What the database proves by itself, whatever the service does.

-- A running total in bigint: sum() would go through numeric, and a total that overflows must fail.
create aggregate total(bigint) (sfunc = int8pl, stype = bigint, initcond = '0');

create function prove_balanced() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if exists (select from added group by transaction_id, currency having total(amount) <> 0) then
    raise exception 'a transaction does not balance' using errcode = 'BL003';
  end if;
  return null;
end $$;
create trigger entry_balanced after insert on entry referencing new table as added for each statement execute function prove_balanced();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger account_append_only before update or delete or truncate on account for each statement execute function refuse_change();
create trigger journal_append_only before update or delete or truncate on journal for each statement execute function refuse_change();
create trigger reversal_append_only before update or delete or truncate on reversal for each statement execute function refuse_change();
create trigger entry_append_only before update or delete or truncate on entry for each statement execute function refuse_change();
create trigger seal_append_only before update or delete or truncate on seal for each statement execute function refuse_change();
create trigger balance_stays before delete or truncate on balance for each statement execute function refuse_change();
