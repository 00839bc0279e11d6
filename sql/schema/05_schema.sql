-- 05_schema.sql - the room that everything of wardgate stands in
-- SPDX-License-Identifier: Apache-2.0

create schema wardgate;
comment on schema wardgate is
  'wardgate: who may ask which hospital, where it is, and who asked';

-- Nothing here is for everybody unless 90_grants.sql says so.
alter default privileges revoke execute on functions from public;
alter default privileges revoke usage on types from public;
