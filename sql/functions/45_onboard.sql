-- 45_onboard.sql - what sql/onboard and the portal do with tenants
-- SPDX-License-Identifier: Apache-2.0
--
-- All values come as text, as an operator typed them; null or empty means: not
-- given, stays as it is. Every function answers with one row per object,
-- `created`, `changed`, `unchanged` or `removed`, and a summary row at the end.
-- Only one onboarding runs at a time, so that two of them cannot cross.

create function wardgate.given(value text)
returns text
language sql immutable
return nullif(btrim(value), '');
comment on function wardgate.given is 'Null for a value that was left out';

create function wardgate.onboarding_lock()
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('wardgate.onboarding', 0));
  return (select c.n from wardgate.change as c);
end $$;
comment on function wardgate.onboarding_lock is
  'Waits for other onboarding to end; returns the change number';

create function wardgate.onboarding_summary(
  before bigint, out object text, out id text, out outcome text,
  out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  after bigint := (select c.n from wardgate.change as c);
begin
  object := 'summary';
  id := '';
  outcome := case when after = before then 'no change' else 'done' end;
  detail := format('change number %s', after);
end $$;
comment on function wardgate.onboarding_summary is
  'The last row of an answer: was anything changed since `before`?';

create function wardgate.slug_of(name text, tenant uuid)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  made text := left(btrim(
      regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g'), '-'), 30);
begin
  made := coalesce(nullif(btrim(made, '-'), ''), 'tenant');
  if exists (select from wardgate.tenant as t
              where t.slug = made and t.tenant_id <> tenant) then
    made := made || '-' || left(tenant::text, 8);
  end if;
  return made;
end $$;
comment on function wardgate.slug_of is
  'A short name made of a name, unlike those of other tenants';

create function wardgate.number_read(
  what text, value text, lowest integer, highest integer)
returns integer
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if value !~ '^[0-9]{1,9}$' or value::integer not between lowest and highest
  then
    perform wardgate.refuse('WG400', format(
        'The value %s of %s is not a number from %s to %s.',
        wardgate.quoted(value), what, lowest, highest));
  end if;
  return value::integer;
end $$;
comment on function wardgate.number_read is
  'A whole number as typed, within bounds; null stays null';

create function wardgate.switch_read(what text, value text)
returns boolean
language plpgsql immutable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if lower(value) not in ('on', 'off', 'true', 'false', 'yes', 'no', '1', '0')
  then
    perform wardgate.refuse('WG400', format(
        'The value %s of %s is neither on nor off.',
        wardgate.quoted(value), what));
  end if;
  return value::boolean;
end $$;
comment on function wardgate.switch_read is
  'on or off as typed; null stays null';

create function wardgate.word_read(what text, value text, known text[])
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if lower(value) <> all (known) then
    perform wardgate.refuse('WG400', format(
        'The value %s of %s is none of: %s.',
        wardgate.quoted(value), what, array_to_string(known, ', ')));
  end if;
  return lower(value);
end $$;
comment on function wardgate.word_read is
  'One of the words that are known, as typed; null stays null';

-- A time with its zone, or a span from now: +2 hours.
create function wardgate.until_read(value text)
returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  ends timestamptz;
begin
  begin
    ends := case when value ~ '^\+' then now() + substr(value, 2)::interval
                 else value::timestamptz
             end;
  exception when data_exception or invalid_text_representation then
    perform wardgate.refuse('WG400', format(
        'The time %s cannot be read; write 2026-12-31 06:00+01 or +2 hours.',
        wardgate.quoted(value)));
  end;
  if not isfinite(ends) or ends <= now() then
    perform wardgate.refuse('WG400', format(
        'The time %s is not in the future.', wardgate.quoted(value)));
  end if;
  return ends;
end $$;
comment on function wardgate.until_read is
  'The end of a maintenance as typed; null stays null';

create function wardgate.changed_names(before jsonb, after jsonb)
returns text
language sql immutable
return (select string_agg(key, ', ' order by key)
          from jsonb_each(after)
         where value is distinct from before -> key and key <> 'revision');
comment on function wardgate.changed_names is
  'Names of the columns that differ between two rows';

create function wardgate.tenant_put_tenant(
  tenant uuid, name text, slug text, mrn_system text, environment text,
  out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  old       wardgate.tenant;
  new       wardgate.tenant;
  name_kept text := wardgate.line_read('name', wardgate.given(name), 200);
  mrn_kept  text := wardgate.line_read('mrn_system',
      wardgate.given(mrn_system), 500);
  slug_kept text := wardgate.given(slug);
  env_kept  text := wardgate.word_read('environment',
      wardgate.given(environment), array['test', 'production']);
begin
  select t.* into old
    from wardgate.tenant as t where t.tenant_id = tenant for update;
  if old.tenant_id is null and name_kept is null then
    perform wardgate.refuse('WG400', format(
        'The tenant %s is new and needs a name.', tenant));
  end if;
  slug_kept := coalesce(slug_kept, old.slug,
      wardgate.slug_of(name_kept, tenant));
  if slug_kept !~ '^[a-z0-9][a-z0-9-]{0,39}$' then
    perform wardgate.refuse('WG400', format(
        'The slug %s must be up to 40 of a-z, 0-9 and -.',
        wardgate.quoted(slug_kept)));
  end if;
  if exists (select from wardgate.tenant as t
              where t.slug = slug_kept and t.tenant_id <> tenant) then
    perform wardgate.refuse('WG409', format(
        'The slug %s is that of another tenant.', slug_kept));
  end if;
  insert into wardgate.tenant as t (tenant_id, slug, name, mrn_system,
         environment)
  values (tenant, slug_kept, coalesce(name_kept, old.name),
         coalesce(mrn_kept, old.mrn_system, ''),
         coalesce(env_kept, old.environment, 'production'))
      on conflict (tenant_id) do update
     set slug = excluded.slug, name = excluded.name,
         mrn_system = excluded.mrn_system, environment = excluded.environment
  returning t.* into new;
  detail := wardgate.changed_names(to_jsonb(old), to_jsonb(new));
  outcome := case when old.tenant_id is null then 'created'
                  when detail is null then 'unchanged'
                  else 'changed'
              end;
  detail := case when outcome = 'created' then new.slug else detail end;
end $$;
comment on function wardgate.tenant_put_tenant is
  'Creates or changes the row of a tenant; part of tenant_put';

create function wardgate.tenant_put_provider(
  tenant uuid, provider_url text, fhir_version text, mode text,
  search_post text, http2 text, connect_ms text, total_ms text,
  can_contains text, can_sort text, can_total text, can_batch text,
  coverage_person text, write_extensions text, networks text,
  requests_max text, calls_per_s text, out provider_id bigint,
  out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  old     wardgate.provider;
  new     wardgate.provider;
  wanted  wardgate.provider;
  can     text[] := array['auto', 'on', 'off'];
begin
  select p.* into old
    from wardgate.provider as p where p.tenant_id = tenant for update;
  if old.provider_id is null and (wardgate.given(provider_url) is null
      or wardgate.given(fhir_version) is null) then
    perform wardgate.refuse('WG400', format(
        'The tenant %s has no provider yet: provider_url and fhir_version '
        'must be given.', tenant));
  end if;
  wanted := old;
  wanted.mode := coalesce(wardgate.given(mode), old.mode, 'translate');
  wanted.search_post := coalesce(wardgate.switch_read('search_post',
      wardgate.given(search_post)), old.search_post, true);
  wanted.http2 := coalesce(wardgate.switch_read('http2',
      wardgate.given(http2)), old.http2, false);
  wanted.connect_ms := coalesce(wardgate.number_read('connect_ms',
      wardgate.given(connect_ms), 50, 60000), old.connect_ms);
  wanted.total_ms := coalesce(wardgate.number_read('total_ms',
      wardgate.given(total_ms), 100, 120000), old.total_ms);
  wanted.can_contains := coalesce(wardgate.word_read('can_contains',
      wardgate.given(can_contains), can), old.can_contains, 'auto');
  wanted.can_sort := coalesce(wardgate.word_read('can_sort',
      wardgate.given(can_sort), can), old.can_sort, 'auto');
  wanted.can_total := coalesce(wardgate.word_read('can_total',
      wardgate.given(can_total), can), old.can_total, 'auto');
  wanted.can_batch := coalesce(wardgate.word_read('can_batch',
      wardgate.given(can_batch), can), old.can_batch, 'auto');
  wanted.coverage_person := coalesce(wardgate.word_read('coverage_person',
      wardgate.given(coverage_person), array['auto', 'patient',
        'beneficiary', 'subscriber', 'policy-holder', 'compartment', 'none']),
      old.coverage_person, 'auto');
  wanted.write_extensions := coalesce(wardgate.switch_read('write_extensions',
      wardgate.given(write_extensions)), old.write_extensions, true);
  wanted.requests_max := coalesce(wardgate.number_read('requests_max',
      wardgate.given(requests_max), 1, 1024), old.requests_max);
  wanted.calls_per_s := coalesce(wardgate.number_read('calls_per_s',
      wardgate.given(calls_per_s), 1, 100000), old.calls_per_s);
  wanted.networks := coalesce(wardgate.networks_read(
      wardgate.given(networks)), old.networks, '{}');
  if wardgate.given(provider_url) is not null then
    wanted.base_url := wardgate.provider_url_read(provider_url,
        wanted.networks);
  end if;
  if wardgate.given(fhir_version) is not null then
    wanted.fhir_version := wardgate.fhir_version_read(
        wardgate.given(fhir_version));
  end if;
  if wanted.mode not in ('translate', 'links') then
    perform wardgate.refuse('WG400', format(
        'The mode %s is neither translate nor links.',
        wardgate.quoted(wanted.mode)));
  end if;
  insert into wardgate.provider as p (tenant_id, base_url, fhir_version, mode,
         search_post, http2, connect_ms, total_ms, can_contains, can_sort,
         can_total, can_batch, coverage_person, write_extensions, networks,
         requests_max, calls_per_s)
  values (tenant, wanted.base_url, wanted.fhir_version, wanted.mode,
         wanted.search_post, wanted.http2, wanted.connect_ms,
         wanted.total_ms, wanted.can_contains, wanted.can_sort,
         wanted.can_total, wanted.can_batch, wanted.coverage_person,
         wanted.write_extensions, wanted.networks, wanted.requests_max,
         wanted.calls_per_s)
      on conflict (tenant_id) do update
     set base_url = wanted.base_url, fhir_version = wanted.fhir_version,
         mode = wanted.mode, search_post = wanted.search_post,
         http2 = wanted.http2, connect_ms = wanted.connect_ms,
         total_ms = wanted.total_ms, can_contains = wanted.can_contains,
         can_sort = wanted.can_sort, can_total = wanted.can_total,
         can_batch = wanted.can_batch,
         coverage_person = wanted.coverage_person,
         write_extensions = wanted.write_extensions,
         networks = wanted.networks, requests_max = wanted.requests_max,
         calls_per_s = wanted.calls_per_s
  returning p.* into new;
  provider_id := new.provider_id;
  detail := wardgate.changed_names(to_jsonb(old), to_jsonb(new));
  outcome := case when old.provider_id is null then 'created'
                  when detail is null then 'unchanged'
                  else 'changed'
              end;
  detail := format('%s %s%s', new.fhir_version, new.base_url,
      case when outcome = 'changed' then ' (' || detail || ')' end);
end $$;
comment on function wardgate.tenant_put_provider is
  'Creates or changes the provider of a tenant; part of tenant_put';

create function wardgate.tenant_put(
  tenant text, name text, slug text, provider_url text, fhir_version text,
  mode text, search_post text, http2 text, connect_ms text, total_ms text,
  mrn_system text, client text, can_contains text default null,
  can_sort text default null, can_total text default null,
  can_batch text default null, coverage_person text default null,
  write_extensions text default null, types text default null,
  purpose text default null, networks text default null,
  environment text default null, requests_max text default null,
  calls_per_s text default null, override text default null)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  was         text := (select t.environment
                         from wardgate.tenant as t
                        where t.tenant_id = tenant_kept);
  client_kept uuid;
begin
  if wardgate.given(client) is not null then
    client_kept := wardgate.guid_read('client', btrim(client));
  elsif wardgate.given(types) is not null
      or wardgate.given(purpose) is not null then
    perform wardgate.refuse('WG400',
        'Types and purpose are those of a grant: name the client, too.');
  end if;
  return query
  select 'tenant', tenant_kept::text, t.outcome, coalesce(t.detail, '')
    from wardgate.tenant_put_tenant(tenant_kept, name, slug, mrn_system,
         environment) as t;
  return query
  select 'provider', p.provider_id::text, p.outcome, p.detail
    from wardgate.tenant_put_provider(tenant_kept, provider_url,
         fhir_version, mode, search_post, http2, connect_ms, total_ms,
         can_contains, can_sort, can_total, can_batch, coverage_person,
         write_extensions, networks, requests_max, calls_per_s) as p;
  perform wardgate.production_check(tenant_kept, was, override);
  if client_kept is not null then
    return query
    select 'grant', client_kept::text, g.outcome, ''
      from wardgate.grant_give(client_kept, tenant_kept, null, types,
           purpose) as g;
  end if;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tenant_put is
  'Creates or changes a tenant, its provider and the grant of one client';

create function wardgate.tenant_state_set(
  tenant text, state text, notice text, until text, retry_after_s text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  notice_kept text := coalesce(
      wardgate.line_read('notice', wardgate.given(notice), 500), '');
  ends        timestamptz := wardgate.until_read(wardgate.given(until));
  seconds     integer := wardgate.number_read('retry_after_s',
      wardgate.given(retry_after_s), 1, 86400);
begin
  perform wardgate.tenant_must_be(tenant_kept);
  if state = 'maintenance' and notice_kept = '' then
    perform wardgate.refuse('WG400',
        'Maintenance needs a notice: the sentence that users will read.');
  end if;
  update wardgate.tenant as t
     set state = tenant_state_set.state, notice = notice_kept,
         notice_until = ends,
         retry_after_s = coalesce(seconds, t.retry_after_s)
   where t.tenant_id = tenant_kept
     and (t.state, t.notice, t.notice_until, t.retry_after_s)
         is distinct from
         (tenant_state_set.state, notice_kept, ends,
         coalesce(seconds, t.retry_after_s));
  return query
  select 'tenant', tenant_kept::text,
         case when found then 'changed' else 'unchanged' end,
         tenant_state_set.state || coalesce(' until ' || to_char(
           ends at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), '');
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tenant_state_set is
  'Makes a tenant active, suspended, or in maintenance with a notice';

create function wardgate.tenant_networks_set(
  tenant text, networks text, out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
begin
  perform wardgate.onboarding_lock();
  perform wardgate.tenant_must_be(tenant_kept);
  if wardgate.given(networks) is null then
    perform wardgate.refuse('WG400',
        'The networks are missing; write none for none.');
  end if;
  outcome := (select p.outcome
                from wardgate.tenant_put_provider(tenant_kept, null, null,
                     null, null, null, null, null, null, null, null, null,
                     null, null, networks, null, null) as p);
  detail := (select array_to_string(p.networks, ', ')
               from wardgate.provider as p where p.tenant_id = tenant_kept);
end $$;
comment on function wardgate.tenant_networks_set is
  'Lists the private networks in which the server of a tenant may be';

-- What waits for it is over: a proposal may hold a sealed box.
create function wardgate.tenant_forget(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.proposal as p
     set state = 'expired', decided_at = now(), what = '{}'
   where p.tenant_id = tenant and p.state = 'open';
  update wardgate.grant_request as r
     set state = 'declined', decided_at = now(),
         answer = 'The hospital was removed.'
   where r.tenant_id = tenant and r.state = 'open';
  delete from wardgate.cursor_handle as h where h.tenant_id = tenant;
end $$;
comment on function wardgate.tenant_forget is
  'Part of tenant_remove: what no foreign key takes along';

-- The triggers of its tables revoke its tokens.
create function wardgate.tenant_remove(tenant text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
begin
  return query
  with gone as (delete from wardgate.client_grant as g
                 where g.tenant_id = tenant_kept returning g.*)
  select 'grant', g.client_id::text, 'removed', '' from gone as g;
  return query
  select 'key pair', k.kid, 'removed', k.alg
    from wardgate.provider_key as k where k.tenant_id = tenant_kept;
  return query
  select 'credential', c.kind, 'removed', c.origin
    from wardgate.provider_credential as c where c.tenant_id = tenant_kept;
  return query
  select 'tls', tenant_kept::text, 'removed', ''
    from wardgate.provider_tls as t where t.tenant_id = tenant_kept;
  return query
  with gone as (delete from wardgate.provider as p
                 where p.tenant_id = tenant_kept returning p.*)
  select 'provider', p.provider_id::text, 'removed', p.base_url
    from gone as p;
  perform wardgate.tenant_forget(tenant_kept);
  delete from wardgate.tenant as t where t.tenant_id = tenant_kept;
  return query
  select 'tenant', tenant_kept::text,
         case when found then 'removed' else 'unchanged' end,
         case when found
              then 'its tokens are revoked; audit and traffic are kept'
              else 'there is no such tenant'
          end;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tenant_remove is
  'Removes a tenant, its provider, keys, credentials and grants; audit rows stay';

create function wardgate.tenant_list()
returns table (
  tenant_id    uuid,
  slug         text,
  name         text,
  state        text,
  notice_until timestamptz,
  fhir_version text,
  base_url     text,
  live_grants  bigint,
  environment  text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.tenant_id, t.slug, t.name,
         wardgate.tenant_state_now(t.state, t.notice_until), t.notice_until,
         p.fhir_version, p.base_url,
       (select count(*)
          from wardgate.client_grant as g
         where g.tenant_id = t.tenant_id
           and (g.ended_at is null or g.ended_at > now())), t.environment
    from wardgate.tenant as t
    left join wardgate.provider as p using (tenant_id)
   order by t.name, t.tenant_id;
end $$;
comment on function wardgate.tenant_list is 'All tenants and their providers';

-- For the owner alone: it loosens or tightens a rule of the whole house.
create function wardgate.policy_set(name text, value text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before bigint := wardgate.onboarding_lock();
  broken bigint;
begin
  if (name, value) not in (('provider_http', 'refuse'),
      ('provider_http', 'loopback'), ('second_approver', 'off'),
      ('second_approver', 'on'), ('production_probe', 'required'),
      ('production_probe', 'advised')) is not false then
    perform wardgate.refuse('WG400',
        'The policies are provider_http, refuse or loopback, second_approver, off or on, and production_probe, required or advised.');
  end if;
  update wardgate.policy as p set value = policy_set.value
   where p.name = policy_set.name and p.value <> policy_set.value;
  return query
  select 'policy', policy_set.name,
         case when found then 'changed' else 'unchanged' end,
         policy_set.value;
  select count(*) into broken
    from wardgate.provider as p
   where wardgate.provider_url_problem(p.base_url, p.networks) is not null;
  if broken > 0 then
    perform wardgate.refuse('WG409', format(
        'Providers have URLs that this forbids (%s of them); change or remove '
        'them first.', broken));
  end if;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.policy_set is
  'Sets a rule that SQL checks; refuses what existing rows would break';
