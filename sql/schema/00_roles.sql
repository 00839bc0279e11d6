-- 00_roles.sql - the roles, one per duty
-- SPDX-License-Identifier: Apache-2.0
--
-- Roles belong to the whole cluster, so those that are there already stay as
-- they are. Making one needs the right to create roles; where wg_owner has not
-- got it, a superuser runs this file once. No role has a password here: how
-- each may log in stands in pg_hba.conf.

do $$
declare
  wanted  text;
  missing text[];
begin
  missing := array(
      select w
        from unnest(array['wg_metadata', 'wg_token', 'wg_facade', 'wg_admin',
             'wg_rehearsal', 'wg_keeper', 'wg_operator', 'wg_auditor']) as w
       where not exists (select from pg_roles where rolname = w));
  if missing <> '{}' and not (
      select rolcreaterole or rolsuper from pg_roles
       where rolname = current_user) then
    raise exception 'The roles % are missing and % may not create them.',
        array_to_string(missing, ', '), current_user
      using hint = 'Run sql/schema/00_roles.sql once as a superuser.';
  end if;
  foreach wanted in array missing loop
    execute format('create role %I login', wanted);
  end loop;
end $$;
