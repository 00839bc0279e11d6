-- 66_token_stands.sql - does a token that is about to leave count by now?
-- SPDX-License-Identifier: Apache-2.0

-- A process of `token` may issue on what it knew a moment ago, before a right
-- was ended and given again, or its tokens revoked: then the token says a number
-- under which it is dead already, while a new one would count. For such a token:
-- n, the number under which it counts now, and ends, when what it stands on ends
-- (null: without end). n is null when it does not count under any number.
create function wardgate.token_stands(
  client uuid, tenant uuid, credential text, jti text,
  out n bigint, out ends timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n, least(
         (select s.not_after
            from wardgate.client_secret as s
           where s.client_id = client and s.key_id = credential),
         (select g.ended_at
            from wardgate.client_grant as g
           where g.client_id = client and g.tenant_id = tenant))
    into n, ends
    from wardgate.change as c
   where c.only_row
     and wardgate.token_in_force(client, tenant, credential, jti, c.n);
end $$;
comment on function wardgate.token_stands is
  'The change number under which a token counts at this moment; null: none';
