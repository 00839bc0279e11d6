-- 49_onboard_file.sql - what a script that was filled in does, and what it changes
-- SPDX-License-Identifier: Apache-2.0
--
-- tenant.sql and remove.sql of sql/onboard, whether psql runs them or `wardgate
-- tenant plan` and `apply`: the values come as one object, by the names of their
-- variables; null or empty is left out.

-- Does the server want signatures, and no key makes them? A key_alg that is
-- given wants one before that.
create function wardgate.key_wanted(tenant uuid, key_alg text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  alg text := upper(wardgate.word_read('key_alg', wardgate.given(key_alg),
      array['rs384', 'es384']));
begin
  if exists (select from wardgate.provider_key as k
              where k.tenant_id = tenant and k.stage = 'use')
      or not exists (select from wardgate.provider as p
                      where p.tenant_id = tenant) then
    return null;
  end if;
  return coalesce(alg, (
      select 'ES384' from wardgate.provider_credential as c
       where c.tenant_id = tenant and c.kind = 'smart'));
end $$;
comment on function wardgate.key_wanted is
  'Algorithm of the key pair that a tenant lacks; null: it lacks none';

create function wardgate.onboard_tenant(v jsonb)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', v ->> 'tenant');
  rule        text;
  said        text;
  problem     text;
begin
  begin
    return query
    select p.*
      from wardgate.tenant_put(v ->> 'tenant', v ->> 'name', v ->> 'slug',
           v ->> 'provider_url', v ->> 'fhir_version', v ->> 'mode',
           v ->> 'search_post', v ->> 'http2', v ->> 'connect_ms',
           v ->> 'total_ms', v ->> 'mrn_system', v ->> 'client',
           v ->> 'can_contains', v ->> 'can_sort', v ->> 'can_total',
           v ->> 'can_batch', v ->> 'coverage_person',
           v ->> 'write_extensions', v ->> 'types', v ->> 'purpose',
           v ->> 'networks', v ->> 'environment', v ->> 'requests_max',
           v ->> 'calls_per_s', v ->> 'override') as p
     where p.object <> 'summary';
  exception when sqlstate 'WG409' then
    get stacked diagnostics rule = constraint_name, said = message_text,
      problem = pg_exception_detail;
    if rule <> 'production_probe' then
      raise;
    end if;
    perform wardgate.production_refusal_keep(tenant_kept, problem);
    said := said || ' ' || problem;
    -- for psql, which has to end with this after it has kept the attempt
    perform set_config('wardgate.refused', said, true);
    return query select 'tenant', tenant_kept::text, 'refused', said;
    return query select * from wardgate.onboarding_summary(before);
    return;
  end;
  if concat(wardgate.given(v ->> 'auth'), wardgate.given(v ->> 'credential'),
      wardgate.given(v ->> 'token_url'), wardgate.given(v ->> 'token_client'))
      <> '' then
    return query
    select c.*
      from wardgate.credential_put(v ->> 'tenant', v ->> 'auth',
           v ->> 'credential', v ->> 'token_url', v ->> 'token_client',
           v ->> 'token_auth', v ->> 'token_scope', v ->> 'token_resource',
           v ->> 'token_audience') as c
     where c.object <> 'summary';
  end if;
  if concat(wardgate.given(v ->> 'certificate'),
      wardgate.given(v ->> 'certificate_key'),
      wardgate.given(v ->> 'provider_ca')) <> '' then
    return query
    select t.*
      from wardgate.tls_put(v ->> 'tenant', v ->> 'certificate',
           v ->> 'certificate_key', v ->> 'provider_ca') as t
     where t.object <> 'summary';
  end if;
  return query
  select 'key pair', k.alg, 'missing', format(
           '`wardgate key make provider --alg %s %s` makes it', k.alg,
           tenant_kept)
    from wardgate.key_wanted(tenant_kept, v ->> 'key_alg') as k (alg)
   where k.alg is not null;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.onboard_tenant is
  'What sql/onboard/tenant.sql does with its variables; outcome refused: nothing, but the trail has it';

-- Of a tenant that goes: apps that are linked to it, and when the last of them
-- was served, as far as traffic was counted.
create function wardgate.tenant_use_problem(tenant uuid)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  linked bigint;
  served timestamptz;
begin
  select count(*) into linked
    from wardgate.client_grant as g
   where g.tenant_id = tenant and (g.ended_at is null or g.ended_at > now());
  if linked = 0 then
    return null;
  end if;
  select max(f.last_at) into served
    from wardgate.traffic as f
   where f.tenant_id = tenant and f.program = 'facade'
     and f.outcome = 'answered';
  return format('Apps are linked to this hospital (%s), last served %s. Tell '
      'their owners; then remove it with links=end, which ends the links, too.',
      linked, coalesce('at ' || to_char(served at time zone 'UTC',
        'YYYY-MM-DD HH24:MI "UTC"'), 'never'));
end $$;
comment on function wardgate.tenant_use_problem is
  'Why a hospital is not removed without another word; null: nobody is linked to it';

-- links: end, or nothing.
create function wardgate.onboard_remove(v jsonb)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  problem text;
begin
  perform wardgate.onboarding_lock();
  problem := wardgate.tenant_use_problem(
      wardgate.guid_read('tenant', v ->> 'tenant'));
  if wardgate.word_read('links', wardgate.given(v ->> 'links'), array['end'])
      is null and problem is not null then
    perform wardgate.refuse('WG409', problem);
  end if;
  return query select r.* from wardgate.tenant_remove(v ->> 'tenant') as r;
end $$;
comment on function wardgate.onboard_remove is
  'What sql/onboard/remove.sql does with its variables';

create function wardgate.onboard_run(script text, v jsonb)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if script = 'tenant' then
    return query select t.* from wardgate.onboard_tenant(v) as t;
  elsif script = 'remove' then
    return query select r.* from wardgate.onboard_remove(v) as r;
  else
    perform wardgate.refuse('WG400', format('There is no script %s.',
        wardgate.quoted(script)));
  end if;
end $$;
comment on function wardgate.onboard_run is
  'What a script of sql/onboard does with its variables: tenant or remove';

-- ---- what there is, and what is different ------------------------------------

create function wardgate.text_digest(value text)
returns text
language sql immutable
return 'sha256 ' || left(encode(sha256(convert_to(value, 'UTF8')), 'hex'), 16);
comment on function wardgate.text_digest is
  'A long or sealed value, short enough to be compared by eye';

-- One row for each thing of a tenant, in the order in which they are told. Times
-- at which something was set, and numbers that count changes, are no part of it.
create function wardgate.tenant_things(tenant uuid)
returns table (place integer, object text, id text, fields jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select 1, 'tenant', '', to_jsonb(t) - array['tenant_id', 'created_at']
    from wardgate.tenant as t where t.tenant_id = tenant
   union all
  select 2, 'endpoint', '', to_jsonb(p) - array['provider_id', 'tenant_id',
           'revision', 'credential_at'] || jsonb_build_object('networks',
             array_to_string(p.networks, ', '))
    from wardgate.provider as p where p.tenant_id = tenant
   union all
  select 3, 'credential', '', (to_jsonb(c) - array['tenant_id', 'set_at'])
         || jsonb_build_object('box', wardgate.text_digest(c.box))
    from wardgate.provider_credential as c where c.tenant_id = tenant
   union all
  select 4, 'TLS setting', '', (to_jsonb(s) - array['tenant_id', 'set_at'])
         || jsonb_build_object('box', wardgate.text_digest(s.box),
           'chain', wardgate.text_digest(nullif(s.chain, '')),
           'ca', wardgate.text_digest(nullif(s.ca, '')))
    from wardgate.provider_tls as s where s.tenant_id = tenant
   union all
  select 5, 'key pair', k.kid, jsonb_build_object('alg', k.alg, 'stage',
           k.stage)
    from wardgate.provider_key as k where k.tenant_id = tenant
   union all
  select 6, 'link', g.client_id::text, to_jsonb(g) - array['client_id',
           'tenant_id', 'granted_at'] || jsonb_build_object('client', (
             select a.name from wardgate.client as a
              where a.client_id = g.client_id))
    from wardgate.client_grant as g where g.tenant_id = tenant
   union all
  select 7, 'override', '', jsonb_build_object('why', o.why)
    from wardgate.production_override as o where o.tenant_id = tenant
$$;
comment on function wardgate.tenant_things is
  'A tenant and all that hangs on it, as plans compare it';

-- Takes the lock: what is planned, or checked, is what is run.
create function wardgate.onboard_before(
  script text, v jsonb, out digest text, out standing jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.onboarding_lock();
  standing := (
      select coalesce(jsonb_agg(to_jsonb(h) order by h.place, h.id), '[]')
        from wardgate.tenant_things(wardgate.guid_read('tenant',
             v ->> 'tenant')) as h);
  digest := encode(sha256(convert_to(
      concat_ws(E'\n', script, v, standing), 'UTF8')), 'hex');
end $$;
comment on function wardgate.onboard_before is
  'What a tenant is before a script runs, and the digest of that and of the script''s variables';

-- mark: + comes, - goes, ~ changes. Values that are empty on both sides are not
-- told.
create function wardgate.onboard_changes(tenant text, standing jsonb)
returns table (
  mark text, object text, id text, field text, before text, after text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with now as (
    select * from wardgate.tenant_things(wardgate.guid_read('tenant', tenant))
  ), was as (
    select * from jsonb_to_recordset(standing) as r (place integer,
           object text, id text, fields jsonb)
  )
  select case when w.object is null then '+' when n.object is null then '-'
              else '~' end, object, id, k.key,
         w.fields ->> k.key, n.fields ->> k.key
    from was as w
    full join now as n using (place, object, id)
   cross join lateral jsonb_object_keys(coalesce(n.fields, w.fields)) as k (key)
   where n.fields -> k.key is distinct from w.fields -> k.key
     and coalesce(n.fields ->> k.key, '') <> coalesce(w.fields ->> k.key, '')
   order by place, id, k.key
$$;
comment on function wardgate.onboard_changes is
  'What is different of a tenant from what it was, field by field';

create function wardgate.onboard_counts(tenant text, standing jsonb)
returns table (mark text, counts text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with changed as (
    select distinct c.mark, c.object, c.id
      from wardgate.onboard_changes(tenant, standing) as c
  ), kind (place, object, one, other, always) as (values
    (1, 'tenant', 'tenant', 'tenants', true),
    (2, 'endpoint', 'endpoint', 'endpoints', true),
    (3, 'credential', 'credential', 'credentials', false),
    (4, 'TLS setting', 'TLS setting', 'TLS settings', false),
    (5, 'key pair', 'key pair', 'key pairs', true),
    (6, 'link', 'link to a client', 'links to clients', true),
    (7, 'override', 'override', 'overrides', false)
  ), counted as (
    select m.mark, k.*, (select count(*) from changed as c
             where c.mark = m.mark and c.object = k.object) as n
      from (select distinct c.mark from changed as c) as m
     cross join kind as k
  )
  select n.mark, string_agg(wardgate.counted(n.n, n.one, n.other), ', '
           order by n.place)
    from counted as n
   where n.always or n.n > 0
   group by n.mark
   order by strpos('+~-', n.mark)
$$;
comment on function wardgate.onboard_counts is
  'How many things of a tenant come, change and go, in words';
