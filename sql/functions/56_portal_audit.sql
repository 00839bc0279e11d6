-- 56_portal_audit.sql - the trail as auditors read it in the portal
-- SPDX-License-Identifier: Apache-2.0
--
-- The first parameter is always the account that asks; whoever is no auditor is
-- told that there is nothing. Who asks about a patient says why, and the trail
-- keeps that, in the transaction whose answer it is: when it cannot be written,
-- nothing is told. The same goes for what is taken away as a file.
--
-- Lists are newest first and go on after a key: time in us since 1970, trace id
-- and entry of the last row that was told, which no later row can shift.

create function wardgate.portal_auditor_acts(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not wardgate.account_is(account, array['auditor']) then
    perform wardgate.refuse('WG404', 'There is no such page.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_auditor_acts is
  'WG404 unless the account is an auditor, whom the trail then names';

-- A day alone is the beginning of it, and with `ends` its end; a time with
-- `ends` is the end of that microsecond. Without a zone it is UTC.
create function wardgate.trail_time(value text, ends boolean)
returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp
set timezone = 'UTC' set datestyle = 'ISO, YMD' as $$
declare
  kept text := btrim(coalesce(value, ''));
  at   timestamptz;
begin
  if kept ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}.{0,30})?$' then
    begin
      at := kept::timestamptz;
    exception when data_exception or invalid_text_representation then
      at := null;
    end;
  end if;
  if at is null then
    perform wardgate.refuse('WG400', format(
        '%s is not a day or time; write 2026-12-31 or 2026-12-31 06:00+01.',
        wardgate.quoted(kept)));
  end if;
  return case when not ends then at
              when length(kept) = 10 then at + interval '1 day'
              else at + interval '1 microsecond'
          end;
end $$;
comment on function wardgate.trail_time is
  'Where a range of the trail begins or ends (exclusive), as typed';

create function wardgate.trail_range(
  since text, until text, out low timestamptz, out high timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  low := wardgate.trail_time(since, false);
  high := case when wardgate.given(until) is null
               then date_trunc('minute', now()) + interval '2 minutes'
               else wardgate.trail_time(until, true)
           end;
  if low >= high then
    perform wardgate.refuse('WG400', 'The range ends before it begins.');
  end if;
end $$;
comment on function wardgate.trail_range is
  'A range of the trail as typed; without an end it goes on until now';

create function wardgate.trail_text(at timestamptz)
returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function wardgate.trail_text is
  'A time as files have it, to the microsecond';

create function wardgate.trail_key(told wardgate.audit)
returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select trunc(extract(epoch from told.at) * 1000000) || '.' || told.trace_id
         || '.' || told.entry
$$;
comment on function wardgate.trail_key is 'Where a list goes on after this row';

-- Nothing given: before the newest row that there can be.
create function wardgate.trail_key_read(
  key text, out at timestamptz, out trace uuid, out entry smallint)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  part text[] := regexp_match(key,
      '^([0-9]{1,17})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9]{1,4})$');
begin
  if wardgate.given(key) is null then
    at := 'infinity';
    trace := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    entry := 32767;
  elsif part is null then
    perform wardgate.refuse('WG400', 'The list cannot go on from there.');
  else
    at := to_timestamp(0) + part[1]::bigint * interval '1 microsecond';
    trace := part[2];
    entry := part[3];
  end if;
end $$;
comment on function wardgate.trail_key_read is 'What trail_key wrote';

-- A tenant or client ID as a filter; empty: any.
create function wardgate.trail_id(what text, value text)
returns uuid
language sql stable set search_path = pg_catalog, pg_temp as $$
  select case when wardgate.given(value) is not null
              then wardgate.guid_read(what, btrim(value))
          end
$$;
comment on function wardgate.trail_id is
  'A tenant or client ID as a filter, as typed; null: any';

-- One row more than is told says whether there are more.
create function wardgate.trail_told(rows bigint, at_most bigint)
returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select format('told %s row%s%s', least(rows, at_most),
         case least(rows, at_most) when 1 then '' else 's' end,
         case when rows > at_most then ', there are more' else '' end)
$$;
comment on function wardgate.trail_told is 'How many rows were told, in words';

-- To choose from; what is gone can still be asked for by its id.
create function wardgate.portal_trail_names(account uuid)
returns table (kind text, id uuid, name text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_auditor_acts(account);
  return query
  select n.kind, n.id, n.name
    from (select 'tenant' as kind, t.tenant_id as id, t.name
            from wardgate.tenant as t
           union all
          select 'client', c.client_id, c.name
            from wardgate.client as c) as n
   order by n.kind, n.name, n.id
   limit 2000;
end $$;
comment on function wardgate.portal_trail_names is
  'Hospitals and apps by name, for auditors';

-- ---- whose records ------------------------------------------------------------

-- The planner must not take the ids for two more reasons why there are few rows:
-- then it would read and sort them all for each page. It sees nothing in a case.
create function wardgate.trail_of_patient(
  tenant uuid, patient text, low timestamptz, high timestamptz, after text,
  at_most bigint)
returns setof wardgate.audit
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  key record := wardgate.trail_key_read(after);
begin
  return query
  select a.*
    from wardgate.audit as a
   where hashtextextended(a.patient_id, uuid_hash_extended(a.tenant_id, 0))
           = hashtextextended(patient, uuid_hash_extended(tenant, 0))
     and case when a.patient_id = patient then a.tenant_id = tenant end
     and a.made_by is null and a.at >= low and a.at < high and a.at <= key.at
     and (a.at, a.trace_id, a.entry) < (key.at, key.trace, key.entry)
   order by a.at desc, a.trace_id desc, a.entry desc
   limit at_most;
end $$;
comment on function wardgate.trail_of_patient is
  'The accesses to records of one patient, newest first';

-- how: search, on the page; csv or fhir, as a file.
create function wardgate.portal_disclosures(
  account uuid, how text, tenant text, patient text, since text, until text,
  why text, after text, at_most bigint)
returns table (
  at            timestamptz,
  at_text       text,
  key           text,
  trace         text,
  entry         bigint,
  client_id     uuid,
  client_name   text,
  purpose       text,
  interaction   text,
  resource_type text,
  resource_id   text,
  patient_id    text,
  face          text,
  status        bigint,
  reason        text,
  returned      bigint,
  source        text,
  secret_key_id text,
  token_id      text,
  request_id    text,
  host          text,
  tenant_id     uuid,
  tenant_name   text,
  more          boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tenant_kept  uuid;
  patient_kept text := btrim(coalesce(patient, ''));
  why_kept     text := wardgate.line_read('reason', coalesce(why, ''), 500);
  span         record;
  found        wardgate.audit[];
begin
  perform wardgate.portal_auditor_acts(account);
  tenant_kept := wardgate.guid_read('tenant ID', btrim(coalesce(tenant, '')));
  if patient_kept !~ '^[A-Za-z0-9.-]{1,64}$' then
    perform wardgate.refuse('WG400',
        'The patient is named by the FHIR id of the record: letters, digits, - and ., at most 64.');
  end if;
  if why_kept = '' then
    perform wardgate.refuse('WG400',
        'Say why you look: the trail keeps the reason.');
  end if;
  span := wardgate.trail_range(since, until);
  found := array(
      select t
        from wardgate.trail_of_patient(tenant_kept, patient_kept, span.low,
             span.high, after, at_most + 1) as t
       order by t.at desc, t.trace_id desc, t.entry desc);
  perform wardgate.audit_act(
      case how when 'search' then 'search' else 'export' end || '-disclosures',
      null, tenant_kept, null, null, concat_ws('; ',
        case when how <> 'search' then how end,
        'from ' || wardgate.trail_text(span.low),
        'to ' || wardgate.trail_text(span.high),
        'after ' || wardgate.given(after),
        wardgate.trail_told(cardinality(found), at_most),
        'reason: ' || why_kept), patient_kept);
  return query
  select f.at, wardgate.trail_text(f.at), wardgate.trail_key(f),
         replace(f.trace_id::text, '-', ''), f.entry::bigint, f.client_id,
         c.name, g.purpose, f.interaction, f.resource_type, f.resource_id,
         f.patient_id, f.face, f.status::bigint, f.reason, f.returned::bigint,
         host(f.source), f.secret_key_id, f.token_id, f.request_id, f.host,
         f.tenant_id, n.name, cardinality(found) > at_most
    from unnest(found) as f
    left join wardgate.client as c on c.client_id = f.client_id
    left join wardgate.client_grant as g
           on g.client_id = f.client_id and g.tenant_id = f.tenant_id
    left join wardgate.tenant as n on n.tenant_id = f.tenant_id
   order by f.at desc, f.trace_id desc, f.entry desc
   limit at_most;
end $$;
comment on function wardgate.portal_disclosures is
  'Who asked for records of a patient, for auditors; that this was asked, and why, is in the trail before it is told';

-- ---- what was refused ---------------------------------------------------------

-- The gateway said no: 4xx, but not what the hospital simply does not have. A
-- list goes on after a key, a count takes all of them: the server puts this into
-- the query that asks, so neither reads or keeps more than it needs.
create function wardgate.trail_refused(
  low timestamptz, high timestamptz, tenant uuid, client uuid, cause text)
returns setof wardgate.audit
language sql stable as $$
  select a.*
    from wardgate.audit as a
   where a.status >= 400 and a.status < 500 and a.made_by is null
     and a.reason is distinct from 'not_found'
     and a.reason is distinct from 'gone'
     and a.at >= low and a.at < high
     and (tenant is null or a.tenant_id = tenant)
     and (client is null or a.client_id = client)
     and (cause is null or a.reason = cause)
$$;
comment on function wardgate.trail_refused is
  'Requests that were refused, in no order';

-- filed: it is taken away as a file, which the trail keeps.
create function wardgate.portal_refusals(
  account uuid, filed boolean, since text, until text, tenant text,
  client text, cause text, after text, at_most bigint)
returns table (
  at            timestamptz,
  at_text       text,
  key           text,
  trace         text,
  entry         bigint,
  program       text,
  client_id     uuid,
  client_name   text,
  tenant_id     uuid,
  tenant_name   text,
  interaction   text,
  resource_type text,
  face          text,
  status        bigint,
  reason        text,
  source        text,
  more          boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  cause_kept  text := wardgate.line_read('reason code',
      wardgate.given(cause), 60);
  tenant_kept uuid := wardgate.trail_id('tenant ID', tenant);
  client_kept uuid := wardgate.trail_id('client ID', client);
  span        record;
  last        record;
  found       wardgate.audit[];
begin
  perform wardgate.portal_auditor_acts(account);
  span := wardgate.trail_range(since, until);
  last := wardgate.trail_key_read(after);
  found := array(
      select t
        from wardgate.trail_refused(span.low, span.high, tenant_kept,
             client_kept, cause_kept) as t
       where t.at <= last.at
         and (t.at, t.trace_id, t.entry) < (last.at, last.trace, last.entry)
       order by t.at desc, t.trace_id desc, t.entry desc
       limit at_most + 1);
  if filed then
    perform wardgate.audit_act('export-refusals', null, null, null, null,
        concat_ws('; ', 'from ' || wardgate.trail_text(span.low),
          'to ' || wardgate.trail_text(span.high),
          'tenant ' || wardgate.given(tenant),
          'client ' || wardgate.given(client), 'reason code ' || cause_kept,
          'after ' || wardgate.given(after),
          wardgate.trail_told(cardinality(found), at_most)));
  end if;
  return query
  select f.at, wardgate.trail_text(f.at), wardgate.trail_key(f),
         replace(f.trace_id::text, '-', ''), f.entry::bigint, f.program,
         f.client_id, c.name, f.tenant_id, n.name, f.interaction,
         f.resource_type, f.face, f.status::bigint, f.reason, host(f.source),
         cardinality(found) > at_most
    from unnest(found) as f
    left join wardgate.client as c on c.client_id = f.client_id
    left join wardgate.tenant as n on n.tenant_id = f.tenant_id
   order by f.at desc, f.trace_id desc, f.entry desc
   limit at_most;
end $$;
comment on function wardgate.portal_refusals is
  'Requests that were refused, for auditors, without what they say of patients';

create function wardgate.portal_refusal_counts(
  account uuid, since text, until text, tenant text, client text, cause text)
returns table (reason text, status bigint, times bigint, last_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tenant_kept uuid := wardgate.trail_id('tenant ID', tenant);
  client_kept uuid := wardgate.trail_id('client ID', client);
  cause_kept  text := wardgate.given(cause);
  span        record;
begin
  perform wardgate.portal_auditor_acts(account);
  span := wardgate.trail_range(since, until);
  return query
  select t.reason, t.status::bigint, count(*), max(t.at)
    from wardgate.trail_refused(span.low, span.high, tenant_kept, client_kept,
         cause_kept) as t
   group by t.reason, t.status
   order by 3 desc, 1, 2;
end $$;
comment on function wardgate.portal_refusal_counts is
  'How often each reason refused requests, for auditors';

-- ---- what people did ----------------------------------------------------------

-- who: a sign-in name, a database user, or both as the trail has them. kind: an
-- act, or what it was done to.
create function wardgate.portal_acts_list(
  account uuid, filed boolean, since text, until text, who text, kind text,
  after text, at_most bigint)
returns table (
  at            timestamptz,
  at_text       text,
  key           text,
  made_by       text,
  act           text,
  client_id     uuid,
  client_name   text,
  tenant_id     uuid,
  tenant_name   text,
  secret_key_id text,
  patient_id    text,
  detail        text,
  source        text,
  more          boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  who_kept  text := wardgate.line_read('name', wardgate.given(who), 200);
  kind_kept text := wardgate.line_read('kind', wardgate.given(kind), 60);
  span      record;
  last      record;
  found     wardgate.audit[];
begin
  perform wardgate.portal_auditor_acts(account);
  span := wardgate.trail_range(since, until);
  last := wardgate.trail_key_read(after);
  found := array(
      select a
        from wardgate.audit as a
       where a.made_by is not null and a.at >= span.low and a.at < span.high
         and a.at <= last.at
         and (a.at, a.trace_id, a.entry) < (last.at, last.trace, last.entry)
         and (who_kept is null or a.made_by = who_kept
              or split_part(a.made_by, ' ', 1) = who_kept
              or right(a.made_by, length(who_kept) + 3)
                   = ' (' || who_kept || ')')
         and (kind_kept is null or a.interaction = kind_kept
              or substr(a.interaction, strpos(a.interaction, '-') + 1)
                   = kind_kept)
       order by a.at desc, a.trace_id desc, a.entry desc
       limit at_most + 1);
  if filed then
    perform wardgate.audit_act('export-acts', null, null, null, null,
        concat_ws('; ', 'from ' || wardgate.trail_text(span.low),
          'to ' || wardgate.trail_text(span.high), 'who ' || who_kept,
          'kind ' || kind_kept, 'after ' || wardgate.given(after),
          wardgate.trail_told(cardinality(found), at_most)));
  end if;
  return query
  select f.at, wardgate.trail_text(f.at), wardgate.trail_key(f), f.made_by,
         f.interaction, f.client_id, c.name, f.tenant_id, n.name,
         f.secret_key_id, f.patient_id, f.detail, host(f.source),
         cardinality(found) > at_most
    from unnest(found) as f
    left join wardgate.client as c on c.client_id = f.client_id
    left join wardgate.tenant as n on n.tenant_id = f.tenant_id
   order by f.at desc, f.trace_id desc, f.entry desc
   limit at_most;
end $$;
comment on function wardgate.portal_acts_list is
  'Who changed what, or was told what, for auditors';
