-- 51_audit_act.sql - what somebody changes stands in the trail too
-- SPDX-License-Identifier: Apache-2.0
--
-- Triggers on the tables that say who may do what write an audit row for each
-- row that is added, changed or removed, in the transaction that does it: no
-- way of changing them goes past that, a line of SQL neither. What programs
-- keep up by themselves, a hash under the newest pepper, when keys were fetched
-- last, is no change. A change that is refused or taken back leaves no row.

-- wardgate.actor and wardgate.source: set for one transaction by what the portal
-- calls (27_account.sql).
create function wardgate.actor()
returns text
language sql stable
return session_user
       || coalesce(' (' || coalesce(
            nullif(current_setting('wardgate.actor', true), ''),
            nullif(current_setting('application_name'), '')) || ')', '');
comment on function wardgate.actor is
  'Database user of the session, and who signed in there or what its program calls itself';

create function wardgate.audit_act(
  act text, client uuid, tenant uuid, secret text, token text, detail text,
  patient text default null)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  at    timestamptz := clock_timestamp();
  trace uuid := (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint),
      12, '0') || right(replace(gen_random_uuid()::text, '-', ''), 20))::uuid;
begin
  -- as audit_write: durable, whatever somebody set for the role
  if current_setting('synchronous_commit') in ('off', 'local') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  insert into wardgate.audit (at, trace_id, program, client_id, tenant_id,
         patient_id, secret_key_id, token_id, interaction, status, source,
         made_by, detail)
  values (at, trace, 'wardgate', client, tenant, patient, secret, token, act,
         200, coalesce(nullif(current_setting('wardgate.source', true), '')::inet,
             inet_client_addr()), wardgate.actor(),
         left(nullif(audit_act.detail, ''), 2000));
end $$;
comment on function wardgate.audit_act is
  'Writes what somebody changed, or was told, into the trail';

-- Null: nothing that counts is different. Of a row that came or went its values.
create function wardgate.act_detail(
  before jsonb, after jsonb, ignored text[], hidden text[])
returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select string_agg(
         case when k = any (hidden) then k
              when before is null then k || ' ' || left(after ->> k, 200)
              when after is null then k || ' ' || left(before ->> k, 200)
              else format('%s %s -> %s', k,
                coalesce(left(before ->> k, 200), 'none'),
                coalesce(left(after ->> k, 200), 'none'))
          end, '; ' order by k)
    from jsonb_object_keys(coalesce(after, before)) as k
   where k <> all (ignored)
     and before -> k is distinct from after -> k
     and coalesce(after ->> k, before ->> k, '') <> ''
$$;
comment on function wardgate.act_detail is
  'What is different between two rows, in words';

-- Arguments: what a row is called; columns that identify it; columns that do
-- not count; columns whose values are not told.
create function wardgate.row_audited()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  object  text := tg_argv[0];
  ids     text[] := string_to_array(tg_argv[1], ' ');
  own     text[] := array['client_id', 'tenant_id', 'key_id'];
  ignored text[] := ids || own || string_to_array(tg_argv[2], ' ');
  change  record;
  said    text;
begin
  if tg_op = 'TRUNCATE' then
    perform wardgate.audit_act('remove-' || object, null, null, null, null,
        'all of them');
    return null;
  end if;
  for change in execute case tg_op
      when 'INSERT' then
        'select null::jsonb as b, to_jsonb(y) as a from after as y'
      when 'DELETE' then
        'select to_jsonb(x) as b, null::jsonb as a from before as x'
      else format('select to_jsonb(x) as b, to_jsonb(y) as a'
        ' from before as x full join after as y using (%s)',
        array_to_string(ids, ', '))
      end
  loop
    said := wardgate.act_detail(change.b, change.a, ignored,
        string_to_array(tg_argv[3], ' '));
    continue when said is null and change.a is not null
        and change.b is not null;
    perform wardgate.audit_act(
        case when change.b is null then 'add-'
             when change.a is null then 'remove-'
             else 'change-'
         end || object,
        (coalesce(change.a, change.b) ->> 'client_id')::uuid,
        (coalesce(change.a, change.b) ->> 'tenant_id')::uuid,
        coalesce(change.a, change.b) ->> 'key_id', null,
        concat_ws('; ', (
          select string_agg(coalesce(change.a, change.b) ->> i, ' ')
            from unnest(ids) as i where i <> all (own)), said));
  end loop;
  return null;
end $$;
comment on function wardgate.row_audited is
  'Trigger: writes each row that somebody changed into the trail';

do $$
declare
  t record;
begin
  for t in
    select * from (values
      ('client', 'client', 'client_id', 'created_at', 'contact'),
      ('client_secret', 'secret', 'key_id',
       'hash hint pepper_version created_at', ''),
      ('client_jwks', 'keys', 'client_id', 'set_at', 'jwks'),
      ('client_jwks_url', 'keys-url', 'client_id',
       'set_at wanted_at tried_at fetched_at error', ''),
      ('tenant', 'tenant', 'tenant_id', 'created_at', ''),
      ('provider', 'provider', 'tenant_id',
       'provider_id revision credential_at', ''),
      ('provider_credential', 'credential', 'tenant_id', 'set_at', 'box'),
      ('production_override', 'override', 'tenant_id', 'made_at', ''),
      ('probe_patient', 'test-patient', 'tenant_id', '', ''),
      ('provider_tls', 'tls', 'tenant_id', 'set_at', 'box chain ca'),
      ('provider_key', 'provider-key', 'tenant_id kid', 'made_at', 'box jwk'),
      ('client_grant', 'grant', 'client_id tenant_id', 'granted_at', ''),
      ('signing_key', 'signing-key', 'kid', 'made_at', ''),
      ('sealing_key', 'sealing-key', 'kid', 'made_at', 'public_key'),
      ('pepper', 'pepper', 'version', 'used_at', ''),
      ('policy', 'policy', 'name', '', ''),
      ('account', 'account', 'account_id',
       'created_at signed_in_at lang totp_step', 'passphrase totp'),
      ('client_owner', 'owner', 'client_id account_id', 'since', ''),
      ('proposal', 'proposal', 'proposal_id',
       'what found wanted made_by made_at expires_at decided_by decided_at'
       ' applied_in', ''),
      ('grant_request', 'request', 'request_id',
       'account_id made_at decided_at', ''))
      as v (name, object, ids, ignored, hidden)
  loop
    execute format(
        'create trigger audited_by_insert after insert on wardgate.%I'
        ' referencing new table as after for each statement'
        ' execute function wardgate.row_audited(%L, %L, %L, %L)',
        t.name, t.object, t.ids, t.ignored, t.hidden);
    execute format(
        'create trigger audited_by_update after update on wardgate.%I'
        ' referencing old table as before new table as after'
        ' for each statement'
        ' execute function wardgate.row_audited(%L, %L, %L, %L)',
        t.name, t.object, t.ids, t.ignored, t.hidden);
    execute format(
        'create trigger audited_by_delete after delete on wardgate.%I'
        ' referencing old table as before for each statement'
        ' execute function wardgate.row_audited(%L, %L, %L, %L)',
        t.name, t.object, t.ids, t.ignored, t.hidden);
    execute format(
        'create trigger audited_by_truncate after truncate on wardgate.%I'
        ' for each statement'
        ' execute function wardgate.row_audited(%L, %L, %L, %L)',
        t.name, t.object, t.ids, t.ignored, t.hidden);
  end loop;
end $$;

-- For a request that was refused: the newest change that bore on it, be it a
-- year ago. A client that ended its own token is found as long as such a token
-- can have lived.
create function wardgate.audit_act_behind(trace uuid)
returns table (at timestamptz, made_by text, act text, detail text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  r       record;
  objects text[];
begin
  select a.* into r
    from wardgate.audit_tail(null, null, trace, 1) as a;
  objects := case
    when r.reason = 'token_revoked' then array['token', 'secret', 'keys',
      'client', 'grant', 'tenant', 'everything']
    when r.reason in ('secret_invalidated', 'secret_expired',
      'token_secret_invalidated', 'assertion_key_unknown')
      then array['secret', 'keys']
    when r.reason in ('client_disabled', 'client_unknown',
      'token_client_disabled') then array['client']
    when r.reason in ('tenant_not_granted', 'token_grant_removed',
      'scope_refused', 'type_not_granted') then array['grant']
    when r.reason in ('tenant_suspended', 'tenant_unknown',
      'tenant_maintenance') then array['tenant']
    end;
  return query
  select f.at, f.made_by, f.interaction, f.detail
    from (
 (select a.at, a.made_by, a.interaction, a.detail
    from wardgate.audit as a
   where a.made_by is not null and a.at <= r.at + interval '1 s'
     and a.interaction not like 'add-%'
     and substr(a.interaction, strpos(a.interaction, '-') + 1)
         = any (objects)
     and case substr(a.interaction, strpos(a.interaction, '-') + 1)
           when 'everything' then true
           when 'token' then a.token_id = r.token_id
           when 'secret' then a.secret_key_id = r.secret_key_id
           when 'tenant' then a.tenant_id = r.tenant_id
           when 'grant' then a.client_id = r.client_id
             and a.tenant_id = r.tenant_id
           else a.client_id = r.client_id
         end
   order by a.at desc
   limit 1)
   union all
 (select a.at, 'the client itself', a.interaction, null
    from wardgate.audit as a
   where r.reason = 'token_revoked' and a.at > r.at - interval '2 hours'
     and a.at <= r.at + interval '1 s' and a.interaction = 'revoke'
     and a.status = 200 and a.token_id = r.token_id
   limit 1)) as f
   order by f.at desc
   limit 1;
end $$;
comment on function wardgate.audit_act_behind is
  'The change that a refused request goes back to, if somebody made one';
