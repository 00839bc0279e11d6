-- rehearsal.sql - everything that rehearsal may ask the database
-- SPDX-License-Identifier: Apache-2.0

-- The ward of a name. One row, or none.
prepare rehearsal_ward (text) as
  select fhir_version
    from rehearsal.ward
   where name = $1;

-- All wards, for people who look for one.
prepare rehearsal_wards as
  select name, fhir_version
    from rehearsal.ward
   order by name;

-- The JWK Set that the gateway publishes for tenant $1; null: no key.
prepare rehearsal_keys (uuid) as
  select jwks
    from rehearsal.published_keys($1);

-- Keeps the jti of a client's assertion until $3, in seconds since 1970, and
-- forgets what is past. One row, or none: it was there already.
prepare rehearsal_first (uuid, text, bigint) as
    with past as (
           delete from rehearsal.assertion
            where (client, jti) in (
                    select client, jti
                      from rehearsal.assertion
                     where ends_at < now()
                       for update skip locked)
         )
  insert into rehearsal.assertion (client, jti, ends_at)
  values ($1, $2, to_timestamp($3))
      on conflict do nothing
  returning 1::integer;

-- One resource of a ward. No row: there is no such ward (any more); a row of
-- nulls: the ward has no such resource.
prepare rehearsal_read (text, text, text, text) as
  select r.body, r.version_id, r.last_updated
    from rehearsal.ward w
    left join rehearsal.resource r
      on r.ward_id = w.ward_id and r.type = $3 and r.id = $4
   where w.name = $1 and w.fhir_version = $2;

-- One page of a search: ward, its version, type; what must match, as JSON
-- (lib/rehearsal/rehearsal_want.h says how), how many criteria that are without
-- negated ones, and which of them to begin with; three sort keys, each with
-- whether it descends; page size and offset. What the leading criterion's key
-- ranges reach is looked at one by one, in the terms of that resource; it is
-- found when every criterion has a hit there and no negated one has. `offset
-- 0` keeps both steps on their index, whatever the planner believes.
-- No row: there is no such ward (any more). Else each row has the total, and a
-- resource of the page, in order; an empty page is one row without.
prepare rehearsal_search (text, text, text, text, bigint, bigint,
                          text, boolean, text, boolean, text, boolean,
                          bigint, bigint) as
    with ward as materialized (
           select ward_id
             from rehearsal.ward
            where name = $1 and fhir_version = $2
         ),
         want as materialized (
           select *
             from json_to_recordset($4::json) as w (
                    criterion integer, negate boolean, param text,
                    key_from text, key_to text, upto_from text, upto_to text,
                    system text, part text, exact text)
         ),
         candidate as materialized (
           select distinct t.number
             from want w
            cross join lateral (
                    select number
                      from rehearsal.term
                     where ward_id = (select ward_id from ward)
                       and type = $3
                       and param = w.param
                       and key between w.key_from and w.key_to
                    offset 0) t
            where w.criterion = $6
         ),
         found as materialized (
           select c.number
             from candidate c
            cross join want w
            cross join lateral (
                    select
                      from rehearsal.term
                     where ward_id = (select ward_id from ward)
                       and number = c.number
                       and param = w.param
                       and key between w.key_from and w.key_to
                       and (w.upto_from is null
                            or upto between w.upto_from and w.upto_to)
                       and (w.system is null or system = w.system)
                       and (w.part is null or position(w.part in key) > 0)
                       and (w.exact is null or exact = w.exact)
                    offset 0) t
            group by c.number
           having count(distinct w.criterion) filter (where not w.negate) = $5
              and count(*) filter (where w.negate) = 0
         ),
         page as (
           select f.number,
                  row_number() over (
                    order by case when not $8 then first.low end nulls last,
                             case when $8 then first.high end desc nulls last,
                             case when not $10 then second.low end nulls last,
                             case when $10 then second.high end
                               desc nulls last,
                             case when not $12 then third.low end nulls last,
                             case when $12 then third.high end
                               desc nulls last,
                             f.number) as place
             from found f
            cross join lateral (
                    select min(key) as low, max(key) as high
                      from rehearsal.term
                     where ward_id = (select ward_id from ward)
                       and number = f.number and param = $7) first
            cross join lateral (
                    select min(key) as low, max(key) as high
                      from rehearsal.term
                     where ward_id = (select ward_id from ward)
                       and number = f.number and param = $9) second
            cross join lateral (
                    select min(key) as low, max(key) as high
                      from rehearsal.term
                     where ward_id = (select ward_id from ward)
                       and number = f.number and param = $11) third
            order by place
            limit $13 offset $14
         )
  select (select count(*) from found) as total, r.id, r.body
    from ward w
    left join (page p
               join rehearsal.resource r
                 on r.ward_id = (select ward_id from ward)
                and r.number = p.number)
      on true
   order by p.place;

-- Loading, in one transaction. The ward's row is locked from here on, so two
-- loads of one ward come one after the other.
prepare rehearsal_load_ward (text, text) as
  insert into rehearsal.ward as w (name, fhir_version)
  values ($1, $2)
      on conflict (name) do update
     set fhir_version = excluded.fhir_version, loaded_at = now()
  returning w.ward_id;

prepare rehearsal_clear_terms (bigint) as
  delete from rehearsal.term
   where ward_id = $1;

prepare rehearsal_clear_resources (bigint) as
  delete from rehearsal.resource
   where ward_id = $1;

-- Many resources at once: a JSON array of objects with the columns' names.
prepare rehearsal_load_resources (bigint, text) as
  insert into rehearsal.resource (ward_id, number, type, id, version_id,
                                  last_updated, body)
  select $1, number, type, id, version_id, last_updated, body
    from json_to_recordset($2::json) as r (
           number integer, type text, id text, version_id text,
           last_updated text, body text);

prepare rehearsal_load_terms (bigint, text) as
  insert into rehearsal.term (ward_id, number, type, param, key, system, upto,
                              exact)
  select $1, number, type, param, key, system, upto, exact
    from json_to_recordset($2::json) as t (
           number integer, type text, param text, key text, system text,
           upto text, exact text);

-- The planner's counts, once a load is committed.
prepare rehearsal_analyze as
  select 1::integer
    from rehearsal.analyze();
