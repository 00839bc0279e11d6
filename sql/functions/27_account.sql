-- 27_account.sql - signing in, sessions, invitations
-- SPDX-License-Identifier: Apache-2.0
--
-- Passphrases, codes and cookies are checked by the program: here are only
-- their hashes, and the rules that must hold whoever asks.

create function wardgate.login_read(value text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  kept text := lower(btrim(coalesce(value, '')));
begin
  if kept !~ '^[a-z0-9][a-z0-9._+@-]{0,99}$' then
    perform wardgate.refuse('WG400',
        'A sign-in name is made of letters, digits and . _ + - @, at most 100 of them.');
  end if;
  return kept;
end $$;
comment on function wardgate.login_read is
  'The sign-in name of an account as typed, in the spelling that is stored';

create function wardgate.roles_read(value text)
returns text[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  known text[] := array['developer', 'operator', 'auditor', 'admin'];
  given text[] := regexp_split_to_array(
      lower(btrim(coalesce(value, ''), ' ,')), '[ ,]+');
begin
  if not given <@ known then
    perform wardgate.refuse('WG400', format(
        'Roles are developer, operator, auditor and admin; %s is not one of them.',
        wardgate.quoted(coalesce(value, ''))));
  end if;
  return array(select k from unnest(known) with ordinality as o (k, place)
                where k = any (given) order by place);
end $$;
comment on function wardgate.roles_read is
  'Roles as typed, divided by commas or blanks';

create function wardgate.account_add(
  login text, name text, roles text, passphrase text, totp bytea,
  out account_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.account as a (login, name, roles, passphrase, totp)
  values (wardgate.login_read(login),
         wardgate.line_read('name', coalesce(name, ''), 200),
         wardgate.roles_read(roles), account_add.passphrase, account_add.totp)
  returning a.account_id into account_id;
exception when unique_violation then
  perform wardgate.refuse('WG409',
      'There is an account with this sign-in name already.');
end $$;
comment on function wardgate.account_add is 'Makes an account';

create function wardgate.account_must_be(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from wardgate.account as a where a.account_id = account for update;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such account.');
  end if;
end $$;
comment on function wardgate.account_must_be is
  'Locks the row of an account; WG404 when there is none';

-- Only A to Z are folded: every other letter makes another name, or the waiting
-- after failures could be had anew with a Kelvin sign for a k.
create function wardgate.account_for_signin(login text)
returns table (
  account_id uuid,
  login_kept text,
  passphrase text,
  totp       bytea,
  roles      text[],
  disabled   boolean)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select a.account_id, a.login, a.passphrase, a.totp, a.roles,
         a.disabled_at is not null
    from wardgate.account as a
   where a.login = lower(btrim(account_for_signin.login) collate "C");
end $$;
comment on function wardgate.account_for_signin is
  'What a sign-in is checked against; no row: nobody of that name';

create function wardgate.account_self(account uuid)
returns table (
  login      text,
  name       text,
  passphrase text,
  totp       bytea,
  roles      text[],
  recovery   bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select a.login, a.name, a.passphrase, a.totp, a.roles,
       (select count(*) from wardgate.account_recovery as r
         where r.account_id = a.account_id)
    from wardgate.account as a
   where a.account_id = account and a.disabled_at is null;
end $$;
comment on function wardgate.account_self is
  'What an account''s own pages show and check';

create function wardgate.account_list()
returns table (
  account_id   uuid,
  login        text,
  name         text,
  roles        text[],
  has_totp     boolean,
  created_at   timestamptz,
  signed_in_at timestamptz,
  disabled_at  timestamptz,
  sessions     bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select a.account_id, a.login, a.name, a.roles, a.totp is not null,
         a.created_at, a.signed_in_at, a.disabled_at,
       (select count(*)
          from wardgate.portal_session as s
         where s.account_id = a.account_id)
    from wardgate.account as a
   order by a.login;
end $$;
comment on function wardgate.account_list is 'All accounts';

-- In plpgsql, whose plan stays: one in sql would be planned at each call.
create function wardgate.account_is(account uuid, one_of text[])
returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform
     from wardgate.account as a
    where a.account_id = account and a.disabled_at is null
      and a.roles && one_of;
  return found;
end $$;
comment on function wardgate.account_is is
  'Has the account, now, one of these roles?';

-- Until the end of the transaction: what it changes is by that account.
create function wardgate.portal_acts(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('wardgate.actor', a.login, true),
         set_config('wardgate.source', coalesce((
             select host(s.source)
               from wardgate.portal_session as s
              where s.account_id = account
              order by s.seen_at desc
              limit 1), ''), true)
    from wardgate.account as a
   where a.account_id = account;
end $$;
comment on function wardgate.portal_acts is
  'Whom the trail names for what the transaction changes';

-- An account that is disabled, or has other roles, is signed out, and the links
-- that it made are void.
create function wardgate.account_able(
  account uuid, able boolean, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set disabled_at = case when able then null else now() end
   where a.account_id = account and (a.disabled_at is null) <> able;
  outcome := case when found then 'changed' else 'unchanged' end;
  if not able then
    delete from wardgate.portal_session as s where s.account_id = account;
    delete from wardgate.invitation as i where i.made_by = account;
  end if;
end $$;
comment on function wardgate.account_able is
  'Disables an account (able false), which signs it out, or lets it work again';

create function wardgate.account_roles_set(
  account uuid, roles text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text[] := wardgate.roles_read(roles);
begin
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set roles = kept
   where a.account_id = account and a.roles <> kept;
  outcome := case when found then 'changed' else 'unchanged' end;
  if found then
    delete from wardgate.portal_session as s where s.account_id = account;
    delete from wardgate.invitation as i where i.made_by = account;
  end if;
end $$;
comment on function wardgate.account_roles_set is
  'Gives an account other roles, and signs it out';

-- Whoever sets a passphrase anew ends all sessions but the one it is done in, and
-- a link that could set yet another.
create function wardgate.account_passphrase_set(
  account uuid, passphrase text, but_session bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_acts(account);
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set passphrase = account_passphrase_set.passphrase
   where a.account_id = account;
  delete from wardgate.portal_session as s
   where s.account_id = account and s.hash is distinct from but_session;
  delete from wardgate.invitation as i where i.account_id = account;
end $$;
comment on function wardgate.account_passphrase_set is
  'Another passphrase; other sessions of the account end';

-- The same one in newer numbers: nothing ends. Whoever changed it meanwhile wins.
create function wardgate.account_passphrase_moved(
  account uuid, was text, passphrase text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.account as a
     set passphrase = account_passphrase_moved.passphrase
   where a.account_id = account and a.passphrase = was;
  return found;
end $$;
comment on function wardgate.account_passphrase_moved is
  'Stores a passphrase anew after its cost was raised';

-- codes: hashes in hexadecimal with blanks between; they take the place of all
-- that were there. Who gave the passphrase alone sets up the first phone and no
-- other: sessions that are half signed in end with it.
create function wardgate.account_totp_set(
  account uuid, totp bytea, step bigint, codes text, session bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_acts(account);
  perform wardgate.account_must_be(account);
  if not exists (
      select from wardgate.portal_session as s
        join wardgate.account as a using (account_id)
       where s.hash = session and s.account_id = account
         and (s.stage = 'full' or s.stage = 'enrol' and a.totp is null)) then
    perform wardgate.refuse('WG409',
        'A phone was set up already. Sign in again, with a code from it.');
  end if;
  delete from wardgate.portal_session as s
   where s.account_id = account and s.stage <> 'full' and s.hash <> session;
  update wardgate.account as a
     set totp = account_totp_set.totp, totp_step = step
   where a.account_id = account;
  delete from wardgate.account_recovery as r where r.account_id = account;
  insert into wardgate.account_recovery (account_id, hash)
  select account, decode(code, 'hex')
    from regexp_split_to_table(codes, ' ') as code;
end $$;
comment on function wardgate.account_totp_set is
  'A phone for one-time codes, and new recovery codes';

-- By an operator, for an account that has none: without recovery codes.
create function wardgate.account_totp_keep(account uuid, totp bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set totp = account_totp_keep.totp
   where a.account_id = account and a.totp is null;
end $$;
comment on function wardgate.account_totp_keep is
  'The first phone of an account that was made by command';

create function wardgate.account_totp_remove(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set totp = null, totp_step = 0
   where a.account_id = account;
  delete from wardgate.account_recovery as r where r.account_id = account;
  delete from wardgate.portal_session as s where s.account_id = account;
end $$;
comment on function wardgate.account_totp_remove is
  'For a lost phone: the account sets up another at its next sign-in';

create function wardgate.account_totp_use(account uuid, step bigint)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.account as a
     set totp_step = step
   where a.account_id = account and a.totp_step < step;
  return found;
end $$;
comment on function wardgate.account_totp_use is
  'Takes a code of that step; false: it, or a later one, was taken before';

create function wardgate.account_recovery_use(account uuid, code bytea)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.account_recovery as r
   where r.account_id = account and r.hash = code;
  return found;
end $$;
comment on function wardgate.account_recovery_use is
  'Takes a recovery code; false: there is no such one (any more)';

create function wardgate.account_lang_set(account uuid, lang text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.account as a
     set lang = account_lang_set.lang
   where a.account_id = account;
end $$;
comment on function wardgate.account_lang_set is 'The language of its pages';

-- ---- too many wrong ones --------------------------------------------------------

create function wardgate.source_near(source inet)
returns inet
language sql immutable set search_path = pg_catalog, pg_temp
return case family(source)
            when 6 then network(set_masklen(source, 64))::inet
            else source
        end;
comment on function wardgate.source_near is
  'Where somebody is, as far as one household goes: an IPv4 address, an IPv6 /64';

-- Names fail by where somebody is: nobody elsewhere is held up. Codes fail by
-- account alone, for six digits are soon guessed from many places; who can
-- hold somebody up by that knows their passphrase.
create function wardgate.signin_place(who bytea, source inet)
returns inet
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
      select from wardgate.account as a
       where sha256(uuid_send(a.account_id)) = who) then
    return '0.0.0.0'::inet;
  end if;
  return wardgate.source_near(source);
end $$;
comment on function wardgate.signin_place is
  'Where failures are counted: of a name at its source, of an account anywhere';

create function wardgate.signin_seconds(failures integer, last_at timestamptz)
returns double precision
language sql volatile
set search_path = pg_catalog, pg_temp as $$
  select case when failures < 3 then 0
              else extract(epoch from last_at - clock_timestamp())
                   + least(900, power(2, least(failures - 3, 20)))
         end;
$$;
comment on function wardgate.signin_seconds is
  'How long to wait after so many in a row';

-- The first three cost nothing, then 1 s, 2 s, 4 s ... at most 15 minutes. Counted
-- before it is looked at, so that many at once are as many in a row.
create function wardgate.signin_begin(who bytea, source inet)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  place   inet := wardgate.signin_place(who, source);
  seconds double precision;
begin
  insert into wardgate.signin_failure as f (who, source)
  values (signin_begin.who, place)
      on conflict on constraint signin_failure_pkey
      do update set failures = f.failures + 1, last_at = clock_timestamp()
   where wardgate.signin_seconds(f.failures, f.last_at) <= 0;
  if found then
    return 0;
  end if;
  select wardgate.signin_seconds(f.failures, f.last_at)
    into seconds
    from wardgate.signin_failure as f
   where f.who = signin_begin.who and f.source = place;
  return greatest(1, ceil(coalesce(seconds, 0)))::bigint;
end $$;
comment on function wardgate.signin_begin is
  'Somebody tries a name from there; else the seconds to wait before that';

create function wardgate.signin_failed(who bytea, source inet)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('wardgate.source', host(signin_failed.source), true);
  perform wardgate.audit_act('refuse-sign-in', null, null, null, null,
      coalesce((select a.login
                  from wardgate.account as a
                 where sha256(convert_to(a.login, 'UTF8')) = signin_failed.who
                    or sha256(uuid_send(a.account_id)) = signin_failed.who),
          'no account of that name'));
end $$;
comment on function wardgate.signin_failed is
  'What was begun was wrong: it stays counted, and is in the trail';

create function wardgate.signin_untried(who bytea, source inet)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  place inet := wardgate.signin_place(who, source);
begin
  delete from wardgate.signin_failure as f
   where f.who = signin_untried.who and f.source = place and f.failures = 1;
  if not found then
    update wardgate.signin_failure as f
       set failures = f.failures - 1
     where f.who = signin_untried.who and f.source = place;
  end if;
end $$;
comment on function wardgate.signin_untried is
  'What was begun could not be looked at: it is not counted';

create function wardgate.signin_good(who bytea, source inet)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.signin_failure as f
   where f.who = signin_good.who
     and f.source = wardgate.signin_place(signin_good.who, signin_good.source);
end $$;
comment on function wardgate.signin_good is 'The row of failures ends';

create function wardgate.signin_failure_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.signin_failure as f
   where f.ctid in (
         select o.ctid
           from wardgate.signin_failure as o
          where o.last_at < now() - older_than
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.signin_failure_trim is
  'Forgets failures that are older; returns how many';

-- ---- sessions --------------------------------------------------------------------

-- before: a session that this one takes the place of (new id at each step). When
-- it has ended meanwhile - signed out elsewhere, account disabled - so has the
-- right to another. phrase: the passphrase, as it is kept, that opens a first
-- one: it may have been changed since it was looked at. Without either, the web
-- server alone says who it is, which proves nothing for what is sensitive.
create function wardgate.session_open(
  hash bytea, account uuid, stage text, source inet, agent text, before bytea,
  phrase text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  vouched boolean := phrase is null and before is null;
  since   timestamptz;
  was     text;
begin
  perform
     from wardgate.account as a
    where a.account_id = account and a.disabled_at is null
      and (phrase is null or a.passphrase = phrase)
      for no key update;
  if not found then
    return false;
  end if;
  delete from wardgate.portal_session as s
   where s.hash = before and s.account_id = account
  returning s.made_at, s.stage into since, was;
  if before is not null and since is null then
    return false;
  end if;
  insert into wardgate.portal_session (hash, account_id, stage, source, agent,
         made_at, proved_at)
  values (session_open.hash, account, session_open.stage, session_open.source,
         left(regexp_replace(coalesce(session_open.agent, ''),
             '[^\x20-\x7e]', '?', 'g'), 200),
         coalesce(since, now()),
         case when vouched then '-infinity' else now() end);
  if stage = 'full' and was is distinct from 'full' then
    perform wardgate.portal_acts(account);
    perform wardgate.audit_act('sign-in', null, null, null, null,
        case when vouched then 'by the web server' end);
    update wardgate.account as a
       set signed_in_at = now()
     where a.account_id = account;
  end if;
  return true;
end $$;
comment on function wardgate.session_open is
  'A session under the hash of its cookie; false: what it would have followed from has ended';

-- Null stands for whoever session_find found in this transaction, signed in.
create function wardgate.asking(account uuid)
returns uuid
language sql stable
return coalesce(account,
    nullif(current_setting('wardgate.asking', true), '')::uuid);
comment on function wardgate.asking is
  'The account that asks: the one given, else who is behind the cookie';

-- Seen is written once a minute. Roles are those of now. Who is signed in is known
-- as who asks until the end of the transaction.
create function wardgate.session_find(
  hash bytea, idle interval, life interval, proof interval)
returns table (
  account_id uuid,
  session_id uuid,
  stage      text,
  login      text,
  name       text,
  roles      text[],
  lang       text,
  has_totp   boolean,
  proved     boolean,
  idle_end   timestamptz,
  life_end   timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  stale  boolean;
  asking text;
begin
  select a.account_id, s.session_id, s.stage, a.login, a.name, a.roles, a.lang,
         a.totp is not null, s.proved_at >= now() - proof,
         least(s.seen_at + idle, s.made_at + life), s.made_at + life,
         s.seen_at < now() - interval '1 minute'
    into account_id, session_id, stage, login, name, roles, lang,
         has_totp, proved, idle_end, life_end, stale
    from wardgate.portal_session as s
    join wardgate.account as a using (account_id)
   where s.hash = session_find.hash
     and s.seen_at >= now() - idle
     and s.made_at >= now() - life
     and a.disabled_at is null;
  if not found then
    return;
  end if;
  if stage = 'full' then
    asking := set_config('wardgate.asking', account_id::text, true);
  end if;
  if stale then
    update wardgate.portal_session as s
       set seen_at = now()
     where s.hash = session_find.hash;
    idle_end := least(now() + idle, life_end);
  end if;
  return next;
end $$;
comment on function wardgate.session_find is
  'Who is behind a cookie; no row: nobody (any more)';

create function wardgate.session_end(hash bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.portal_session as s where s.hash = session_end.hash;
end $$;
comment on function wardgate.session_end is 'Signs out';

create function wardgate.session_end_one(
  account uuid, session uuid, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.portal_session as s
   where s.account_id = account and s.session_id = session;
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.session_end_one is
  'Ends one session of an account, by the name it has in its list';

create function wardgate.session_list(
  account uuid, idle interval, life interval)
returns table (
  session_id uuid,
  stage      text,
  made_at    timestamptz,
  seen_at    timestamptz,
  source     text,
  agent      text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select s.session_id, s.stage, s.made_at, s.seen_at, host(s.source), s.agent
    from wardgate.portal_session as s
   where s.account_id = account
     and s.seen_at >= now() - idle
     and s.made_at >= now() - life
   order by s.seen_at desc;
end $$;
comment on function wardgate.session_list is 'Where an account is signed in';

create function wardgate.session_trim(life interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.portal_session as s
   where s.hash in (
         select o.hash
           from wardgate.portal_session as o
          where o.made_at < now() - life
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.session_trim is
  'Removes sessions that have outlived themselves; returns how many';

-- ---- invitations -----------------------------------------------------------------

create function wardgate.invitation_make(
  hash bytea, name text, roles text, account uuid, made_by uuid, life interval)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if account is not null then
    perform wardgate.account_must_be(account);
    delete from wardgate.invitation as i where i.account_id = account;
  end if;
  delete from wardgate.invitation as i where i.ends_at < now();
  insert into wardgate.invitation (hash, name, roles, account_id, made_by,
         ends_at)
  values (invitation_make.hash,
         wardgate.line_read('name', coalesce(invitation_make.name, ''), 200),
         coalesce((select a.roles from wardgate.account as a
                    where a.account_id = account),
             wardgate.roles_read(invitation_make.roles)),
         account, invitation_make.made_by, now() + life);
  perform wardgate.audit_act('add-invitation', null, null, null, null,
      coalesce((select a.login from wardgate.account as a
                 where a.account_id = account),
          concat_ws(' ', invitation_make.roles, invitation_make.name)));
end $$;
comment on function wardgate.invitation_make is
  'A link for a new account, or for another passphrase of one';

create function wardgate.invitation_find(hash bytea)
returns table (name text, roles text[], login text, ends_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select i.name, i.roles, a.login, i.ends_at
    from wardgate.invitation as i
    left join wardgate.account as a using (account_id)
   where i.hash = invitation_find.hash and i.ends_at > now();
end $$;
comment on function wardgate.invitation_find is
  'What a link is for; no row: it is used, over, or never was';

create function wardgate.invitation_use(
  hash bytea, login text, passphrase text, out account_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  used wardgate.invitation;
begin
  delete from wardgate.invitation as i
   where i.hash = invitation_use.hash and i.ends_at > now()
  returning * into used;
  if not found then
    perform wardgate.refuse('WG404',
        'This invitation was used already, or is over; ask for another.');
  end if;
  account_id := used.account_id;
  perform set_config('wardgate.actor', 'by invitation', true);
  if account_id is null then
    account_id := wardgate.account_add(login, used.name,
        array_to_string(used.roles, ' '), invitation_use.passphrase, null);
  else
    perform wardgate.account_passphrase_set(account_id,
        invitation_use.passphrase, null);
  end if;
end $$;
comment on function wardgate.invitation_use is
  'Makes the account, or sets its passphrase; the link is used up';
