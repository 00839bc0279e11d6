# contract.py - hospitals whose records are known, at every address
# SPDX-License-Identifier: Apache-2.0
#
# What the stories of the contract share: a Place is one hospital at one
# address, its own face or the default one; Calls knows what is true in its
# ward. Behind lighttpd every patient is asked for, behind Apache some.

import os
import unittest
from urllib.parse import urlsplit

from tests.e2e import wards
from tests.e2e.wards import instant
from tests.rig.client import Env

NUMBERS = {"1.0.2": "DSTU2", "3.0.1": "STU3", "4.0.1": "R4"}
STEP = 1 if os.environ.get("WG_SERVER") == "lighttpd" else 6


def at(value, path):
    """Is there something at a dotted path, in any member of lists?"""
    if isinstance(value, list):
        return any(at(v, path) for v in value)
    if not path:
        return value not in (None, "", [], {})
    name, _, rest = path.partition(".")
    return isinstance(value, dict) and at(value.get(name), rest)


def ids(bundle):
    return [e["resource"]["id"] for e in bundle.get("entry", ())
            if e["search"]["mode"] == "match"]


def when(observation):
    return instant(observation.get("effectiveDateTime") or
                   observation["effectivePeriod"]["start"])


class Place:
    """One hospital at one address."""

    def __init__(self, env, ward, face):
        self.env, self.ward, self.face = env, ward, face
        self.version = ward.version.upper()
        self.base = env[f"WG_FHIR_{face}"] if face else env["WG_FHIR"]
        self.token = env.token(self.version)

    def __repr__(self):
        return f"{self.version} at {urlsplit(self.base).path}"

    def ask(self, method, path, form=None, **headers):
        fields = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.env.fhir(method, path, self.token, self.face, fields,
                             form)


class Calls(unittest.TestCase):
    """Base of the stories; the class itself tests nothing."""

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        found = {w.version.upper(): w for w in wards.default_wards(cls.env)}
        stated = cls.env.fhir("GET", "metadata").json["fhirVersion"]
        cls.default = NUMBERS[stated]
        cls.places = [Place(cls.env, w, v) for v, w in found.items()]
        cls.places.append(Place(cls.env, found[cls.default], None))

    def everyone(self):
        for place in self.places:
            for patient in place.ward.index["patients"][::STEP]:
                with self.subTest(place=place, patient=patient["id"]):
                    yield place, patient

    def good(self, answer):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header["cache-control"], "no-store")
        self.assertEqual(answer.header["vary"].replace(" ", ""),
                         "Accept,Authorization")
        return answer.json

    def searchset(self, answer, kind, total):
        """The Bundle of an answer, checked for what all must have."""
        bundle = self.good(answer)
        self.assertEqual((bundle["resourceType"], bundle["type"]),
                         ("Bundle", "searchset"))
        self.assertIs(type(bundle["total"]), int)
        self.assertEqual(bundle["total"], total)
        for entry in bundle.get("entry", ()):
            self.assertEqual(entry["resource"]["resourceType"], kind)
        return bundle

    def people(self, place, **form):
        """POST Patient/_search; (bundle, ids)"""
        answer = place.ask("POST", "Patient/_search", form)
        bundle = self.good(answer)
        return bundle, ids(bundle)

    def listed(self, place, path, kind, resources):
        """GET of a search that must find just these; its bundle."""
        bundle = self.searchset(place.ask("GET", path), kind, len(resources))
        self.assertEqual(sorted(ids(bundle)),
                         sorted(r["id"] for r in resources))
        return bundle
