-- 55_portal_tokens.sql - a secret that somebody else has seen: ended, and its tokens
-- SPDX-License-Identifier: Apache-2.0
--
-- The first parameter is always the account that asks. The list comes from the
-- trail, by an index of its own (audit_tokens), so it is quick however much is
-- kept.

-- A secret that has ended already is none the less revoked: whatever a process
-- issued on what it knew a moment before goes too.
create function wardgate.portal_secret_breach(
  account uuid, client uuid, key_id text, why text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.secret_invalidate(client, key_id);
  perform wardgate.revoke('secret', client, null, key_id,
      coalesce(wardgate.given(why), 'somebody else may have it'), false);
end $$;
comment on function wardgate.portal_secret_breach is
  'Ends a secret and revokes its tokens, in one step, with the reason in the trail';

-- Newest first. skipped: how many to leave out, to go on from.
create function wardgate.portal_secret_tokens(
  account uuid, client uuid, key_id text, days bigint, skipped bigint,
  at_most bigint)
returns table (
  at          timestamptz,
  tenant_id   uuid,
  tenant_name text,
  network     text,
  token_id    text,
  trace_id    uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select a.at, a.tenant_id, t.name, wardgate.network_of(a.source)::text,
         a.token_id, a.trace_id
    from wardgate.audit as a
    left join wardgate.tenant as t using (tenant_id)
   where a.secret_key_id = portal_secret_tokens.key_id
     and a.client_id = client
     and a.program = 'token' and a.interaction = 'token' and a.status = 200
     and a.at > now() - make_interval(days => days::integer)
   order by a.at desc, a.trace_id
  offset skipped
   limit at_most;
end $$;
comment on function wardgate.portal_secret_tokens is
  'The tokens that were issued with a secret of an app, from the trail';

create function wardgate.portal_secret_hospitals(
  account uuid, client uuid, key_id text, days bigint)
returns table (
  tenant_id   uuid,
  tenant_name text,
  tokens      bigint,
  first_at    timestamptz,
  last_at     timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select g.tenant_id, t.name, g.tokens, g.first_at, g.last_at
    from (select a.tenant_id, count(*) as tokens, min(a.at) as first_at,
                 max(a.at) as last_at
            from wardgate.audit as a
           where a.secret_key_id = portal_secret_hospitals.key_id
             and a.client_id = client
             and a.program = 'token' and a.interaction = 'token'
             and a.status = 200
             and a.at > now() - make_interval(days => days::integer)
           group by a.tenant_id) as g
    left join wardgate.tenant as t using (tenant_id)
   order by g.tokens desc, g.tenant_id;
end $$;
comment on function wardgate.portal_secret_hospitals is
  'For which hospitals a secret of an app got tokens, and how many';
