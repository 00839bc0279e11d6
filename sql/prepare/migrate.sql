-- migrate.sql - what `wardgate migrate` asks before the schema is there
-- SPDX-License-Identifier: Apache-2.0
--
-- Runs as the owner of the schema. Only the catalog is asked here, as the
-- table of migrations may not exist yet.

-- Does the table of migrations exist?
prepare migration_table as
  select to_regclass('wardgate.migration') is not null;
