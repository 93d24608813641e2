-- How many entries an account had after a transaction. Ids grow along an account's sequence, so a bisection finds it.
create function sequence_as_of(asked_account bigint, asked_transaction bigint) returns bigint
language plpgsql stable set search_path = public, pg_temp as $$
declare
  low bigint := 0;
  high bigint := (select b.sequence from balance b where b.account_id = asked_account);
  middle bigint;
begin
  while low < high loop
    middle := (low + high + 1) / 2;
    if (select e.transaction_id from entry e where e.account_id = asked_account and e.sequence = middle) <= asked_transaction then
      low := middle;
    else
      high := middle - 1;
    end if;
  end loop;
  return low;
end $$;

-- The balance of an account by effective time: the days before, what of that day was effective by then, and what is not sealed yet.
-- One snapshot, because the function is stable. The ranges of transaction ids keep the joins to the stretch in question.
create function balance_at(asked_account bigint, asked_at timestamptz) returns bigint
language plpgsql stable set search_path = public, pg_temp as $$
declare
  asked_day date := (asked_at at time zone 'utc')::date;
  last_sealed bigint := (select coalesce(max(last_transaction_id), 0) from seal);
  sequence_sealed bigint := sequence_as_of(asked_account, last_sealed);
  total_amount numeric := (select coalesce(sum(amount), 0) from balance_daily where account_id = asked_account and day < asked_day);
  stretch balance_daily;
begin
  select * into stretch from balance_daily where account_id = asked_account and day = asked_day;
  if found then
    total_amount := total_amount + (
      select coalesce(sum(e.amount), 0)
      from entry e join journal j on j.id = e.transaction_id
      where e.account_id = asked_account and e.sequence between stretch.first_sequence and stretch.last_sequence
        and j.id >= (select transaction_id from entry where account_id = asked_account and sequence = stretch.first_sequence)
        and j.id <= (select transaction_id from entry where account_id = asked_account and sequence = stretch.last_sequence)
        and j.effective_at <= asked_at and (j.effective_at at time zone 'utc')::date = asked_day);
  end if;
  return total_amount + (
    select coalesce(sum(e.amount), 0)
    from entry e join journal j on j.id = e.transaction_id
    where e.account_id = asked_account and e.sequence > sequence_sealed and j.id > last_sealed and j.effective_at <= asked_at);
end $$;
