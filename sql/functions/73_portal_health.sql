-- 73_portal_health.sql - what is wrong with the gateway, for operators in the portal
-- SPDX-License-Identifier: Apache-2.0
--
-- What the doctor of 72_doctor.sql finds, and what only a look at the moment
-- tells. state: ok, unseen (not known from here), warning, fault.

create function wardgate.health_room(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  this  timestamp := date_trunc('month', now() at time zone 'UTC');
  ahead integer := 0;
begin
  while to_regclass('wardgate.audit_' || to_char(
      this + make_interval(months => ahead), 'YYYY_MM')) is not null loop
    ahead := ahead + 1;
  end loop;
  subject := 'room';
  state := case when ahead > 2 then 'ok' when ahead > 1 then 'warning'
                else 'fault' end;
  finding := format('the trail has room for %s, this one included',
      wardgate.counted(ahead, 'month', 'months'));
  act := case when state <> 'ok' then
      'start `wardgate keep`; `wardgate keep --once` makes it now' end;
end $$;
comment on function wardgate.health_room is
  'For how many months audit rows have partitions';

create function wardgate.health_strays(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  strays bigint := (select count(*) from (
      select from wardgate.audit_default limit 1000) as d);
begin
  subject := 'strays';
  state := case strays when 0 then 'ok' else 'fault' end;
  finding := case strays when 0 then 'no row lies outside of all months'
      when 1000 then 'a thousand rows or more lie outside of all months'
      else wardgate.counted(strays, 'row lies', 'rows lie')
           || ' outside of all months' end;
  act := case when strays > 0 then
      'check the clocks of all hosts, then move these rows' end;
end $$;
comment on function wardgate.health_strays is
  'Audit rows that no month took';

create function wardgate.health_size(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  subject := 'size';
  state := 'ok';
  finding := format('the database holds %s, the trail %s of it',
      pg_size_pretty(pg_database_size(current_database())),
      pg_size_pretty((select coalesce(sum(
          pg_total_relation_size(i.inhrelid)), 0)
        from pg_inherits as i
       where i.inhparent = 'wardgate.audit'::regclass)));
end $$;
comment on function wardgate.health_size is 'How much is stored';

-- Programs pull each change within a quarter of a second; what the keeper no
-- longer clears shows as an old first entry.
create function wardgate.health_changes(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  eldest timestamptz := (select min(l.at) from wardgate.change_log as l);
begin
  subject := 'changes';
  state := case when eldest < now() - interval '2 hours' then 'warning'
                else 'ok' end;
  finding := format('change number %s; %s', (
        select c.n from wardgate.change as c),
      coalesce('the eldest that is kept is of ' || to_char(
          eldest at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC',
        'none is kept any more'));
  act := case when state <> 'ok' then 'start `wardgate keep`' end;
end $$;
comment on function wardgate.health_changes is
  'The change number, and whether its log is cleared';

-- Programs say what they are, and their version, when they connect.
create function wardgate.health_programs(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  missing  text;
  versions bigint;
begin
  subject := 'programs';
  select string_agg(format('%s (%s)', p.name, p.n), ', ' order by p.name),
         count(distinct substring(p.name from '/(.*)$'))
    into finding, versions
    from (select substr(s.application_name, 10) as name, count(*) as n
            from pg_stat_activity as s
           where s.datname = current_database()
             and s.application_name ~ '^wardgate [a-z]+/'
           group by 1) as p;
  missing := (
      select string_agg(w.name, ', ' order by w.name)
        from unnest(array['facade', 'token']) as w (name)
       where not coalesce(finding, '') ~ ('(^|, )' || w.name || '/'));
  state := case when missing is not null or versions > 1 then 'warning'
                else 'ok' end;
  act := case when missing is not null then
             'nobody is connected as: ' || missing || '; start it'
             when versions > 1 then
             'two versions run side by side: end the upgrade' end;
  finding := 'connected, with sessions: ' || coalesce(finding, 'none');
end $$;
comment on function wardgate.health_programs is
  'Which programs of which version are connected';

create function wardgate.health_signing(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.signing_key;
begin
  subject := 'signing';
  select o.* into k from wardgate.signing_key as o where o.stage = 'use';
  state := case when k.kid is null then 'fault' else 'ok' end;
  finding := coalesce(format('the key %s signs, since %s UTC', k.kid,
      to_char(k.used_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')),
      'no key signs');
  if k.kid is null then
    finding := 'no key signs: no token is issued';
    act := 'wardgate key make signing';
  end if;
end $$;
comment on function wardgate.health_signing is 'Does a key sign?';

create function wardgate.health_fetched(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  failed bigint := (select count(*) from wardgate.client_jwks_url as u
                     where u.error <> '');
begin
  subject := 'fetched';
  state := case failed when 0 then 'ok' else 'warning' end;
  finding := case failed when 0 then 'no fetch of an app''s keys has failed'
      else format('the keys of %s could not be fetched',
        wardgate.counted(failed, 'app', 'apps')) end;
  act := case when failed > 0 then 'the page Keys says why' end;
end $$;
comment on function wardgate.health_fetched is
  'Could the keys be fetched that apps publish?';

-- Of hospitals that were probed (37_probe.sql), as far as they are known.
create function wardgate.health_certificates(soon interval)
returns table (subject text, state text, finding text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  seen  bigint;
  first timestamptz;
begin
  subject := 'certificates';
  act := 'tell the hospital; `wardgate probe` looks at it again';
  for state, finding in
    select case when f.certificate_ends <= now() then 'fault'
                else 'warning' end,
           format('the certificate of %s %s %s UTC, as its last probe saw',
             f.slug, case when f.certificate_ends <= now() then 'ended at'
                          else 'ends at' end,
             to_char(f.certificate_ends at time zone 'UTC',
               'YYYY-MM-DD HH24:MI'))
      from wardgate.probe_figures() as f
     where f.certificate_ends < now() + soon
     order by f.certificate_ends
     limit 20
  loop
    return next;
  end loop;
  select count(f.certificate_ends), min(f.certificate_ends) into seen, first
    from wardgate.probe_figures() as f
   where f.certificate_ends >= now() + soon;
  if seen > 0 then
    state := 'ok';
    act := null;
    finding := format('of %s, as last probed: the first ends at %s UTC',
        wardgate.counted(seen, 'hospital', 'hospitals'), to_char(first at time zone 'UTC', 'YYYY-MM-DD HH24:MI'));
    return next;
  end if;
  state := 'unseen';
  finding := 'the certificate of this gateway is the web server''s: its end is not known here';
  act := 'watch it where it is renewed';
  return next;
end $$;
comment on function wardgate.health_certificates is
  'When the certificates of hospitals end, where a probe saw them';

create function wardgate.health_probes()
returns table (subject text, state text, finding text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  bad bigint;
begin
  subject := 'probes';
  select count(*) filter (where not f.usable),
         format('%s probed, %s that cannot be used',
           wardgate.counted(count(*), 'hospital was', 'hospitals were'),
           count(*) filter (where not f.usable))
    into bad, finding
    from wardgate.probe_figures() as f;
  state := case when bad > 0 then 'warning' else 'ok' end;
  act := case when bad > 0 then '`wardgate probe last` says why' end;
  return next;
end $$;
comment on function wardgate.health_probes is
  'Did the last probes find hospitals that cannot be used?';

create function wardgate.portal_health(account uuid)
returns table (subject text, state text, finding text, act text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query select d.* from wardgate.doctor() as d;
  return query select h.* from wardgate.health_room() as h;
  return query select h.* from wardgate.health_strays() as h;
  return query select h.* from wardgate.health_size() as h;
  return query select h.* from wardgate.health_changes() as h;
  return query select h.* from wardgate.health_programs() as h;
  return query select h.* from wardgate.health_signing() as h;
  return query select h.* from wardgate.health_fetched() as h;
  return query select h.* from wardgate.health_probes() as h;
  return query
  select h.* from wardgate.health_certificates(interval '30 days') as h;
  return query values
    ('disk', 'unseen', 'how much room its disk has left is known to the host of the database alone',
     'watch the folder of its data there');
end $$;
comment on function wardgate.portal_health is
  'What is well with the gateway and what is not, for operators';
