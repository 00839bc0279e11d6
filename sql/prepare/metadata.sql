-- metadata.sql - everything that metadata asks the database, as wg_metadata
-- SPDX-License-Identifier: Apache-2.0

-- Is the database fit for work? One row per check: subject, ok, why.
prepare ready (bigint, bigint) as
  select subject, ok, why
    from wardgate.ready($1, $2);
