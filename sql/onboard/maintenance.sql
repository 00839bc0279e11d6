-- maintenance.sql - answer for a tenant with a notice that users can read
-- SPDX-License-Identifier: Apache-2.0
--
-- psql "$WG_DB" -v tenant=GUID -v notice=TEXT -f sql/onboard/maintenance.sql
--
--   tenant   the tenant ID
--   notice   the sentence that users of the app will read
--   until    when it ends by itself: '2026-12-31 06:00+01' or '+2 hours'
--   retry_after_s  Retry-After of the answers, seconds
--   dry_run  1: show what would happen, change nothing
--
-- Without until, resume.sql ends it. Tokens are still issued; FHIR requests get
-- 503 with the notice. Twice the same is no change.

\set QUIET on
\set ON_ERROR_STOP on
\set VERBOSITY terse
\pset footer off

\if :{?tenant}
\else
do $$ begin
  raise exception 'tenant is missing; usage: psql "$WG_DB" -v tenant=GUID -v notice=TEXT [-v until=TIME] [-v dry_run=1] -f maintenance.sql';
end $$;
\endif
\if :{?notice}
\else
\set notice ''
\endif
\if :{?until}
\else
\set until ''
\endif
\if :{?retry_after_s}
\else
\set retry_after_s ''
\endif
\if :{?dry_run}
\else
\set dry_run 0
\endif

begin;
select wardgate.switch_read('dry_run', :'dry_run') as dry \gset
select object, id, outcome, detail
  from wardgate.tenant_state_set(:'tenant', 'maintenance', :'notice', :'until',
       :'retry_after_s');
\if :dry
rollback;
\echo 'Dry run: nothing was changed.'
\else
commit;
\endif
