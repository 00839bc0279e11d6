-- 46_portal_people.sql - accounts as admins keep them in the portal
-- SPDX-License-Identifier: Apache-2.0
--
-- The first parameter is always the account that asks. The portal may call
-- these and not what they stand on: whoever is no admin finds nothing, whatever
-- a page forgot.

create function wardgate.portal_admin_must_be(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not wardgate.account_is(account, array['admin']) then
    perform wardgate.refuse('WG404', 'There is no such account.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_admin_must_be is
  'WG404 unless the account is an admin; the trail will name it';

-- Nobody takes their own rights away: somebody is left who has them.
create function wardgate.portal_admin_of(account uuid, other uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_must_be(account);
  if other = account then
    perform wardgate.refuse('WG409',
        'This is your own account. Ask another admin.');
  end if;
end $$;
comment on function wardgate.portal_admin_of is
  'WG404, WG409 unless the account is an admin and the other one another';

create function wardgate.portal_account_list(account uuid)
returns table (
  account_id   uuid,
  login        text,
  name         text,
  roles        text[],
  has_totp     boolean,
  created_at   timestamptz,
  signed_in_at timestamptz,
  disabled_at  timestamptz,
  sessions     bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_must_be(account);
  return query
  select l.account_id, l.login, l.name, l.roles, l.has_totp, l.created_at,
         l.signed_in_at, l.disabled_at, l.sessions
    from wardgate.account_list() as l;
end $$;
comment on function wardgate.portal_account_list is 'All accounts, for admins';

create function wardgate.portal_account_able(
  account uuid, other uuid, able boolean, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_of(account, other);
  outcome := wardgate.account_able(other, able);
end $$;
comment on function wardgate.portal_account_able is
  'An admin disables another account (able false) or lets it work again';

create function wardgate.portal_account_roles_set(
  account uuid, other uuid, roles text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_of(account, other);
  outcome := wardgate.account_roles_set(other, roles);
end $$;
comment on function wardgate.portal_account_roles_set is
  'An admin gives another account other roles';

create function wardgate.portal_account_totp_remove(account uuid, other uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_of(account, other);
  perform wardgate.account_totp_remove(other);
end $$;
comment on function wardgate.portal_account_totp_remove is
  'An admin takes the lost phone from another account';

create function wardgate.portal_invitation_make(
  account uuid, hash bytea, name text, roles text, other uuid, life interval)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_must_be(account);
  perform wardgate.invitation_make(hash, name, roles, other, account, life);
end $$;
comment on function wardgate.portal_invitation_make is
  'An admin makes a link for a new account, or for another passphrase of one';
