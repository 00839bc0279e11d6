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

-- What is known of the provider of tenant $2, for a token of client $1 with
-- credential $3: no row unless that token is in force. facts: as gate/found
-- wrote them, null if nothing was found out.
prepare statement_for_tenant (uuid, uuid, text) as
  select name, fhir_version, mode, search_post, can_contains, can_sort,
         can_total, can_batch, coverage_person, write_extensions, mrn_system,
         facts
    from wardgate.statement_for_tenant($1, $2, $3);
