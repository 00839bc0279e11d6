-- tenant.sql - create a tenant, or change it, its provider, or a client's grant
-- SPDX-License-Identifier: Apache-2.0
--
-- psql "$WG_DB" -v tenant=GUID -v name=TEXT -v provider_url=URL
--      -v fhir_version=DSTU2|STU3|R4 -v client=CLIENT_ID
--      -f sql/onboard/tenant.sql
--
--   tenant        the tenant ID that the app sends as scope
--   name          what people call the hospital            (new: needed)
--   provider_url  FHIR base of its server, https           (new: needed)
--   fhir_version  DSTU2, STU3 or R4                        (new: needed)
--   client        client_id that may ask for it from now on
--   types         resource types that the client may read, as
--                 Patient,Observation; all: whatever is served (new: all)
--   purpose       what it needs them for
--   slug          short name for logs and metrics; made of the name
--   mode          translate, or links
--   search_post   off if the server takes searches by GET only
--   http2         on to speak HTTP/2 to it
--   connect_ms, total_ms  its own time limits
--   mrn_system    URI of its record numbers
--   can_contains  auto: found out while working; on or off: it can, or cannot,
--                 search within names (off: the gateway does)
--   can_sort      the same for sorting
--   can_total     the same for telling how many matches there are
--   can_batch     the same for batches
--   coverage_person  how it is asked for a person's coverage: auto, patient,
--                 beneficiary, subscriber, policy-holder, compartment
--                 (Patient/id/Coverage), or none if it cannot be asked
--   write_extensions  off: do not keep in extensions what another FHIR version
--                 has no place for; what changes the meaning is always kept
--   networks      private networks in which the server is, as 10.1.0.0/16,
--                 several with commas; none: it is public (new: none)
--   requests_max  how many requests may wait for the server in each process
--                 of the facade, instead of provider_requests
--   calls_per_s   how often a host may ask it per second (new: as often as
--                 there are requests)
--   environment   production: records of patients; test: made-up ones only
--                 (new: production). Into production goes who was probed with
--                 a test patient and found usable: begin with test, run
--                 `wardgate probe --patient ID TENANT`, then come back
--   override      or why it may do without; stands in the trail
--   auth          what the server wants to see with each request: none, basic
--                 (user and password), header (one header field), oauth (a
--                 token that the gateway gets with a client secret), or smart
--                 (one that it signs for with the tenant's key, which
--                 `wardgate key make provider` makes: SMART Backend Services)
--   credential    for basic, header and oauth: the box that `wardgate seal` printed;
--                 else from the environment, WG_CREDENTIAL
--   token_url     for oauth and smart: the token endpoint; smart without it: the
--                 one that the server names itself
--   token_client  the client_id that the gateway has there   (needed)
--   token_auth    oauth: where it sends id and secret: body (also when left
--                 out), or basic
--   token_scope, token_resource, token_audience  what else it sends, as the
--                 hospital says; these six are always given all together
--   certificate   certificate of the gateway for this server, and what leads to
--                 its CA: PEM text, as "$(cat FILE)"; none: take it away
--   certificate_key  the box of its key: `wardgate seal --certificate-key`
--   provider_ca   CAs that the server's certificate may be of, instead of the
--                 system's, with CRLs if revoked ones are to be refused: PEM
--                 text; none: the system's
--   dry_run       1: show what would happen, change nothing
--
-- What is left out stays as it is. Live within a second, nothing restarts.
-- Twice the same is no change.

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
\if :{?slug}
\else
\set slug ''
\endif
\if :{?provider_url}
\else
\set provider_url ''
\endif
\if :{?fhir_version}
\else
\set fhir_version ''
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
\if :{?mrn_system}
\else
\set mrn_system ''
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
\if :{?networks}
\else
\set networks ''
\endif
\if :{?requests_max}
\else
\set requests_max ''
\endif
\if :{?calls_per_s}
\else
\set calls_per_s ''
\endif
\if :{?environment}
\else
\set environment ''
\endif
\if :{?override}
\else
\set override ''
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
\if :{?dry_run}
\else
\set dry_run 0
\endif

begin;
select wardgate.switch_read('dry_run', :'dry_run') as dry \gset
select object, id, outcome, detail
  from wardgate.tenant_put(:'tenant', :'name', :'slug', :'provider_url',
       :'fhir_version', :'mode', :'search_post', :'http2', :'connect_ms',
       :'total_ms', :'mrn_system', :'client', :'can_contains', :'can_sort',
       :'can_total', :'can_batch', :'coverage_person', :'write_extensions',
       :'types', :'purpose', :'networks', :'environment',
       :'requests_max', :'calls_per_s', :'override');
select :'auth' <> '' or :'credential' <> '' or :'token_url' <> ''
       or :'token_client' <> '' as wanted \gset
\if :wanted
select object, id, outcome, detail
  from wardgate.credential_put(:'tenant', :'auth', :'credential',
       :'token_url', :'token_client', :'token_auth', :'token_scope',
       :'token_resource', :'token_audience');
\endif
select :'certificate' <> '' or :'certificate_key' <> ''
       or :'provider_ca' <> '' as wanted \gset
\if :wanted
select object, id, outcome, detail
  from wardgate.tls_put(:'tenant', :'certificate', :'certificate_key',
       :'provider_ca');
\endif
\if :dry
rollback;
\echo 'Dry run: nothing was changed.'
\else
commit;
\endif
