-- 41_peppers.sql - moving secrets from one pepper to the next
-- SPDX-License-Identifier: Apache-2.0
--
-- Only who holds a secret's text can hash it anew, and that is `token` at the
-- moment of its success. It may do just that: replace the hash it has checked.

create function wardgate.pepper_in_use()
returns bigint
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce((select max(p.version) from wardgate.pepper as p), 0);
end $$;
comment on function wardgate.pepper_in_use is
  'The version that secrets are moved to; 0: none was named';

-- Whatever happened to the secret meanwhile wins: then nothing is changed.
create function wardgate.secret_rehash(
  client uuid, key text, old_hash bytea, new_hash bytea, version bigint)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.client_secret as s
     set hash = new_hash, pepper_version = secret_rehash.version::integer
   where s.key_id = key and s.client_id = client
     and s.hash = old_hash
     and s.invalidated_at is null
     and s.pepper_version < secret_rehash.version
     and secret_rehash.version = wardgate.pepper_in_use();
  return found;
end $$;
comment on function wardgate.secret_rehash is
  'Stores a secret under the newest pepper; false: it was not as told';

create function wardgate.pepper_needed(version bigint)
returns bigint
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return (select count(*)
            from wardgate.client_secret as s
           where s.pepper_version = pepper_needed.version
             and s.invalidated_at is null
             and (s.not_after is null or s.not_after > now()));
end $$;
comment on function wardgate.pepper_needed is
  'How many secrets that work, or will, are stored under this version';

create function wardgate.pepper_use(version bigint, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if version < wardgate.pepper_in_use() then
    perform wardgate.refuse('WG409', format(
        'Secrets are moved to version %s already, and never back.',
        wardgate.pepper_in_use()));
  end if;
  insert into wardgate.pepper (version)
  values (pepper_use.version::integer)
      on conflict do nothing;
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.pepper_use is
  'Names the version that secrets are moved to, each at its next success';

create function wardgate.pepper_remove(version bigint, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  needed bigint;
begin
  -- No secret is made under it between the count and the end.
  lock table wardgate.client_secret in share row exclusive mode;
  needed := wardgate.pepper_needed(version);
  if version >= wardgate.pepper_in_use() then
    perform wardgate.refuse('WG409',
        'No newer pepper is in use; `wardgate key use pepper` names one.');
  end if;
  if needed > 0 then
    perform wardgate.refuse('WG409', format(
        '%s this pepper still; each is moved when it is used, and the '
        'others can be invalidated.',
        wardgate.counted(needed, 'secret needs', 'secrets need')));
  end if;
  delete from wardgate.pepper as p where p.version = pepper_remove.version;
  outcome := 'removed';
end $$;
comment on function wardgate.pepper_remove is
  'May the file of this version be removed? Refuses while a secret needs it';
