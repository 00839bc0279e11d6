-- tenant.sql - create a tenant, or change it, its provider, or a client's grant
-- SPDX-License-Identifier: Apache-2.0
--
-- Copy this file, take the two dashes away before each \set line that you need,
-- fill in the values between the quotes, and let somebody read it. Then
--
--     wardgate tenant plan FILE     says what it would change, field by field
--     wardgate tenant apply FILE    does it, and makes the key of a SMART server
--
-- or  psql "$WG_DB" [-v dry_run=1] -f FILE, which takes the same variables on its
-- command line, too, as -v name=TEXT; those of the file win. It makes no keys.
--
-- What is left out stays as it is. Live within a second, nothing restarts. Twice
-- the same is no change. In a value, '' is a quote and \n a line's end.

-- The tenant ID that the app sends as scope
--\set tenant ''

-- A new tenant needs these three: what people call the hospital, the FHIR base of
-- its server, https, and DSTU2, STU3 or R4
--\set name ''
--\set provider_url ''
--\set fhir_version ''

-- production: records of patients; test: made-up ones only (new: production).
-- Into production goes who was probed with a test patient and found usable: begin
-- with test, run `wardgate probe --patient ID TENANT`, then come back
--\set environment ''

-- Or why it may do without; stands in the trail
--\set override ''

-- client_id that may ask for it from now on
--\set client ''

-- Resource types that the client may read, as Patient,Observation; all: whatever
-- is served (new: all)
--\set types ''

-- What it needs them for
--\set purpose ''

-- What the server wants to see with each request: none, basic (user and password),
-- header (one header field), oauth (a token that the gateway gets with a client
-- secret), or smart (one that it signs for with the tenant's key: SMART Backend
-- Services)
--\set auth ''

-- For basic, header and oauth: the box that `wardgate seal` printed; else from the
-- environment, WG_CREDENTIAL
--\set credential ''

-- ES384 or RS384: make a key pair of that kind, if there is none (smart: ES384). Also
-- before auth is given, when the hospital wants the key before it gives a client_id
--\set key_alg ''

-- For oauth and smart: the token endpoint; smart without it: the one that the server
-- names itself
--\set token_url ''

-- The client_id that the gateway has there (needed)
--\set token_client ''

-- oauth: where it sends id and secret: body (also when left out), or basic
--\set token_auth ''

-- What else it sends, as the hospital says; these six are always given all together
--\set token_scope ''
--\set token_resource ''
--\set token_audience ''

-- Certificate of the gateway for this server, and what leads to its CA: PEM text, on
-- one line with \n for each line's end (sed -z 's/\n/\\n/g' FILE); none: take it away
--\set certificate ''

-- The box of its key: `wardgate seal --certificate-key`
--\set certificate_key ''

-- CAs that the server's certificate may be of, instead of the system's, with CRLs
-- if revoked ones are to be refused: PEM text; none: the system's
--\set provider_ca ''

-- Private networks in which the server is, as 10.1.0.0/16, several with commas; none:
-- it is public (new: none)
--\set networks ''

-- Short name for logs and metrics; made of the name
--\set slug ''

-- URI of its record numbers
--\set mrn_system ''

-- translate, or links
--\set mode ''

-- off if the server takes searches by GET only
--\set search_post ''

-- on to speak HTTP/2 to it
--\set http2 ''

-- Its own time limits
--\set connect_ms ''
--\set total_ms ''

-- How many requests may wait for the server in each process of the facade, instead
-- of provider_requests
--\set requests_max ''

-- How often a host may ask it per second (new: as often as there are requests)
--\set calls_per_s ''

-- auto: found out while working; on or off: it can, or cannot, search within names
-- (off: the gateway does)
--\set can_contains ''

-- The same for sorting
--\set can_sort ''

-- The same for telling how many matches there are
--\set can_total ''

-- The same for batches
--\set can_batch ''

-- How it is asked for a person's coverage: auto, patient, beneficiary, subscriber,
-- policy-holder, compartment (Patient/id/Coverage), or none if it cannot be asked
--\set coverage_person ''

-- off: do not keep in extensions what another FHIR version has no place for; what
-- changes the meaning is always kept
--\set write_extensions ''

-- ---- tenant.sql: nothing is filled in below this line -----------------------

\set QUIET on
\set ON_ERROR_STOP on
\set VERBOSITY terse
\pset footer off

\if :{?tenant}
\else
do $$ begin
  raise exception 'tenant is missing; usage: psql "$WG_DB" -v tenant=GUID -v name=TEXT -v provider_url=URL -v fhir_version=DSTU2|STU3|R4 [-v client=CLIENT_ID] [-v dry_run=1] -f tenant.sql';
end $$;
\endif
\if :{?name}
\else
\set name ''
\endif
\if :{?provider_url}
\else
\set provider_url ''
\endif
\if :{?fhir_version}
\else
\set fhir_version ''
\endif
\if :{?environment}
\else
\set environment ''
\endif
\if :{?override}
\else
\set override ''
\endif
\if :{?client}
\else
\set client ''
\endif
\if :{?types}
\else
\set types ''
\endif
\if :{?purpose}
\else
\set purpose ''
\endif
\if :{?auth}
\else
\set auth ''
\endif
\if :{?credential}
\else
\getenv credential WG_CREDENTIAL
\endif
\if :{?credential}
\else
\set credential ''
\endif
\if :{?key_alg}
\else
\set key_alg ''
\endif
\if :{?token_url}
\else
\set token_url ''
\endif
\if :{?token_client}
\else
\set token_client ''
\endif
\if :{?token_auth}
\else
\set token_auth ''
\endif
\if :{?token_scope}
\else
\set token_scope ''
\endif
\if :{?token_resource}
\else
\set token_resource ''
\endif
\if :{?token_audience}
\else
\set token_audience ''
\endif
\if :{?certificate}
\else
\set certificate ''
\endif
\if :{?certificate_key}
\else
\set certificate_key ''
\endif
\if :{?provider_ca}
\else
\set provider_ca ''
\endif
\if :{?networks}
\else
\set networks ''
\endif
\if :{?slug}
\else
\set slug ''
\endif
\if :{?mrn_system}
\else
\set mrn_system ''
\endif
\if :{?mode}
\else
\set mode ''
\endif
\if :{?search_post}
\else
\set search_post ''
\endif
\if :{?http2}
\else
\set http2 ''
\endif
\if :{?connect_ms}
\else
\set connect_ms ''
\endif
\if :{?total_ms}
\else
\set total_ms ''
\endif
\if :{?requests_max}
\else
\set requests_max ''
\endif
\if :{?calls_per_s}
\else
\set calls_per_s ''
\endif
\if :{?can_contains}
\else
\set can_contains ''
\endif
\if :{?can_sort}
\else
\set can_sort ''
\endif
\if :{?can_total}
\else
\set can_total ''
\endif
\if :{?can_batch}
\else
\set can_batch ''
\endif
\if :{?coverage_person}
\else
\set coverage_person ''
\endif
\if :{?write_extensions}
\else
\set write_extensions ''
\endif
\if :{?dry_run}
\else
\set dry_run 0
\endif

begin;
select wardgate.switch_read('dry_run', :'dry_run') as dry \gset
select object, id, outcome, detail
  from wardgate.onboard_run('tenant', jsonb_build_object(
         'tenant', :'tenant', 'name', :'name',
         'provider_url', :'provider_url',
         'fhir_version', :'fhir_version', 'environment', :'environment',
         'override', :'override', 'client', :'client',
         'types', :'types', 'purpose', :'purpose', 'auth', :'auth',
         'credential', :'credential', 'key_alg', :'key_alg',
         'token_url', :'token_url', 'token_client', :'token_client',
         'token_auth', :'token_auth', 'token_scope', :'token_scope',
         'token_resource', :'token_resource',
         'token_audience', :'token_audience',
         'certificate', :'certificate',
         'certificate_key', :'certificate_key',
         'provider_ca', :'provider_ca', 'networks', :'networks',
         'slug', :'slug', 'mrn_system', :'mrn_system', 'mode', :'mode',
         'search_post', :'search_post', 'http2', :'http2',
         'connect_ms', :'connect_ms', 'total_ms', :'total_ms',
         'requests_max', :'requests_max', 'calls_per_s', :'calls_per_s',
         'can_contains', :'can_contains', 'can_sort', :'can_sort',
         'can_total', :'can_total', 'can_batch', :'can_batch',
         'coverage_person', :'coverage_person',
         'write_extensions', :'write_extensions'));
select coalesce(current_setting('wardgate.refused', true), '') as refusal,
       coalesce(current_setting('wardgate.refused', true), '') <> '' as refused
       \gset
\if :dry
rollback;
\echo 'Dry run: nothing was changed.'
\else
commit;
\endif
\if :refused
select set_config('wardgate.refused', :'refusal', false) as refusal \gset
do $$ begin
  raise exception using message = current_setting('wardgate.refused');
end $$;
\endif
