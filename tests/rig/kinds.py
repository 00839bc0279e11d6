# kinds.py - hospitals of every kind: each wants to see another credential
# SPDX-License-Identifier: Apache-2.0
#
# Their servers are wards of the rehearsal provider (rehearsal(8)), which know
# the gateway by the words below. What is done here for a tenant is what an
# operator does for a hospital.

import json
from collections import namedtuple

from tests.rig import place

USER, SECRET = "gateway", "rehearsal-only"

# give(house, tenant, base): the variables of tenant.sql that make the gateway
# show the credential to that base.
Kind = namedtuple("Kind", "name tenant hospital ward wants give")


def sealed(house, tenant, base, *words, typed):
    return json.loads(house.operator(
        "seal", *words, "--url", base, tenant, "--json",
        typed=typed))["credential"]


def nothing(house, tenant, base):
    return {}


def basic(house, tenant, base):
    return {"auth": "basic", "credential": sealed(
        house, tenant, base, "--basic", typed=f"{USER}\n{SECRET}\n")}


def header(house, tenant, base):
    return {"auth": "header", "credential": sealed(
        house, tenant, base, "--header",
        typed=f"Authorization: Bearer {SECRET}\n")}


def oauth(house, tenant, base):
    url = f"{base}/token"
    return {"auth": "oauth", "token_url": url, "token_client": USER,
            "credential": sealed(house, tenant, base, "--oauth",
                                 "--token-url", url, typed=SECRET + "\n")}


def smart(house, tenant, base):
    """The key comes when the tenant is there: see add."""
    return {"auth": "smart", "token_client": tenant,
            "token_scope": "system/*.read"}


def pair(house, name):
    """(certificate, key) files of the house."""
    return [house.home / f"tls/{name}.{end}" for end in ("crt", "key")]


def mtls(house, tenant, base, shown=None):
    certificate, key = shown or pair(house, USER)
    return {"provider_ca": (house.home / "tls/ca.crt").read_text(),
            "certificate": certificate.read_text(),
            "certificate_key": sealed(house, tenant, base, "--certificate-key",
                                      typed=key.read_text())}


KINDS = (
    Kind("BASIC", "ba51c000-0000-4000-8000-000000000005", "Quayside Clinic",
         "~basic", "a user and a password", basic),
    Kind("HEADER", "4ead0000-0000-4000-8000-000000000006", "Meadow Hospital",
         "~bearer", "a key in a header field", header),
    Kind("OAUTH", "0a074000-0000-4000-8000-000000000007", "Lakeside Hospital",
         "~oauth", "a token, had for a client secret", oauth),
    Kind("SMART", "53a47000-0000-4000-8000-000000000008", "Summit Hospital",
         "~smart", "a token, had for a signed assertion", smart),
    Kind("MTLS", "c1135000-0000-4000-8000-000000000009", "Garden Infirmary",
         "~mtls", "a client certificate", mtls),
    Kind("LIMITED", "01d00000-0000-4000-8000-00000000000a", "Old Mill Clinic",
         "~limited", "nothing (GET alone, no batch)", nothing),
)


def base_of(env, ward, version="r4"):
    """Where such a ward is; a certificate is shown at a port of its own."""
    wards = env["WG_REHEARSAL_TLS"] if ward == "~mtls" \
        else env["WG_BASE"] + "/rehearsal"
    return f"{wards}/{version}/{ward}"


def add(house, env, kind, client, tenant=None, **more):
    """Makes the tenant, which client may ask for; more: variables instead."""
    tenant = tenant or kind.tenant
    base = base_of(env, kind.ward)
    house.cluster.psql_file(place.TOP / "sql/onboard/tenant.sql", **{
        "tenant": tenant, "name": kind.hospital, "provider_url": base,
        "fhir_version": "R4", "client": client,
        **kind.give(house, tenant, base), **more})
    if kind.give is smart:
        house.operator("key", "make", "provider", "--alg", "ES384", tenant)
