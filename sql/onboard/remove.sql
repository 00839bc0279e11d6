-- remove.sql - remove a tenant, its provider and its grants
-- SPDX-License-Identifier: Apache-2.0
--
-- psql "$WG_DB" -v tenant=GUID -f sql/onboard/remove.sql
--
--   tenant   the tenant ID
--   dry_run  1: show what would happen, change nothing
--
-- Audit rows are kept. Twice is no change.

\set QUIET on
\set ON_ERROR_STOP on
\set VERBOSITY terse
\pset footer off

\if :{?tenant}
\else
do $$ begin
  raise exception 'tenant is missing; usage: psql "$WG_DB" -v tenant=GUID [-v dry_run=1] -f remove.sql';
end $$;
\endif
\if :{?dry_run}
\else
\set dry_run 0
\endif

begin;
select wardgate.switch_read('dry_run', :'dry_run') as dry \gset
select object, id, outcome, detail
  from wardgate.tenant_remove(:'tenant');
\if :dry
rollback;
\echo 'Dry run: nothing was changed.'
\else
commit;
\endif
