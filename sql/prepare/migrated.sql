-- migrated.sql - what `wardgate migrate` asks once the schema is there
-- SPDX-License-Identifier: Apache-2.0

-- What was applied: number, name, sha256, applied_at.
prepare migration_list as
  select number, name, sha256, applied_at
    from wardgate.migration
   order by number;

-- Write down what was just applied, in its own transaction.
prepare migration_add (bigint, text, bytea) as
  insert into wardgate.migration (number, name, sha256)
  values ($1::integer, $2, $3);
