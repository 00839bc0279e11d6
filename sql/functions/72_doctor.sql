-- 72_doctor.sql - faults of an installation that the database can see
-- SPDX-License-Identifier: Apache-2.0
--
-- state: ok, warning, fault. Each subject has at least one row; of what could
-- go on for ever the first twenty are told.

create function wardgate.doctor_roles()
returns table (found text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  served text[] := array['wg_metadata', 'wg_token', 'wg_facade', 'wg_admin',
      'wg_keeper', 'wg_operator', 'wg_auditor', 'wg_rehearsal'];
begin
  return query
  select format('%I is a superuser or may change roles, databases or row security',
         r.rolname)::text,
         format('alter role %I nosuperuser nocreaterole nocreatedb noreplication nobypassrls',
           r.rolname)::text
    from pg_roles as r
   where r.rolname = any (served)
     and (r.rolsuper or r.rolcreaterole or r.rolcreatedb
          or r.rolreplication or r.rolbypassrls)
   order by r.rolname;
  return query
  select format('%I is a member of %I and has its rights',
         m.member::regrole, m.roleid::regrole)::text,
         format('revoke %s from %s', m.roleid::regrole, m.member::regrole)::text
    from pg_auth_members as m
   where m.member::regrole::text = any (served)
   order by 1;
  return query
  select format('%s owns objects of the schema wardgate', o.owner)::text,
         format('reassign owned by %s to wg_owner, in this database',
           o.owner)::text
    from (select c.relowner::regrole::text as owner
            from pg_class as c
           where c.relnamespace = 'wardgate'::regnamespace
           union
          select p.proowner::regrole::text
            from pg_proc as p
           where p.pronamespace = 'wardgate'::regnamespace) as o
   where o.owner = any (served)
   order by 1;
  return query
  select format('%I may %s %s without the functions made for it',
         r.rolname, v.verb, c.oid::regclass)::text,
         format('revoke %s on %s from %I', v.verb, c.oid::regclass,
           r.rolname)::text
    from pg_roles as r, pg_class as c,
         unnest(array['select', 'insert', 'update', 'delete', 'truncate'])
           as v (verb)
   where r.rolname = any (served) and not r.rolsuper
     and c.relnamespace = 'wardgate'::regnamespace
     and c.relkind in ('r', 'p', 'v')
     and has_table_privilege(r.oid, c.oid, v.verb)
     and not pg_has_role(r.oid, c.relowner, 'usage')
     and not (r.rolname = 'wg_auditor' and c.relname = 'audit'
          and v.verb = 'select')
     and not (r.rolname = 'wg_operator' and c.relname = 'loss_report'
          and v.verb = 'select')
   order by 1
   limit 20;
end $$;
comment on function wardgate.doctor_roles is
  'Rights that a service role has and must not have, and how to take them';

create function wardgate.doctor_durability()
returns table (found text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select format('%s is off: what was answered for can be lost', s.name)::text,
         format('alter system set %I = on; select pg_reload_conf()',
           s.name)::text
    from pg_settings as s
   where s.name in ('fsync', 'full_page_writes', 'synchronous_commit')
     and s.setting = 'off'
   order by s.name;
  return query
  select format('synchronous_commit is off for the role or database %s',
         coalesce(nullif(d.setrole, 0)::regrole::text,
           (select b.datname from pg_database as b
             where b.oid = d.setdatabase), 'of everybody'))::text,
         'alter role (or database) ... reset synchronous_commit'::text
    from pg_db_role_setting as d, unnest(d.setconfig) as c (line)
   where c.line = 'synchronous_commit=off'
     and (d.setdatabase = 0 or d.setdatabase = (
          select b.oid from pg_database as b
           where b.datname = current_database()))
   order by 1
   limit 20;
end $$;
comment on function wardgate.doctor_durability is
  'Settings by which the server forgets what it has committed';

create function wardgate.doctor_secrets(soon interval)
returns table (found text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select format('the secret %s of %s (%s) %s %s UTC and no other takes its place',
         s.key_id, c.name, c.client_id,
         case when s.not_after <= now() then 'expired at' else 'ends at' end,
         to_char(s.not_after at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))::text,
         format('wardgate client secret add %s, and deploy it',
           c.client_id)::text
    from wardgate.client as c
    join lateral (
         select v.key_id, v.not_after
           from wardgate.client_secret as v
          where v.client_id = c.client_id and v.invalidated_at is null
          order by v.not_after desc nulls first
          limit 1) as s on s.not_after <= now() + soon
   where c.disabled_at is null
     and not exists (
         select from wardgate.client_jwks as j where j.client_id = c.client_id)
   order by s.not_after
   limit 20;
end $$;
comment on function wardgate.doctor_secrets is
  'Apps whose last secret has expired or will soon';

-- Of nobody else's request: only the doctor's own carry such an id.
create function wardgate.doctor_source(request text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if request !~ '^doctor-[0-9a-f]{32}$' then
    return null;
  end if;
  return (select host(a.source)
            from wardgate.audit as a
           where a.at > now() - interval '1 minute'
             and a.request_id = request
           limit 1);
end $$;
comment on function wardgate.doctor_source is
  'The address that a request of the doctor was taken to come from';

create function wardgate.doctor()
returns table (subject text, state text, finding text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  kept timestamptz := (select r.done_to from wardgate.roll_up as r
                        where r.name = 'secret_use');
begin
  return query select 'roles', 'fault', d.found, d.act
                 from wardgate.doctor_roles() as d;
  if not found then
    return query select 'roles', 'ok',
        'each service role has what its duty needs', null::text;
  end if;
  return query select 'durability', 'fault', d.found, d.act
                 from wardgate.doctor_durability() as d;
  if not found then
    return query select 'durability', 'ok',
        'what is committed is on the disk', null::text;
  end if;
  return query select 'secrets', 'warning', d.found, d.act
                 from wardgate.doctor_secrets(interval '14 days') as d;
  if not found then
    return query select 'secrets', 'ok',
        'no app loses its last secret within 14 days', null::text;
  end if;
  return query select 'credentials', d.state, d.found, d.act
                 from wardgate.doctor_credentials() as d;
  if not found then
    return query select 'credentials', 'ok',
        'each is sealed to the key in use', null::text;
  end if;
  subject := 'keeper';
  state := case when kept > now() - interval '10 minutes' then 'ok'
                else 'warning'
            end;
  finding := format('the last round that summed up uses reached %s UTC',
      to_char(kept at time zone 'UTC', 'YYYY-MM-DD HH24:MI'));
  act := case when state <> 'ok' then 'start `wardgate keep`' end;
  return next;
end $$;
comment on function wardgate.doctor is
  'What is wrong with roles, settings, secrets, credentials and upkeep, and what to do';
