-- Which of the transactions from `low` to `high` still wait, as ranges without a gap: {low, high, low, high, …}, the first range last.
create function waiting_ranges(outcomes smallint[], low integer, high integer) returns integer[]
language sql immutable set search_path = public, pg_temp as $$
  select coalesce(array_agg(edge.place order by range.low desc, edge.place), '{}')
  from (
    select min(i) as low, max(i) as high
    from (select i, i - row_number() over (order by i) as gap from generate_series(low, high) i where outcomes[i] = 0) waiting
    group by gap
  ) range, lateral (values (range.low), (range.high)) edge(place)
$$;

-- All who post wait here for each other; held to the end of the transaction.
create function lock_books() returns void language sql volatile security definer set search_path = public, pg_temp as $$
  select pg_advisory_xact_lock(1819632740)
$$;

-- When a transaction of an organization is posted: a sandbox has a time of its own, which starts with its id.
create function time_of(organization_id uuid, machine timestamptz) returns timestamptz
language sql stable set search_path = public, pg_temp as $$
  select case when is_sandbox(organization_id) then coalesce(
    (select c.now from sandbox_clock c where c.organization_id = time_of.organization_id),
    'epoch'::timestamptz + interval '1 millisecond' * ('x' || left(replace(organization_id::text, '-', ''), 12))::bit(48)::bigint
  ) else machine end
$$;

-- Posts many transactions in one round trip; each stands or falls alone. The only way into journal and entry.
--
-- One lock for all posters, taken before anything is read. Nearly every transaction touches the same few accounts, whose rows would
-- queue the posters all the same; this way no two can deadlock, ids grow in the order of the commits without gaps, and a batch
-- whose connection was lost has ended, one way or the other, before it is sent again.
--
-- The whole batch is tried at once. If that fails, known keys are answered and the rest is halved until the guilty stand alone, so
-- a bound is judged at the end of each transaction against exactly what was accepted before it.
--
-- Legs come in the order of their transactions; last_legs[i] is the last one of transaction i, leg_transactions the way back.
-- Outcomes: 1 posted, 2 replayed, 3 key used for something else, 4 bound exceeded, 5 overflow, 6 account or currency unknown,
-- 7 does not balance, 8 cannot be reversed.
create function post(
  keys text[], hashes bytea[], kinds smallint[], organizations uuid[], sources uuid[], effective timestamptz[], reversed bigint[],
  last_legs integer[], leg_transactions integer[], leg_accounts bigint[], leg_currencies text[], leg_amounts bigint[],
  out transaction_ids bigint[], out outcomes smallint[]
) language plpgsql security definer set search_path = public, pg_temp as $$
declare
  posted_now timestamptz;
  previous_id bigint;
  waiting integer[];
  low integer;
  high integer;
  first_leg integer;
  legs_without_account bigint;
  transactions_without_legs bigint;
  bounds_broken bigint;
  constraint_hit text;
begin
  perform lock_books();
  posted_now := clock_timestamp();
  transaction_ids := array_fill(0::bigint, array[cardinality(keys)]);
  outcomes := array_fill(0::smallint, array[cardinality(keys)]);
  if array_remove(reversed, null) <> '{}' then
    outcomes := reversal_outcomes(keys, organizations, reversed, leg_transactions, leg_accounts, leg_amounts);
  end if;
  waiting := waiting_ranges(outcomes, 1, cardinality(keys));

  while cardinality(waiting) > 0 loop
    low := waiting[cardinality(waiting) - 1];
    high := waiting[cardinality(waiting)];
    waiting := trim_array(waiting, 2);
    first_leg := coalesce(last_legs[low - 1], 0) + 1;
    previous_id := (select coalesce(max(id), 0) from journal) - low + 1;
    begin
      with leg as materialized (
        select l.transaction, l.account_id, l.currency, l.amount, first_leg - 1 + l.place as place
        from unnest(leg_transactions[first_leg:last_legs[high]], leg_accounts[first_leg:last_legs[high]],
          leg_currencies[first_leg:last_legs[high]], leg_amounts[first_leg:last_legs[high]])
          with ordinality as l(transaction, account_id, currency, amount, place)
      ), touched as materialized (
        select account_id, currency, total(greatest(amount, 0)) as debit, total(greatest(-amount, 0)) as credit, count(*) as count
        from leg group by account_id, currency
      ), moved as (
        update balance b
        set debit_amount = b.debit_amount + t.debit, credit_amount = b.credit_amount + t.credit, sequence = b.sequence + t.count
        from touched t where b.account_id = t.account_id and b.currency = t.currency
        returning b.account_id, b.floor_amount, b.ceiling_amount, t.count as legs,
          b.debit_amount - b.credit_amount - t.debit + t.credit as balance_before, b.sequence - t.count as sequence_before
      ), journaled as (
        insert into journal (id, organization_id, source_id, effective_at, posted_at, kind, request_hash, idempotency_key)
        select previous_id + low - 1 + t.place, t.organization_id, t.source_id, coalesce(t.effective_at, p.now), p.now,
          t.kind, t.request_hash, t.idempotency_key
        from unnest(organizations[low:high], sources[low:high], effective[low:high], kinds[low:high], hashes[low:high], keys[low:high])
          with ordinality as t(organization_id, source_id, effective_at, kind, request_hash, idempotency_key, place)
        cross join lateral (select case when is_sandbox(t.organization_id) then time_of(t.organization_id, posted_now) else posted_now end) p(now)
        returning 1
      ), taken_back as (
        insert into reversal (transaction_id, reverses_id)
        select previous_id + low - 1 + t.place, t.reverses_id
        from unnest(reversed[low:high]) with ordinality as t(reverses_id, place) where t.reverses_id is not null
      ), booked as (
        insert into entry (account_id, sequence, transaction_id, amount, balance_after_amount, line, currency)
        select l.account_id, m.sequence_before + row_number() over on_account, previous_id + l.transaction, l.amount,
          m.balance_before + total(l.amount) over on_account, l.place - coalesce(last_legs[l.transaction - 1], 0), l.currency
        from leg l join moved m on m.account_id = l.account_id
        window on_account as (partition by l.account_id order by l.place rows unbounded preceding)
        order by l.place
      ), bounded as (
        select m.floor_amount, m.ceiling_amount, m.balance_before + total(l.amount) over on_account as balance_after,
          lead(l.transaction) over on_account is distinct from l.transaction as at_end
        from leg l join moved m on m.account_id = l.account_id
        where m.floor_amount is not null or m.ceiling_amount is not null
        window on_account as (partition by l.account_id order by l.place rows unbounded preceding)
      )
      -- The journal first: a known key then ends the statement before anything else is done.
      select (select count(*) from journaled) - (select count(distinct transaction) from leg),
        last_legs[high] - first_leg + 1 - (select coalesce(sum(legs), 0) from moved),
        (select count(*) from bounded where at_end and (balance_after < floor_amount or balance_after > ceiling_amount))
      into transactions_without_legs, legs_without_account, bounds_broken;
      if legs_without_account <> 0 then
        raise exception 'no such account in this currency' using errcode = 'BL002';
      elsif transactions_without_legs <> 0 then
        raise exception 'a transaction without legs' using errcode = 'BL003';
      elsif bounds_broken <> 0 then
        raise exception 'a bound is exceeded' using errcode = 'BL001';
      end if;
      outcomes := outcomes[:low - 1] || array_fill(1::smallint, array[high - low + 1]) || outcomes[high + 1:];
      transaction_ids := transaction_ids[:low - 1] || array(select previous_id + i from generate_series(low, high) i)
        || transaction_ids[high + 1:];
    exception when unique_violation or numeric_value_out_of_range or sqlstate 'BL001' or sqlstate 'BL002' or sqlstate 'BL003' then
      get stacked diagnostics constraint_hit = constraint_name;
      if constraint_hit = 'journal_idempotency_key' then
        -- None is found if the key is twice in this batch: then the halves part the two.
        select array_agg(case when k.outcome <> 0 or j.id is null then k.outcome when j.request_hash = k.hash then 2 else 3 end::smallint
            order by k.place),
          array_agg(case when k.outcome <> 0 or j.id is null then k.id else j.id end order by k.place)
        into outcomes, transaction_ids
        from unnest(keys, hashes, outcomes, transaction_ids) with ordinality as k(key, hash, outcome, id, place)
        left join journal j on j.idempotency_key = k.key;
      elsif sqlstate = '23505' and constraint_hit <> 'reversal_reverses_id_key' then
        raise;
      end if;
      if waiting_ranges(outcomes, low, high) <> array[low, high] then
        waiting := waiting || waiting_ranges(outcomes, low, high);
      elsif low < high then
        waiting := waiting || array[(low + high) / 2 + 1, high, low, (low + high) / 2];
      else
        outcomes[low] := case sqlstate when '23505' then 8 when 'BL001' then 4 when 'BL002' then 6 when 'BL003' then 7 else 5 end;
      end if;
    end;
  end loop;
end $$;
