-- remove.sql - remove a tenant, its provider, keys, credentials and links
-- SPDX-License-Identifier: Apache-2.0
--
-- Copy this file, take the two dashes away before each \set line that you need,
-- fill in the value between the quotes, and let somebody read it. Then
--
--     wardgate tenant plan FILE     says what would go
--     wardgate tenant apply FILE    does it
--
-- or  psql "$WG_DB" -v tenant=GUID [-v dry_run=1] -f remove.sql
--
-- Gone for good: the sealed credentials, the key pairs (the JWK Set is published no
-- more), certificates, probes, links of clients, and what waits for an answer. Its
-- tokens are revoked at once and stay so if the same tenant ID comes back. Kept:
-- audit rows, counts of traffic, and in the trail who removed what. Twice is no
-- change.

-- The tenant ID
--\set tenant ''

-- Clients are linked to it: without this it is not removed; end: ends the links, too
--\set links ''

-- ---- remove.sql: nothing is filled in below this line -----------------------

\set QUIET on
\set ON_ERROR_STOP on
\set VERBOSITY terse
\pset footer off

\if :{?tenant}
\else
do $$ begin
  raise exception 'tenant is missing; usage: psql "$WG_DB" -v tenant=GUID [-v links=end] [-v dry_run=1] -f remove.sql';
end $$;
\endif
\if :{?links}
\else
\set links ''
\endif
\if :{?dry_run}
\else
\set dry_run 0
\endif

begin;
select wardgate.switch_read('dry_run', :'dry_run') as dry \gset
select object, id, outcome, detail
  from wardgate.onboard_run('remove', jsonb_build_object(
         'tenant', :'tenant', 'links', :'links'));
\if :dry
rollback;
\echo 'Dry run: nothing was changed.'
\else
commit;
\endif
