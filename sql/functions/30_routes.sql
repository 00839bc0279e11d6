-- 30_routes.sql - what token and facade ask at each cold request
-- SPDX-License-Identifier: Apache-2.0
--
-- One statement each, so that every answer is of one snapshot and `n` is the
-- change number of that snapshot: a cache that filled late cannot bring an
-- old row back. Unknown ids get a row too, so that they cost the same. Every
-- table is reached through an index, also the one with a single row: programs
-- switch sequential scans off, since a plan made while a table was small would
-- stay when it has grown.

create function wardgate.tenant_state_now(state text, notice_until timestamptz)
returns text
language sql stable
return case when state = 'maintenance' and notice_until <= now() then 'active'
            else state
        end;
comment on function wardgate.tenant_state_now is
  'State of a tenant at this moment: maintenance ends by itself';

create function wardgate.grant_state_now(
  granted_at timestamptz, ended_at timestamptz)
returns text
language sql stable
return case when granted_at is null then 'none'
            when ended_at <= now() then 'ended'
            else 'live'
        end;
comment on function wardgate.grant_state_now is
  'none, live or ended, from the columns of a grant row or of no row';

-- One row, always, by the same two look-ups whatever is there, so that the time
-- it takes tells nothing of the client, nor how many secrets it has. Therefore
-- no index may serve the comparison of a secret's client. client_state: unknown,
-- live, disabled; key_id: null when it has no such secret.
create function wardgate.client_for_token(
  client uuid, key text,
  out n              bigint,
  out client_state   text,
  out key_id         text,
  out hash           bytea,
  out pepper_version integer,
  out not_before     timestamptz,
  out not_after      timestamptz,
  out invalidated    boolean)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n,
         case when l.client_id is null then 'unknown'
              when l.disabled_at is not null then 'disabled'
              else 'live'
          end,
         s.key_id, s.hash, s.pepper_version, s.not_before, s.not_after,
         s.invalidated_at is not null
    into n, client_state, key_id, hash, pepper_version, not_before, not_after,
         invalidated
    from wardgate.change as c
    left join wardgate.client as l on l.client_id = client
    left join wardgate.client_secret as s
           on s.key_id = key and (s.client_id = client) is true
   where c.only_row;
end $$;
comment on function wardgate.client_for_token is
  'The client behind a client_id, and the hash of one of its secrets';

-- tenant_state: unknown, active, suspended, maintenance (which still gets
-- tokens). grant_state: none, live, ended; grant_ends: a planned end.
create function wardgate.route_for_token(
  client uuid, tenant uuid,
  out n            bigint,
  out tenant_state text,
  out notice_until timestamptz,
  out grant_state  text,
  out grant_ends   timestamptz,
  out types        text[])
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n,
         coalesce(wardgate.tenant_state_now(t.state, t.notice_until),
           'unknown'),
         t.notice_until,
         wardgate.grant_state_now(g.granted_at, g.ended_at),
         g.ended_at, g.types
    into n, tenant_state, notice_until, grant_state, grant_ends, types
    from wardgate.change as c
    left join wardgate.tenant as t on t.tenant_id = tenant
    left join wardgate.client_grant as g
           on g.client_id = client and g.tenant_id = tenant
   where c.only_row;
end $$;
comment on function wardgate.route_for_token is
  'May this client have a token for this tenant?';

-- One row, always. live_keys: ids, in no order, of the client's secrets and
-- public keys that still count; a token whose `cred` is not among them is
-- refused. Provider columns are null when the
-- tenant has none.
create function wardgate.route_for_facade(
  client uuid, tenant uuid)
returns table (
  n             bigint,
  client_state  text,
  live_keys     text[],
  grant_state   text,
  grant_ends    timestamptz,
  tenant_state  text,
  notice        text,
  notice_until  timestamptz,
  retry_after_s integer,
  mrn_system    text,
  provider_id   bigint,
  revision      bigint,
  base_url      text,
  fhir_version  text,
  mode          text,
  search_post   boolean,
  http2         boolean,
  connect_ms    integer,
  total_ms      integer,
  can_contains  text,
  can_sort      text,
  can_total     text,
  can_batch     text,
  coverage_person  text,
  write_extensions boolean,
  types         text[],
  slug          text,
  networks      text[],
  requests_max  integer,
  calls_per_s   integer,
  auth          text,
  credential    text,
  token_url      text,
  token_client   text,
  token_auth     text,
  token_scope    text,
  token_resource text,
  token_audience text,
  token_kid      text,
  token_alg      text,
  tls_chain      text,
  tls_box        text,
  tls_ca         text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c.n,
         case when l.client_id is null then 'unknown'
              when l.disabled_at is not null then 'disabled'
              else 'live'
          end,
         array(select s.key_id
                 from wardgate.client_secret as s
                where s.client_id = client
                  and s.invalidated_at is null
                  and (s.not_after is null or s.not_after > now()))
           || coalesce((select k.creds
                          from wardgate.client_jwks as k
                         where k.client_id = client), '{}'),
         wardgate.grant_state_now(g.granted_at, g.ended_at),
         g.ended_at,
         coalesce(wardgate.tenant_state_now(t.state, t.notice_until),
           'unknown'),
         t.notice, t.notice_until, t.retry_after_s, t.mrn_system,
         p.provider_id, p.revision, p.base_url, p.fhir_version, p.mode,
         p.search_post, p.http2, p.connect_ms, p.total_ms,
         p.can_contains, p.can_sort, p.can_total, p.can_batch,
         p.coverage_person, p.write_extensions, g.types, t.slug,
         p.networks::text[], p.requests_max, p.calls_per_s,
         coalesce(w.kind, 'none'), coalesce(w.box, s.box),
         w.token_url,
         w.token_client, w.token_auth, w.token_scope, w.token_resource,
         w.token_audience, s.kid, s.alg, x.chain, x.box, x.ca
    from wardgate.change as c
    left join wardgate.client as l on l.client_id = client
    left join wardgate.tenant as t on t.tenant_id = tenant
    left join wardgate.client_grant as g
           on g.client_id = client and g.tenant_id = tenant
    left join wardgate.provider as p on p.tenant_id = tenant
    left join wardgate.provider_credential as w on w.tenant_id = tenant
    left join wardgate.provider_key as s
           on s.tenant_id = tenant and s.stage = 'use' and w.kind = 'smart'
    left join wardgate.provider_tls as x on x.tenant_id = tenant
   where c.only_row;
end $$;
comment on function wardgate.route_for_facade is
  'May this client ask this tenant, and where are its records?';

create function wardgate.signing_key_in_use(out n bigint, out kid text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n, k.kid into n, kid
    from wardgate.change as c
    left join wardgate.signing_key as k on k.stage = 'use'
   where c.only_row;
end $$;
comment on function wardgate.signing_key_in_use is
  'Which key signs; null: none yet';
