-- policy.sql - may providers be plain http on this machine? (demonstrations)
-- SPDX-License-Identifier: Apache-2.0
--
-- psql "$WG_DB" -v provider_http=refuse|loopback -f sql/onboard/policy.sql
--
--   provider_http  refuse (as installed): only https, never this machine;
--                  loopback: also http and https on this machine
--   dry_run        1: show what would happen, change nothing
--
-- For the owner of the schema only. The settings of the facade have the same
-- switch (provider_http in wardgate.conf); both must allow it.

\set QUIET on
\set ON_ERROR_STOP on
\set VERBOSITY terse
\pset footer off

\if :{?provider_http}
\else
do $$ begin
  raise exception 'provider_http is missing; usage: psql "$WG_DB" -v provider_http=refuse|loopback [-v dry_run=1] -f policy.sql';
end $$;
\endif
\if :{?dry_run}
\else
\set dry_run 0
\endif

begin;
select wardgate.switch_read('dry_run', :'dry_run') as dry \gset
select object, id, outcome, detail
  from wardgate.policy_set('provider_http', :'provider_http');
\if :dry
rollback;
\echo 'Dry run: nothing was changed.'
\else
commit;
\endif
