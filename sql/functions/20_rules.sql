-- 20_rules.sql - what may be stored, and the sentence when it may not
-- SPDX-License-Identifier: Apache-2.0
--
-- Each *_read function takes text as an operator typed it and returns the one
-- spelling that is stored, or raises WG400 with what is wrong and what to do.
-- Strangers' text is cut before it is quoted.

create function wardgate.refuse(state text, sentence text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using errcode = state, message = sentence;
end $$;
comment on function wardgate.refuse is
  'Ends the transaction with a sentence for people: WG400 value, WG404 missing, WG409 conflict';

create function wardgate.counted(n bigint, one text, other text)
returns text
language sql immutable
return n || ' ' || case n when 1 then one else other end;
comment on function wardgate.counted is
  '1 row, 2 rows: a number and the word for so many';

create function wardgate.quoted(value text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  return '"' || regexp_replace(
      case when length(value) > 60 then left(value, 60) || '...'
           else value
       end, '[^\x20-\x7e]', '?', 'g') || '"';
end $$;
comment on function wardgate.quoted is
  'A value in quotes for a sentence: short, printable, on one line';

create function wardgate.guid_read(what text, value text)
returns uuid
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  found uuid;
begin
  if coalesce(value, '') !~
      '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' then
    perform wardgate.refuse('WG400', format(
        'The %s %s is not a GUID; write it as 8-4-4-4-12 hexadecimal digits.',
        what, wardgate.quoted(coalesce(value, ''))));
  end if;
  found := value::uuid;
  if replace(value, '-', '') ~* '^(0+|f+)$' then
    perform wardgate.refuse('WG400', format(
        'The %s %s is a GUID that stands for nobody; use the real one.',
        what, found));
  end if;
  return found;
end $$;
comment on function wardgate.guid_read is
  'A GUID of a tenant or client as typed; `what` names it in the sentence';

create function wardgate.line_read(what text, value text, longest integer)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  kept text := btrim(value);
begin
  if kept ~ '[\x01-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]' then
    perform wardgate.refuse('WG400', format(
        'The %s holds control characters; write it on one line.', what));
  end if;
  if length(kept) > longest then
    perform wardgate.refuse('WG400', format(
        'The %s is %s characters long; the longest is %s.',
        what, length(kept), longest));
  end if;
  return kept;
end $$;
comment on function wardgate.line_read is
  'One line of text for people: trimmed, no control or direction characters';

create function wardgate.fhir_version_read(value text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if upper(coalesce(value, '')) not in ('DSTU2', 'STU3', 'R4') then
    perform wardgate.refuse('WG400', format(
        'The FHIR version %s is not known; it is DSTU2, STU3 or R4.',
        wardgate.quoted(coalesce(value, ''))));
  end if;
  return upper(value);
end $$;
comment on function wardgate.fhir_version_read is
  'DSTU2, STU3 or R4, in whatever case it was typed';

-- Names in R4; MedicationOrder is what DSTU2 calls one of them. `all`: no type in
-- particular.
create function wardgate.types_read(value text)
returns text[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  known text[] := array['Patient', 'Observation', 'Condition', 'Encounter',
      'AllergyIntolerance', 'MedicationRequest', 'Coverage', 'Location'];
  word  text;
  kept  text;
  types text[] := '{}';
begin
  if value is null then
    return null;
  end if;
  if lower(btrim(value)) = 'all' then
    return types;
  end if;
  foreach word in array regexp_split_to_array(btrim(value, ' ,'), '[ ,]+')
  loop
    select k into kept
      from unnest(known) as k
     where lower(k) = case when lower(word) = 'medicationorder'
                           then 'medicationrequest'
                           else lower(word)
                       end;
    if kept is null then
      perform wardgate.refuse('WG400', format(
          'The resource type %s is none of: %s; write all for all of them.',
          wardgate.quoted(word), array_to_string(known, ', ')));
    end if;
    types := types || kept;
  end loop;
  return array(select k from unnest(known) with ordinality as o (k, place)
                where k = any (types) order by place);
end $$;
comment on function wardgate.types_read is
  'Resource types as typed, divided by commas or blanks; null stays null';

-- Networks of their own that hospitals have; those that are listed with one may
-- be reached for it. Whatever else is not public never is (ext/fetch_guard).
create function wardgate.address_private(address inet)
returns boolean
language sql immutable
return address <<= any (array['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12',
    '192.168.0.0/16', '198.18.0.0/15', 'fc00::/7']::inet[]);
comment on function wardgate.address_private is
  'Does an address, or a network, lie in a range for private use?';

create function wardgate.networks_problem(networks cidr[])
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  one cidr;
begin
  if cardinality(networks) > 16 then
    return 'Of private networks 16 at most can be listed.';
  end if;
  foreach one in array networks
  loop
    if not coalesce(wardgate.address_private(one), false) then
      return format('The network %s is not private; only such are listed: '
          '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, '
          '198.18.0.0/15, fc00::/7 and parts of them.',
          wardgate.quoted(one::text));
    end if;
  end loop;
  return null;
end $$;
comment on function wardgate.networks_problem is
  'What is wrong with the list of private networks; null: nothing';

create function wardgate.networks_read(value text)
returns cidr[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  word     text;
  networks cidr[] := '{}';
  problem  text;
begin
  if value is null then
    return null;
  end if;
  if lower(btrim(value)) = 'none' then
    return networks;
  end if;
  foreach word in array regexp_split_to_array(btrim(value, ' ,'), '[ ,]+')
  loop
    begin
      if word !~ '/' then
        raise data_exception;
      end if;
      networks := networks || word::cidr;
    exception when data_exception then
      perform wardgate.refuse('WG400', format(
          'The network %s cannot be read; write 10.1.0.0/16 or fd12:3456::/48, '
          'several with commas, or none.', wardgate.quoted(word)));
    end;
  end loop;
  problem := wardgate.networks_problem(networks);
  if problem is not null then
    perform wardgate.refuse('WG400', problem);
  end if;
  return array(select distinct n from unnest(networks) as n order by n);
end $$;
comment on function wardgate.networks_read is
  'Private networks as typed, divided by commas or blanks; null stays null';

create function wardgate.address_problem(address inet, networks cidr[])
returns text
language sql immutable
return case
    when address <<= any (array['127.0.0.0/8', '::1']::inet[])
    then null -- a matter of policy: host_problem
    when address <<= any (array['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24',
           '192.88.99.0/24', '224.0.0.0/3', '100.100.100.200',
           'fd00:ec2::254', '2001::/23', '2002::/16']::inet[])
        or (family(address) = 6 and not address <<= '2000::/3'
           and not wardgate.address_private(address))
    then 'has an address that no provider can have'
    when wardgate.address_private(address)
        and not address <<= any (networks)
    then 'has an address in a private network; list the network with the '
         'hospital first'
    end;
comment on function wardgate.address_problem is
  'Why requests do not go to an address; null: they do, or it is loopback';

-- Numbers that a resolver takes for addresses (2130706433, 0x7f.1, 127.1,
-- 0177.0.0.1) have no place in a URL that people review.
create function wardgate.host_problem(
  host text, plain boolean, networks cidr[])
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  loopback boolean := host in ('localhost', '[::1]')
      or host ~ '^127(\.(0|[1-9][0-9]{0,2})){3}$';
  address  inet;
begin
  if host ~ '^\[' then
    begin
      address := btrim(host, '[]')::inet;
    exception when others then
      return 'has a host in brackets that is not an IPv6 address';
    end;
    if host !~ '^\[[0-9a-f:]+\]$' then
      return 'has an IPv6 address that must be written with digits and colons only';
    end if;
  elsif host ~ '^[0-9.]+$' or host ~ '(^|\.)(0x[0-9a-f]*|[0-9]+)$' then
    if host !~ '^((0|[1-9][0-9]{0,2})\.){3}(0|[1-9][0-9]{0,2})$' then
      return 'has a host that is a number; write the name or four decimal numbers';
    end if;
    begin
      address := host::inet;
    exception when others then
      return 'has a host that is not an IPv4 address';
    end;
  elsif host !~ '^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$'
      or length(host) > 253 then
    return 'has no host, or one that is not a name';
  end if;
  if loopback and not exists (
      select from wardgate.policy
       where name = 'provider_http' and value = 'loopback') then
    return 'names this machine itself; that is only for demonstrations';
  end if;
  if plain and not loopback then
    return 'must begin with https://; records never travel unencrypted';
  end if;
  return wardgate.address_problem(address, networks);
end $$;
comment on function wardgate.host_problem is
  'What is wrong with the host of a provider URL; null: nothing';

create function wardgate.provider_url_problem(url text, networks cidr[])
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  part text[];
begin
  if url ~ '[^\x21-\x7e]' or url ~ '["<>\\^`{|}]' then
    return 'holds blanks or characters that a URL cannot have';
  elsif length(url) > 500 then
    return 'is longer than 500 characters';
  elsif url !~ '^https?://' then
    return 'must begin with https://';
  elsif url ~ '#' then
    return 'must not have a fragment (#...)';
  elsif url ~ '\?' then
    return 'must not have a query (?...)';
  end if;
  part := regexp_match(url, '^(https?)://([^/]*)(/.*)?$');
  if part[2] ~ '@' then
    return 'must not hold a user name or password';
  elsif part[3] ~ '//|/\.{1,2}(/|$)|[^A-Za-z0-9/._~!$&''()*+,;=:@-]' then
    return 'has a path with empty or dotted segments, percent signs or brackets';
  end if;
  if part[2] ~ ':[^]]*$' then
    if part[2] !~ ':[1-9][0-9]{0,4}$'
        or substring(part[2] from ':([0-9]+)$')::integer > 65535 then
      return 'has a port that is not a number from 1 to 65535';
    end if;
  end if;
  return wardgate.host_problem(
      regexp_replace(part[2], ':[0-9]+$', ''), part[1] = 'http', networks);
end $$;
comment on function wardgate.provider_url_problem is
  'What is wrong with a provider URL in its stored spelling; null: nothing';

create function wardgate.provider_url_read(value text, networks cidr[])
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  url     text := btrim(coalesce(value, ''));
  problem text;
  head    text;
begin
  -- Scheme and host have no case; a slash at the end means nothing here.
  head := substring(url from '^[A-Za-z]+://[^/?#@]*');
  if head is not null then
    url := lower(head) || substr(url, length(head) + 1);
    url := regexp_replace(url, '^(https?://[^/]+(?:/.*)?[^/])/+$', '\1');
    url := regexp_replace(url, '^(https://[^/]*[^]/]):443(/|$)', '\1\2');
  end if;
  problem := wardgate.provider_url_problem(url, networks);
  if problem is not null then
    perform wardgate.refuse('WG400', format(
        'The provider URL %s %s.', wardgate.quoted(url), problem));
  end if;
  return url;
end $$;
comment on function wardgate.provider_url_read is
  'The FHIR base of a provider as typed, in the spelling that is stored';

-- The rules hold for whoever writes the row, by whatever way. A revision is the
-- change number of its change: a tenant that is removed and made anew never
-- gets one that it had before, and an old page link never a new hospital.
create function wardgate.provider_checked()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  problem text := wardgate.networks_problem(new.networks);
begin
  if problem is not null then
    perform wardgate.refuse('WG400', problem);
  end if;
  problem := wardgate.provider_url_problem(new.base_url, new.networks);
  if problem is not null then
    perform wardgate.refuse('WG400', format(
        'The provider URL %s %s.', wardgate.quoted(new.base_url), problem));
  end if;
  perform wardgate.fhir_version_read(new.fhir_version);
  if tg_op = 'UPDATE' then
    new.revision := old.revision;
    if new is not distinct from old then
      return new;
    end if;
  end if;
  new.revision := (select c.n + 1 from wardgate.change as c);
  return new;
end $$;
comment on function wardgate.provider_checked is
  'Trigger: the URL and version are usable; the revision rises with a change';

create trigger provider_checked before insert or update on wardgate.provider
   for each row execute function wardgate.provider_checked();
