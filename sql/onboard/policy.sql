-- policy.sql - rules of the house: plain http, second operators, probes
-- SPDX-License-Identifier: Apache-2.0
--
-- psql "$WG_DB" -v provider_http=refuse|loopback -v second_approver=off|on
--      -v production_probe=required|advised -f sql/onboard/policy.sql
--
--   provider_http    refuse (as installed): only https, never this machine;
--                    loopback: also http and https on this machine, for
--                    demonstrations
--   second_approver  off (as installed); on: a new production hospital, one that
--                    becomes or ceases to be one, another address or networks
--                    of a server and another credential need a second operator,
--                    in the portal. The scripts of this folder are refused such
--                    changes then, and so is the removal of a production
--                    hospital: set it to off for that
--   production_probe  required (as installed): a hospital goes into production when
--                    a probe has found it usable, or somebody has said why it may
--                    do without; advised: when an operator says so
--   dry_run          1: show what would happen, change nothing
--
-- What is left out stays as it is. For the owner of the schema only. The settings
-- of the facade have a switch provider_http too (wardgate.conf); both must allow
-- it.

\set QUIET on
\set ON_ERROR_STOP on
\set VERBOSITY terse
\pset footer off

\if :{?provider_http}
\elif :{?second_approver}
\elif :{?production_probe}
\else
do $$ begin
  raise exception 'provider_http, second_approver or production_probe is missing; usage: psql "$WG_DB" [-v provider_http=refuse|loopback] [-v second_approver=off|on] [-v production_probe=required|advised] [-v dry_run=1] -f policy.sql';
end $$;
\endif
\if :{?dry_run}
\else
\set dry_run 0
\endif

begin;
select wardgate.switch_read('dry_run', :'dry_run') as dry \gset
\if :{?provider_http}
select object, id, outcome, detail
  from wardgate.policy_set('provider_http', :'provider_http');
\endif
\if :{?second_approver}
select object, id, outcome, detail
  from wardgate.policy_set('second_approver', :'second_approver');
\endif
\if :{?production_probe}
select object, id, outcome, detail
  from wardgate.policy_set('production_probe', :'production_probe');
\endif
\if :dry
rollback;
\echo 'Dry run: nothing was changed.'
\else
commit;
\endif
