-- Who sees what. Nobody but the functions writes; an organization sees its own accounts and transactions.

create function own_organization() returns uuid language sql stable as $$
  select nullif(current_setting('app.organization_id', true), '')::uuid
$$;

alter table account enable row level security;
alter table balance enable row level security;
alter table journal enable row level security;
alter table reversal enable row level security;
alter table entry enable row level security;
alter table balance_daily enable row level security;
alter table fee_plan enable row level security;

create policy account_app on account for select to bursar_ledger_app using (organization_id = own_organization());
create policy balance_app on balance for select to bursar_ledger_app
  using (exists (select from account a where a.id = account_id and a.organization_id = own_organization()));
create policy journal_app on journal for select to bursar_ledger_app using (organization_id = own_organization());
create policy reversal_app on reversal for select to bursar_ledger_app
  using (exists (select from journal j where j.id = transaction_id and j.organization_id = own_organization()));
create policy entry_app on entry for select to bursar_ledger_app
  using (exists (select from account a where a.id = account_id and a.organization_id = own_organization()));
create policy balance_daily_app on balance_daily for select to bursar_ledger_app
  using (exists (select from account a where a.id = account_id and a.organization_id = own_organization()));
create policy fee_plan_app on fee_plan for select to bursar_ledger_app using (organization_id = own_organization() or organization_id is null);

create policy account_worker on account for select to bursar_ledger_worker using (true);
create policy balance_worker on balance for select to bursar_ledger_worker using (true);
create policy journal_worker on journal for select to bursar_ledger_worker using (true);
create policy reversal_worker on reversal for select to bursar_ledger_worker using (true);
create policy entry_worker on entry for select to bursar_ledger_worker using (true);
create policy balance_daily_worker on balance_daily for select to bursar_ledger_worker using (true);
create policy fee_plan_worker on fee_plan for select to bursar_ledger_worker using (true);

-- A transaction as its organization sees it: all legs, but of the platform's accounts neither the balance nor how often they move.
create view transaction_entry with (security_barrier) as
  select e.transaction_id, e.line, e.account_id, a.code as account_code, e.amount, e.currency,
    case when seen.whole then e.sequence end as sequence,
    case when seen.whole then e.balance_after_amount end as balance_after_amount
  from entry e
  join account a on a.id = e.account_id
  join journal j on j.id = e.transaction_id
  cross join lateral (select current_user = 'bursar_ledger_worker' or a.organization_id = own_organization() as whole) seen
  where current_user = 'bursar_ledger_worker' or j.organization_id = own_organization();

grant select on account, balance, journal, reversal, entry, balance_daily, fee_plan, transaction_entry to bursar_ledger_app, bursar_ledger_worker;
grant select on seal to bursar_ledger_worker;
grant select (last_transaction_id) on seal to bursar_ledger_app;

-- EXECUTE is everybody's unless it is taken away.
revoke execute on all functions in schema public from public;
grant execute on function is_sandbox, own_organization, sequence_as_of, balance_at to bursar_ledger_app, bursar_ledger_worker;
grant execute on function post, lock_books, open_accounts, seal_next, chain_hash, total(bigint) to bursar_ledger_worker;
