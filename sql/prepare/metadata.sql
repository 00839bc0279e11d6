-- metadata.sql - everything that metadata asks the database, as wg_metadata
-- SPDX-License-Identifier: Apache-2.0

-- Single rows by their keys: see facade.sql.
set plan_cache_mode = force_generic_plan;
set enable_seqscan = off;
set jit = off;

-- Is the database fit for work? One row per check: subject, ok, why.
prepare ready (bigint, bigint) as
  select subject, ok, why
    from wardgate.ready($1, $2);

-- Which key signs? One row, always; kid null: none yet.
prepare signing_key_in_use as
  select n, kid
    from wardgate.signing_key_in_use();

-- Signing keys whose tokens count for nothing; $1: for how many seconds those of
-- a retired key still do.
prepare signing_keys_refused (bigint) as
  select kid
    from wardgate.signing_keys_refused(make_interval(secs => $1));

-- What is known of the provider of tenant $2, for a token of client $1 with
-- credential $3, jti $4 and change number $5: no row unless that token is in
-- force. facts: as gate/found wrote them, null if nothing was found out.
prepare statement_for_tenant (uuid, uuid, text, text, bigint) as
  select name, fhir_version, mode, search_post, can_contains, can_sort,
         can_total, can_batch, coverage_person, write_extensions, mrn_system,
         facts, types
    from wardgate.statement_for_tenant($1, $2, $3, $4, $5);

-- Of each tenant that was probed: when, when last with success (null: never), is
-- it usable, how many calls changed, when its certificate ends (null: not seen).
prepare probe_figures as
  select slug, at, good_at, usable, changed, certificate_ends
    from wardgate.probe_figures();

-- The JWK Set that is published for the provider of tenant $1.
prepare provider_jwks (uuid) as
  select jwks
    from wardgate.provider_jwks($1);

-- When clients will be left without a secret: the soonest time, null if none
-- ends; how many within 1, 7, 14 and 30 days.
prepare secret_ends as
  select soonest, in_1, in_7, in_14, in_30
    from wardgate.secret_ends();
