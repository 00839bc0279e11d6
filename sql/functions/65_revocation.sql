-- 65_revocation.sql - revoking tokens, and asking whether one is revoked
-- SPDX-License-Identifier: Apache-2.0

-- Longer than the longest token life (token_life_s, one hour) and skew
-- together, however far clocks are apart.
create function wardgate.revocation_end()
returns timestamptz
language sql stable
return now() + interval '2 hours';
comment on function wardgate.revocation_end is
  'When a revocation made now bears on no token any more';

-- One change, however many keys; the processes learn each from the change log
-- as kind/seconds since 1970 of its end/key. So many that no process should
-- keep them all become one for everything: that ends more tokens, never fewer.
create function wardgate.revocation_put(
  kind text, keys text[], ends timestamptz, client uuid, why text)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  number bigint;
begin
  if coalesce(cardinality(keys), 0) = 0 then
    return null;
  end if;
  if cardinality(keys) > 10000 then
    return wardgate.revocation_put('everything', array[''],
        wardgate.revocation_end(), null, why);
  end if;
  update wardgate.change as c
     set n = c.n + 1,
         bears = case when revocation_put.kind = 'token' then c.bears
                      else c.n + 1
                  end
   where c.only_row
  returning c.n into number;
  insert into wardgate.revocation as r (kind, key, n, expires_at, made_by,
         why, client_id)
  select distinct revocation_put.kind, k, number, ends, session_user::text,
         revocation_put.why, client
    from unnest(keys) as k
      on conflict on constraint revocation_pkey do update
     set n = excluded.n, made_at = now(), made_by = excluded.made_by,
         expires_at = greatest(r.expires_at, excluded.expires_at),
         why = excluded.why;
  if cardinality(keys) > 1000 then
    insert into wardgate.change_log (n, kind, key)
    values (number, 'all', '');
  else
    insert into wardgate.change_log (n, kind, key)
    select distinct number, 'revocation', format('%s/%s/%s',
           revocation_put.kind, ceil(extract(epoch from ends)), k)
      from unnest(keys) as k;
  end if;
  return number;
end $$;
comment on function wardgate.revocation_put is
  'Revokes in this transaction; returns the change number, null for no key';

-- The triggers below call this one per statement: what ends a right, and what
-- gives back one that had ended, ends the tokens from before. Arguments: kind,
-- columns that identify a row, key, and whether rows b and a differ in that.
create function wardgate.row_revokes()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  keys text[];
begin
  if tg_op = 'TRUNCATE' then
    perform wardgate.revocation_put('everything', array[''],
        wardgate.revocation_end(), null, tg_table_name || ' was emptied');
    return null;
  elsif tg_op = 'DELETE' then
    execute format('select array(select %s from before as b)', tg_argv[2])
       into keys;
  else
    execute format(
        'select array('
        '  select %s from before as b left join after as a using (%s)'
        '   where a is null or %s)',
        tg_argv[2], tg_argv[1], tg_argv[3])
       into keys;
  end if;
  perform wardgate.revocation_put(tg_argv[0], keys,
      wardgate.revocation_end(), null, format('%s of %s', lower(tg_op),
        tg_table_name));
  return null;
end $$;
comment on function wardgate.row_revokes is
  'Trigger: revokes the tokens that stood on rows which ended or began anew';

do $$
declare
  t record;
begin
  for t in
    select * from (values
      ('client', 'client', 'client_id', 'client_id::text', null,
       '(b.disabled_at is null) <> (a.disabled_at is null)'),
      ('client_secret', 'secret', 'client_id, key_id',
       $k$client_id || '/' || key_id$k$, null,
       '(b.invalidated_at is null) <> (a.invalidated_at is null)'
       ' or coalesce(a.not_after, ''infinity'')'
       '  < coalesce(b.not_after, ''infinity'')'),
      ('client_jwks', 'secret', 'client_id',
       $k$unnest(array(
            select b.client_id || '/' || x.cred
              from (select unnest(b.creds) except select unnest(a.creds))
                as x (cred)))$k$,
       $k$b.client_id || '/' || unnest(b.creds)$k$, 'true'),
      ('client_grant', 'grant', 'client_id, tenant_id',
       $k$client_id || '/' || tenant_id$k$, null,
       'coalesce(b.ended_at <= now(), false)'
       ' <> coalesce(a.ended_at <= now(), false)'),
      ('tenant', 'tenant', 'tenant_id', 'tenant_id::text', null,
       $k$(b.state = 'suspended') <> (a.state = 'suspended')$k$))
      as v (name, kind, ids, key, gone, differs)
  loop
    execute format(
        'create trigger revokes_by_update after update on wardgate.%I'
        ' referencing old table as before new table as after'
        ' for each statement'
        ' execute function wardgate.row_revokes(%L, %L, %L, %L)',
        t.name, t.kind, t.ids, t.key, t.differs);
    execute format(
        'create trigger revokes_by_delete after delete on wardgate.%I'
        ' referencing old table as before for each statement'
        ' execute function wardgate.row_revokes(%L, %L, %L)',
        t.name, t.kind, t.ids, coalesce(t.gone, t.key));
    execute format(
        'create trigger revokes_by_truncate after truncate on wardgate.%I'
        ' for each statement execute function wardgate.row_revokes()',
        t.name);
  end loop;
end $$;

-- ---- another server took over

-- Null on a server that only follows. The timeline is that of what is written
-- now: the control file tells it later.
create function wardgate.lineage_now()
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if pg_is_in_recovery() then
    return null;
  end if;
  return (select s.system_identifier || '/'
                 || left(pg_walfile_name(pg_current_wal_lsn()), 8)
            from pg_control_system() as s);
end $$;
comment on function wardgate.lineage_now is
  'System identifier and timeline of this server, while it takes writes';

insert into wardgate.lineage (name) values (wardgate.lineage_now());

-- A standby that was promoted, or a backup that was restored, may not know the
-- last changes: tokens may carry numbers that it never counted, revocations
-- may be gone. So the number jumps past all of those, everything issued before
-- is dead, and every reader starts anew. Programs call this with each poll,
-- so none believes anything before it is done.
create function wardgate.lineage_check()
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  present text := wardgate.lineage_now();
  jumped  bigint;
begin
  if present is null or exists (
      select from wardgate.lineage as l where l.name = present) then
    return;
  end if;
  update wardgate.lineage as l set name = present, since = now()
   where l.name <> present;
  if not found then
    return;
  end if;
  update wardgate.change as c
     set n = c.n + 1000000, log_above = c.n + 1000000
   where c.only_row
  returning c.n into jumped;
  perform wardgate.revocation_put('everything', array[''],
      wardgate.revocation_end(), null, 'another database server took over');
  perform wardgate.audit_act('revoke-everything', null, null, null, null,
      'another database server took over');
end $$;
comment on function wardgate.lineage_check is
  'Ends all tokens when the database is on another server or timeline';

-- ---- asking

-- jti and credential as in the token; number: its chg, 0 when it has none. One
-- that is higher than ours was counted on a server whose end we do not know.
create function wardgate.token_revoked(
  client uuid, tenant uuid, credential text, jti text, number bigint)
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
      select from (values
        ('token', jti, 9223372036854775807),
        ('secret', client || '/' || credential, number),
        ('client', client::text, number),
        ('grant', client || '/' || tenant, number),
        ('tenant', tenant::text, number),
        ('everything', '', number)) as t (kind, key, n)
        join wardgate.revocation as r
          on r.kind = t.kind and r.key = t.key
             and (r.n > t.n or t.kind = 'token'))
      or exists (
      select from wardgate.change as c where c.only_row and c.n < number);
end $$;
comment on function wardgate.token_revoked is
  'Is this token of ours revoked, by itself or by what it stands on?';

-- A maintenance leaves tokens as they are.
create function wardgate.token_in_force(
  client uuid, tenant uuid, credential text, jti text, number bigint)
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
      select from wardgate.client as l
        join wardgate.client_grant as g
          on g.client_id = l.client_id and g.tenant_id = tenant
        join wardgate.tenant as t on t.tenant_id = g.tenant_id
       where l.client_id = client
         and l.disabled_at is null
         and (exists (
               select from wardgate.client_secret as s
                where s.key_id = credential and s.client_id = l.client_id
                  and s.invalidated_at is null
                  and (s.not_after is null or s.not_after > now()))
              or exists (
               select from wardgate.client_jwks as k
                where k.client_id = l.client_id
                  and credential = any (k.creds)))
         and wardgate.grant_state_now(g.granted_at, g.ended_at) = 'live'
         and wardgate.tenant_state_now(t.state, t.notice_until) <> 'suspended')
      and not wardgate.token_revoked(client, tenant, credential, jti, number);
end $$;
comment on function wardgate.token_in_force is
  'Would the facade take this token of ours at this moment?';

create function wardgate.revocations()
returns table (kind text, key text, n bigint, expires_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select r.kind, r.key, r.n, r.expires_at
    from wardgate.revocation as r
   where r.expires_at > now();
end $$;
comment on function wardgate.revocations is
  'All revocations that may bear on a token';

-- ---- revoking

-- By the client itself (RFC 7009). ends: exp of the token. A client may have
-- so many that count at a time; then `full`: nothing was done.
create function wardgate.revoke_own_token(
  client uuid, jti text, ends timestamptz, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from wardgate.revocation as r
              where r.kind = 'token' and r.key = jti) then
    outcome := 'unchanged';
    return;
  end if;
  if (select count(*)
        from (select from wardgate.revocation as r
               where r.client_id = client
               limit 10000) as own) >= 10000 then
    outcome := 'full';
    return;
  end if;
  perform wardgate.revocation_put('token', array[jti],
      least(ends + interval '10 minutes', wardgate.revocation_end()),
      client, 'by its client');
  outcome := 'revoked';
end $$;
comment on function wardgate.revoke_own_token is
  'Revokes a token that its client no longer needs';

-- By an operator. name: key id of a secret or credential id of a public key;
-- jti of a token. Whoever is
-- revoked may ask for new tokens at once, unless something else forbids it.
create function wardgate.revoke(
  kind text, client uuid, tenant uuid, name text, why text, dry boolean,
  out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  key      text;
  why_kept text := coalesce(
      wardgate.line_read('why', wardgate.given(why), 500), '');
begin
  if kind = 'token' then
    if coalesce(name, '') !~ '^[A-Za-z0-9_-]{22}$' then
      perform wardgate.refuse('WG400',
          'A token is named by its jti, the 22 characters that the trail shows as token_id; never by its text.');
    end if;
    key := name;
  elsif kind = 'secret' then
    if not exists (
        select from wardgate.client_secret as s
         where s.client_id = client and s.key_id = name
         union all
        select from wardgate.client_jwks as k
         where k.client_id = client and name = any (k.creds)) then
      perform wardgate.refuse('WG404', format(
          'The client has no secret or key with the id %s.',
          wardgate.quoted(name)));
    end if;
    key := client || '/' || name;
  elsif kind = 'client' then
    perform wardgate.client_must_be(client);
    key := client;
  elsif kind = 'grant' then
    if not exists (
        select from wardgate.client_grant as g
         where g.client_id = client and g.tenant_id = tenant) then
      perform wardgate.refuse('WG404', format(
          'The client %s was never granted the tenant %s.', client, tenant));
    end if;
    key := client || '/' || tenant;
  elsif kind = 'tenant' then
    perform wardgate.tenant_must_be(tenant);
    key := tenant;
  elsif kind = 'everything' then
    key := '';
  else
    perform wardgate.refuse('WG400', format(
        'The kind %s is none of: token, secret, client, grant, tenant, everything.',
        wardgate.quoted(kind)));
  end if;
  if dry then
    outcome := 'would revoke';
    return;
  end if;
  perform wardgate.revocation_put(kind, array[key],
      wardgate.revocation_end(), null, why_kept);
  perform wardgate.audit_act('revoke-' || kind, client, tenant,
      case kind when 'secret' then name end,
      case kind when 'token' then name end, why_kept);
  outcome := 'revoked';
end $$;
comment on function wardgate.revoke is
  'Ends the tokens that were issued so far: one, or all of a kind';

create function wardgate.revocation_list()
returns table (
  kind       text,
  key        text,
  made_at    timestamptz,
  made_by    text,
  why        text,
  expires_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select r.kind, r.key, r.made_at, r.made_by, r.why, r.expires_at
    from wardgate.revocation as r
   where r.expires_at > now()
   order by r.made_at desc, r.kind, r.key
   limit 1000;
end $$;
comment on function wardgate.revocation_list is
  'The newest revocations that may bear on a token';

create function wardgate.revocation_trim(at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.revocation as r
   where (r.kind, r.key) in (
         select o.kind, o.key
           from wardgate.revocation as o
          where o.expires_at < now()
          order by o.expires_at
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.revocation_trim is
  'Removes revocations that bear on no token any more; returns how many';
