-- 59_portal_wards.sql - made-up patients, added and changed in the portal
-- SPDX-License-Identifier: Apache-2.0
--
-- The first parameter is always the account that asks; whoever is neither
-- operator nor admin is told what is told of a ward that does not exist. The
-- portal writes the records (lib/rehearsal/ward_edit); what somebody typed for
-- them comes along and is checked here. A ward's row is locked while it is
-- changed, as it is by a load, so requests see a record before or after.

-- What a form has, how long it may be, what it must look like; the name is the
-- label of the page.
create function wardgate.rehearsal_field(field text)
returns table (label text, longest integer, needed boolean, shape text)
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select v.label, v.longest, v.needed, v.shape
    from (values
      ('family', 'Family name', 100, true, 'text'),
      ('given', 'Given names', 100, false, 'text'),
      ('birth', 'Birth date', 10, false, 'date'),
      ('gender', 'Gender', 20, false, 'text'),
      ('mrn', 'Record number (MRN)', 60, true, 'text'),
      ('status', 'Status', 30, true, 'text'),
      ('bed', 'Bed or place', 100, false, 'text'),
      ('visit', 'Kind of visit', 100, false, 'text'),
      ('since', 'Since', 40, false, 'time'),
      ('substance', 'Substance', 100, true, 'text'),
      ('reaction', 'Reaction', 100, false, 'text'),
      ('state', 'State', 30, true, 'text'),
      ('criticality', 'Criticality', 30, false, 'text'),
      ('recorded', 'Recorded on', 40, false, 'time'),
      ('note', 'Note', 300, false, 'text'),
      ('problem', 'Problem', 100, true, 'text'),
      ('severity', 'Severity', 100, false, 'text'),
      ('dated', 'Recorded on', 10, false, 'date'),
      ('value', 'Value', 20, true, 'number'),
      ('upper', 'Upper value', 20, true, 'number'),
      ('lower', 'Lower value', 20, true, 'number'),
      ('when', 'Measured at', 40, false, 'time'),
      ('medication', 'Medication', 100, true, 'text'),
      ('dosage', 'Dosage', 300, false, 'text'),
      ('prescriber', 'Prescriber', 100, false, 'text'),
      ('written', 'Written on', 40, false, 'time'),
      ('insurer', 'Insurer', 100, true, 'text'),
      ('plan', 'Plan', 100, false, 'text'),
      ('group', 'Group', 100, false, 'text'),
      ('number', 'Member number', 60, false, 'text'),
      ('from', 'Valid from', 40, false, 'time'),
      ('until', 'Valid until', 40, false, 'time'))
      as v (field, label, longest, needed, shape)
   where v.field = rehearsal_field.field
$$;
comment on function wardgate.rehearsal_field is
  'The rule for one field of a made-up record; no row: there is no such field';

-- FHIR's date: a year, a month or a day that there is. Its dateTime may be that,
-- or goes down to seconds and names an offset.
create function wardgate.rehearsal_time(value text, timed boolean)
returns boolean
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if value ~ '^[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$' then
    perform (rpad(value, 10, '-01-01'))::date
      where length(value) in (7, 10);
    return true;
  end if;
  if not timed or value !~
      '^[12][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-][01][0-9]:[0-5][0-9])$' then
    return false;
  end if;
  perform value::timestamptz;
  return true;
exception when data_exception then
  return false;
end $$;
comment on function wardgate.rehearsal_time is
  'Is it a date of FHIR, or where timed a date with time and offset?';

create function wardgate.rehearsal_typed(typed text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  t    record;
  rule record;
begin
  for t in select f.field, f.value
             from json_to_recordset(typed::json) as f (field text, value text)
  loop
    select * into rule from wardgate.rehearsal_field(t.field);
    if not found then
      perform wardgate.refuse('WG400', 'The form has a field that is not known here. Open the page again.');
    end if;
    perform wardgate.line_read(rule.label, t.value, rule.longest);
    if btrim(coalesce(t.value, '')) = '' then
      if rule.needed then
        perform wardgate.refuse('WG400', format(
            'The field %s must not be empty.', rule.label));
      end if;
    elsif rule.shape = 'number'
        and t.value !~ '^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?$' then
      perform wardgate.refuse('WG400', format(
          'In the field %s stands no number; write it as 72 or 36.50.',
          rule.label));
    elsif rule.shape = 'date'
        and not wardgate.rehearsal_time(t.value, false) then
      perform wardgate.refuse('WG400', format(
          'In the field %s stands no date; write it as 2026-11-20, 2026-11 or 2026.',
          rule.label));
    elsif rule.shape = 'time'
        and not wardgate.rehearsal_time(t.value, true) then
      perform wardgate.refuse('WG400', format(
          'In the field %s stands no time; write it as 2026-11-20 or 2026-11-20T09:30:00Z.',
          rule.label));
    end if;
  end loop;
end $$;
comment on function wardgate.rehearsal_typed is
  'WG400 unless every field that was typed may stand in a made-up record';

create function wardgate.portal_ward_acts(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not wardgate.account_is(account, array['operator', 'admin']) then
    perform wardgate.refuse('WG404', 'There is no such ward.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_ward_acts is
  'WG404 unless the account is an operator or admin, whom the trail then names';

create function wardgate.portal_ward_must_be(account uuid, ward text)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  id integer;
begin
  perform wardgate.portal_ward_acts(account);
  select w.ward_id into id from rehearsal.ward as w where w.name = ward;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such ward.');
  end if;
  return id;
end $$;
comment on function wardgate.portal_ward_must_be is
  'The ward of a name; WG404 unless it exists and the account may keep it';

-- ---- looking

create function wardgate.portal_ward_list(
  account uuid, find text, skip bigint, at_most bigint)
returns table (
  name         text,
  fhir_version text,
  loaded_at    timestamptz,
  patients     bigint,
  found        bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_ward_acts(account);
  return query
  select w.name, w.fhir_version, w.loaded_at,
       (select count(*)
          from rehearsal.resource as r
         where r.ward_id = w.ward_id and r.type = 'Patient'),
         count(*) over ()
    from rehearsal.ward as w
   where portal_ward_list.find = ''
      or position(lower(portal_ward_list.find) in w.name) > 0
   order by w.name
  offset skip
   limit at_most;
end $$;
comment on function wardgate.portal_ward_list is
  'Wards by name, those with `find` in it; found: how many there are';

-- sample: one of its patients, for what record numbers are like there.
create function wardgate.portal_ward(account uuid, ward text)
returns table (
  name         text,
  fhir_version text,
  loaded_at    timestamptz,
  sample       text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_must_be(account, ward);
begin
  return query
  select w.name, w.fhir_version, w.loaded_at,
       (select r.body
          from rehearsal.resource as r
         where r.ward_id = w.ward_id and r.type = 'Patient'
         order by r.number
         limit 1)
    from rehearsal.ward as w
   where w.ward_id = house;
end $$;
comment on function wardgate.portal_ward is
  'One ward, for operators and admins';

-- find: folded as the terms are (lib/base/fold).
create function wardgate.portal_ward_patients(
  account uuid, ward text, find text, skip bigint, at_most bigint)
returns table (patient_id text, body text, found bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_must_be(account, ward);
begin
  return query
  select r.id, r.body, n.found
    from (select p.number, p.family, count(*) over () as found
            from (select q.number, q.id, (
                    select min(t.key)
                      from rehearsal.term as t
                     where t.ward_id = q.ward_id and t.number = q.number
                       and t.param = 'family') as family
                    from rehearsal.resource as q
                   where q.ward_id = house
                     and q.type = 'Patient') as p
           where portal_ward_patients.find = ''
              or lower(p.id) = portal_ward_patients.find
              or exists (
               select from rehearsal.term as t
                where t.ward_id = house
                  and t.number = p.number
                  and t.param in ('name', 'family', 'given', 'identifier')
                  and position(portal_ward_patients.find in lower(t.key)) > 0)
           order by p.family nulls last, p.number
          offset skip
           limit at_most) as n
    join rehearsal.resource as r
      on r.ward_id = house and r.number = n.number
   order by n.family nulls last, n.number;
end $$;
comment on function wardgate.portal_ward_patients is
  'Patients of a ward by family name, those with `find` in name or number';

-- A condition's date is a term of another name in each version.
create function wardgate.rehearsal_newest(ward_id integer, number integer)
returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select max(t.key)
    from rehearsal.term as t
   where t.ward_id = rehearsal_newest.ward_id
     and t.number = rehearsal_newest.number
     and t.param in ('date', 'datewritten', 'authoredon', 'date-recorded',
           'asserted-date', 'recorded-date')
$$;
comment on function wardgate.rehearsal_newest is
  'When a record says that it was, as a term; null: it does not say';

create function wardgate.rehearsal_revision(body text)
returns text
language sql immutable
return encode(sha256(convert_to(body, 'UTF8')), 'hex');
comment on function wardgate.rehearsal_revision is
  'Which state of a record it is: whoever changes it has seen that state';

-- Nothing when there is no such patient, whatever points at it.
create function wardgate.rehearsal_about(ward_id integer, patient text)
returns setof integer
language sql stable set search_path = pg_catalog, pg_temp as $$
  with person as (
         select r.number
           from rehearsal.resource as r
          where r.ward_id = rehearsal_about.ward_id and r.type = 'Patient'
            and r.id = rehearsal_about.patient)
  select p.number from person as p
   union
  select t.number
    from rehearsal.term as t
   where t.ward_id = rehearsal_about.ward_id and t.param = 'patient'
     and t.type = any (array['AllergyIntolerance', 'Condition', 'Coverage',
           'Encounter', 'MedicationOrder', 'MedicationRequest',
           'Observation'])
     and t.key = rehearsal_about.patient and t.system = 'Patient'
     and exists (select from person)
$$;
comment on function wardgate.rehearsal_about is
  'Numbers of a patient''s records, the patient''s own with them';

-- The patient, then of each type the newest few; or one record. more: how many
-- others of its type there are.
create function wardgate.portal_ward_records(
  account uuid, ward text, patient text, only_type text, only_id text,
  each bigint)
returns table (
  record_type text,
  record_id   text,
  body        text,
  revision    text,
  more        bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_must_be(account, ward);
begin
  return query
  select f.type, f.id, f.body, wardgate.rehearsal_revision(f.body),
         greatest(f.all_of - each, 0)
    from (select r.type, r.id, r.body, r.type <> 'Patient' as later,
                 row_number() over one_type as place,
                 count(*) over (partition by r.type) as all_of
            from (select q.type, q.id, q.body, q.number,
                         wardgate.rehearsal_newest(q.ward_id, q.number)
                           as newest
                    from rehearsal.resource as q
                   where q.ward_id = house
                     and (only_type is null
                          or (q.type = only_type and q.id = only_id))
                     and q.number in (
                         select wardgate.rehearsal_about(
                           house, patient))) as r
          window one_type as (partition by r.type
                 order by r.newest desc nulls last, r.number)) as f
   where f.place <= each
   order by f.later, f.type collate "C", f.place;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such patient.');
  end if;
end $$;
comment on function wardgate.portal_ward_records is
  'A made-up patient with the newest records of each type; WG404: there is none';

-- ---- changing

-- version: what the caller wrote records in; the ward may have been replaced.
create function wardgate.portal_ward_lock(
  account uuid, ward text, version text)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  id integer;
begin
  perform wardgate.portal_ward_acts(account);
  select w.ward_id into id
    from rehearsal.ward as w
   where w.name = ward and w.fhir_version = version
     for no key update;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such ward.');
  end if;
  return id;
end $$;
comment on function wardgate.portal_ward_lock is
  'The ward, which nobody else changes until the transaction ends';

create function wardgate.rehearsal_act(
  what text, ward text, record text, patient text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.audit_act(what || '-rehearsal', null, null, null, null,
      format('ward %s; %s; made-up patient %s', ward, record, patient));
end $$;
comment on function wardgate.rehearsal_act is
  'What somebody changed in a ward, for the trail; by ids, no value of a record';

-- Each is what it says that it is, and not too large.
create function wardgate.rehearsal_rows_check(
  ward_id integer, patient text, resources text, terms text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  r record;
begin
  if json_array_length(resources::json) not between 1 and 16
      or json_array_length(terms::json) > 2000
      or length(resources) > 1000000 or length(terms) > 1000000 then
    perform wardgate.refuse('WG400', 'That is more than a form can add.');
  end if;
  for r in
    select x.number, x.type, x.id, x.body
      from json_to_recordset(resources::json) as x (
             number integer, type text, id text, body text)
  loop
    if r.id !~ '^[A-Za-z0-9.-]{1,64}$'
        or r.body::json ->> 'resourceType' is distinct from r.type
        or r.body::json ->> 'id' is distinct from r.id
        or r.type = 'Patient' and r.id <> patient
        or r.type <> 'Patient' and not exists (
          select
            from json_to_recordset(terms::json) as t (
                   number integer, type text, param text, key text,
                   system text)
           where t.number = r.number and t.type = r.type
             and t.param = 'patient' and t.key = patient
             and t.system = 'Patient') then
      perform wardgate.refuse('WG400',
          'This record is not one of the patient.');
    end if;
  end loop;
end $$;
comment on function wardgate.rehearsal_rows_check is
  'WG400 unless all rows are records of that patient, and few';

-- from_number: what is added to the rows' own numbers.
create function wardgate.rehearsal_terms_add(
  ward_id integer, from_number integer, terms text)
returns void
language sql set search_path = pg_catalog, pg_temp as $$
  insert into rehearsal.term (ward_id, number, type, param, key, system, upto,
         exact)
  select rehearsal_terms_add.ward_id, from_number + t.number, t.type, t.param,
         t.key, t.system, t.upto, t.exact
    from json_to_recordset(terms::json) as t (
           number integer, type text, param text, key text, system text,
           upto text, exact text)
$$;
comment on function wardgate.rehearsal_terms_add is
  'What new or changed records can be found by';

-- A patient with the first records, or more records of one that is there. Rows
-- as a load has them (lib/rehearsal/rehearsal_rows), numbered from 1.
create function wardgate.portal_ward_add(
  account uuid, ward text, version text, patient text, typed text,
  resources text, terms text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_lock(account, ward, version);
  fresh   boolean;
  here    boolean;
  base    integer;
begin
  perform wardgate.rehearsal_typed(typed);
  perform wardgate.rehearsal_rows_check(house, patient, resources, terms);
  select bool_or(x.type = 'Patient') into fresh
    from json_to_recordset(resources::json) as x (type text);
  select exists (
      select from rehearsal.resource as r
       where r.ward_id = house and r.type = 'Patient'
         and r.id = patient) into here;
  if not fresh and not here then
    perform wardgate.refuse('WG404', 'There is no such patient.');
  end if;
  if fresh and not here and (
      select count(*) >= 5000 from rehearsal.resource as r
       where r.ward_id = house
         and r.type = 'Patient') then
    perform wardgate.refuse('WG409', 'The ward is full: in the portal a ward has 5000 patients at most.');
  end if;
  if (select count(*) >= 300
        from wardgate.rehearsal_about(house, patient)) then
    perform wardgate.refuse('WG409', 'This patient has 300 records; there is no room for another.');
  end if;
  select coalesce(max(r.number), 0) into base
    from rehearsal.resource as r where r.ward_id = house;
  insert into rehearsal.resource (ward_id, number, type, id, version_id,
         last_updated, body)
  select house, base + x.number, x.type, x.id, x.version_id,
         x.last_updated, x.body
    from json_to_recordset(resources::json) as x (
           number integer, type text, id text, version_id text,
           last_updated text, body text);
  perform wardgate.rehearsal_terms_add(house, base, terms);
  perform wardgate.rehearsal_act('add', ward, x.type || '/' || x.id, patient)
     from json_to_recordset(resources::json) as x (type text, id text);
exception when unique_violation then
  perform wardgate.refuse('WG409', 'This is added already; the form was sent twice.');
end $$;
comment on function wardgate.portal_ward_add is
  'Adds a made-up patient, or records of one; WG409: there already, or no room';

-- The record, unless somebody else changed it since it was read.
create function wardgate.rehearsal_seen(
  ward_id integer, patient text, type text, id text, revision text)
returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  r record;
begin
  select x.number, x.body into r
    from rehearsal.resource as x
   where x.ward_id = rehearsal_seen.ward_id and x.type = rehearsal_seen.type
     and x.id = rehearsal_seen.id
     and x.number in (
         select wardgate.rehearsal_about(rehearsal_seen.ward_id, patient));
  if not found then
    perform wardgate.refuse('WG404', 'There is no such record.');
  end if;
  if wardgate.rehearsal_revision(r.body) is distinct from revision then
    perform wardgate.refuse('WG409', 'Somebody else has changed this record meanwhile. Open it again, look at what it says now, and change that.');
  end if;
  return r.number;
end $$;
comment on function wardgate.rehearsal_seen is
  'The number of a patient''s record in that state; WG409: it has another';

create function wardgate.portal_ward_change(
  account uuid, ward text, version text, patient text, type text, id text,
  revision text, typed text, resources text, terms text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_lock(account, ward, version);
  seen    integer := wardgate.rehearsal_seen(house, patient, type, id,
      revision);
begin
  perform wardgate.rehearsal_typed(typed);
  perform wardgate.rehearsal_rows_check(house, patient, resources, terms);
  update rehearsal.resource as r
     set version_id = x.version_id, last_updated = x.last_updated,
         body = x.body
    from json_to_recordset(resources::json) as x (
           type text, id text, version_id text, last_updated text, body text)
   where r.ward_id = house and r.number = seen
     and x.type = r.type and x.id = r.id;
  delete from rehearsal.term as t
   where t.ward_id = house and t.number = seen;
  perform wardgate.rehearsal_terms_add(house, seen - 1, terms);
  perform wardgate.rehearsal_act('change', ward, type || '/' || id, patient);
end $$;
comment on function wardgate.portal_ward_change is
  'Changes one made-up record; WG409: somebody else did so first';

create function wardgate.portal_ward_remove(
  account uuid, ward text, version text, patient text, type text, id text,
  revision text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_lock(account, ward, version);
  seen    integer := wardgate.rehearsal_seen(house, patient, type, id,
      revision);
  gone    integer[] := array[seen];
begin
  if type = 'Patient' then
    gone := array(select wardgate.rehearsal_about(house, patient));
  end if;
  perform wardgate.rehearsal_act('remove', ward, r.type || '/' || r.id,
          patient)
     from rehearsal.resource as r
    where r.ward_id = house and r.number = any (gone);
  delete from rehearsal.term as t
   where t.ward_id = house and t.number = any (gone);
  delete from rehearsal.resource as r
   where r.ward_id = house and r.number = any (gone);
end $$;
comment on function wardgate.portal_ward_remove is
  'Removes one made-up record, or a patient with all of them';
