-- 54_secret_trail.sql - forgetting the uses of secrets and keys that are gone
-- SPDX-License-Identifier: Apache-2.0

create function wardgate.credential_gone(key text)
returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select not exists (
             select from wardgate.client_secret as s where s.key_id = key)
         and not exists (
             select from wardgate.client_jwks as k where key = any (k.creds))
$$;
comment on function wardgate.credential_gone is
  'Is this the id of no secret and of no public key?';

-- Secrets stay, ended or not, and with them what is known of their uses. Public
-- keys come and go with the set that their owner publishes: of those that are
-- in no set any more nothing is kept for longer than `older_than`.
create function wardgate.secret_trail_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before  timestamptz := now() - older_than;
  removed bigint := 0;
  step    bigint;
begin
  delete from wardgate.secret_use as u
   where (u.key_id, u.tenant_id) in (
         select o.key_id, o.tenant_id
           from wardgate.secret_use as o
          where o.last_at < before and wardgate.credential_gone(o.key_id)
          limit at_most
            for update skip locked);
  get diagnostics step = row_count;
  removed := removed + step;
  delete from wardgate.secret_shown as s
   where s.key_id in (
         select o.key_id
           from wardgate.secret_shown as o
          where o.last_at < before and wardgate.credential_gone(o.key_id)
          limit at_most
            for update skip locked);
  get diagnostics step = row_count;
  removed := removed + step;
  delete from wardgate.secret_notice as n
   where (n.key_id, n.days) in (
         select o.key_id, o.days
           from wardgate.secret_notice as o
          where o.taken_at < before and wardgate.credential_gone(o.key_id)
          limit at_most
            for update skip locked);
  get diagnostics step = row_count;
  return removed + step;
end $$;
comment on function wardgate.secret_trail_trim is
  'Forgets the uses of public keys that are in no set any more; returns how many';
