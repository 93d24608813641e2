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
create function balance_at(asked_account bigint, asked_at timestamptz) returns bigint
language sql stable set search_path = public, pg_temp as $$
  with sealed as (
    select coalesce(max(last_transaction_id), 0) as last_id from seal
  ), asked as (
    select (asked_at at time zone 'utc')::date as day
  )
  select (
    coalesce((select sum(d.amount) from balance_daily d, asked where d.account_id = asked_account and d.day < asked.day), 0)
    + coalesce((
      select sum(e.amount)
      from asked
      join balance_daily d on d.account_id = asked_account and d.day = asked.day
      join entry e on e.account_id = asked_account and e.sequence between d.first_sequence and d.last_sequence
      join journal j on j.id = e.transaction_id
      where j.id <= (select last_id from sealed) and j.effective_at <= asked_at and (j.effective_at at time zone 'utc')::date = asked.day), 0)
    + coalesce((
      select sum(e.amount)
      from entry e join journal j on j.id = e.transaction_id
      where e.account_id = asked_account and e.sequence > (select sequence_as_of(asked_account, last_id) from sealed)
        and j.effective_at <= asked_at), 0)
  )::bigint
$$;
