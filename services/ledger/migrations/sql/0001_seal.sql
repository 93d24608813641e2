-- What a seal hashes: every column of its transactions and entries, as PostgreSQL sends them, in order.
create function chain_hash(previous bytea, first_id bigint, last_id bigint) returns bytea
language sql stable set search_path = public, pg_temp as $$
  select sha256(previous
    || coalesce((
      select array_send(array_agg(id)) || array_send(array_agg(organization_id)) || array_send(array_agg(source_id))
        || array_send(array_agg(effective_at)) || array_send(array_agg(posted_at)) || array_send(array_agg(kind))
        || array_send(array_agg(request_hash)) || array_send(array_agg(idempotency_key))
      from (select * from journal where id between first_id and last_id order by id) j), '')
    || coalesce((
      select string_agg(int8send(transaction_id) || int8send(reverses_id), '')
      from (select * from reversal where transaction_id between first_id and last_id order by transaction_id) r), '')
    || coalesce((
      select string_agg(int8send(transaction_id) || int2send(line) || int8send(account_id) || int8send(sequence)
        || int8send(amount) || int8send(balance_after_amount) || textsend(currency), '')
      from (select * from entry where transaction_id between first_id and last_id order by transaction_id, line) e), ''))
$$;

-- Seals the next transactions and adds them to the daily movements; the number sealed. Off the hot path: run it until it answers 0.
create function seal_next(at_most integer) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare
  link seal;
  newest bigint;
begin
  perform pg_advisory_xact_lock(1819632741);
  select * into link from seal order by id desc limit 1;
  link := (coalesce(link.id, 0) + 1, coalesce(link.last_transaction_id, 0) + 1, 0, coalesce(link.hash, '\x00'), null, null);
  newest := (select max(id) from journal);
  if newest is null or newest < link.first_transaction_id then
    return 0;
  end if;
  link.last_transaction_id := least(newest, link.first_transaction_id + at_most - 1);
  insert into seal (id, first_transaction_id, last_transaction_id, previous_hash, hash)
  values (link.id, link.first_transaction_id, link.last_transaction_id, link.previous_hash,
    chain_hash(link.previous_hash, link.first_transaction_id, link.last_transaction_id));
  insert into balance_daily as d (account_id, day, amount, first_sequence, last_sequence)
  select e.account_id, (j.effective_at at time zone 'utc')::date, total(e.amount), min(e.sequence), max(e.sequence)
  from entry e join journal j on j.id = e.transaction_id
  where e.transaction_id between link.first_transaction_id and link.last_transaction_id
  group by 1, 2
  on conflict (account_id, day) do update set amount = d.amount + excluded.amount,
    first_sequence = least(d.first_sequence, excluded.first_sequence), last_sequence = greatest(d.last_sequence, excluded.last_sequence);
  return link.last_transaction_id - link.first_transaction_id + 1;
end $$;
