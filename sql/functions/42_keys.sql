-- 42_keys.sql - signing keys from stage to stage
-- SPDX-License-Identifier: Apache-2.0
--
-- published -> use -> retired -> withdrawn. One key signs; whoever changes that
-- holds the table, so two commands at once follow each other.

create function wardgate.signing_key_must_be(key text)
returns wardgate.signing_key
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  found_key wardgate.signing_key;
begin
  lock table wardgate.signing_key in share row exclusive mode;
  select k.* into found_key
    from wardgate.signing_key as k where k.kid = key;
  if found_key.kid is null then
    perform wardgate.refuse('WG404', format(
        'There is no signing key %s; `wardgate key list` shows all.',
        wardgate.quoted(coalesce(key, ''))));
  end if;
  return found_key;
end $$;
comment on function wardgate.signing_key_must_be is
  'The row of a signing key, held until the transaction ends';

-- A verifier that read the keys a moment before this one was published does
-- not know it until its copy grows old: `known_after` is how long that takes.
create function wardgate.signing_key_use(
  key text, known_after interval, out outcome text, out retired text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.signing_key := wardgate.signing_key_must_be(key);
begin
  outcome := 'unchanged';
  if k.stage = 'use' then
    return;
  end if;
  if k.stage = 'withdrawn' then
    perform wardgate.refuse('WG409',
        'This key is withdrawn and never signs again; make a new one with '
        '`wardgate key make signing`.');
  end if;
  if k.made_at + known_after > clock_timestamp() then
    perform wardgate.refuse('WG409', format(
        'This key was published at %s UTC and is not known everywhere before '
        '%s UTC; use it then, or at once with --now.',
        to_char(k.made_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
        to_char((k.made_at + known_after) at time zone 'UTC',
          'YYYY-MM-DD HH24:MI:SS')));
  end if;
  update wardgate.signing_key as o
     set stage = 'retired', retired_at = now()
   where o.stage = 'use'
  returning o.kid into retired;
  update wardgate.signing_key as o
     set stage = 'use', used_at = now(), retired_at = null
   where o.kid = key;
  outcome := 'changed';
end $$;
comment on function wardgate.signing_key_use is
  'Lets a published key sign, and retires the one that did';

-- successor: the key that signs from now on if this one did; null: none.
create function wardgate.signing_key_withdraw(
  key text, successor text, out outcome text, out in_use text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.signing_key := wardgate.signing_key_must_be(key);
begin
  if k.stage = 'use' and (successor is null or successor = key) then
    perform wardgate.refuse('WG409',
        'This key is in use and no other one is published.');
  end if;
  update wardgate.signing_key as o
     set stage = 'withdrawn', withdrawn_at = now()
   where o.kid = key and o.stage <> 'withdrawn';
  outcome := case when found then 'changed' else 'unchanged' end;
  if k.stage = 'use' then
    perform wardgate.signing_key_use(successor, interval '0');
  end if;
  in_use := (select o.kid from wardgate.signing_key as o
              where o.stage = 'use');
end $$;
comment on function wardgate.signing_key_withdraw is
  'Ends a key and all tokens it signed, and lets another one sign if it did';

-- grace: how long a token may live, with all allowance for clocks.
create function wardgate.signing_keys_refused(grace interval)
returns table (kid text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select k.kid
    from wardgate.signing_key as k
   where k.stage = 'withdrawn'
      or (k.stage = 'retired' and k.retired_at + grace < now())
   order by k.kid;
end $$;
comment on function wardgate.signing_keys_refused is
  'Keys whose tokens count for nothing: withdrawn, or retired for too long';

create function wardgate.signing_key_expire(grace interval)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  n bigint;
begin
  update wardgate.signing_key as k
     set stage = 'withdrawn', withdrawn_at = now()
   where k.stage = 'retired' and k.retired_at + grace < now();
  get diagnostics n = row_count;
  return n;
end $$;
comment on function wardgate.signing_key_expire is
  'Withdraws keys that retired before any token in force was signed; how many';
