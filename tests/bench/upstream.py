# upstream.py - the provider behind all subjects, and what it answers
# SPDX-License-Identifier: Apache-2.0
#
# One small program answers everything from memory, so that the provider costs
# next to nothing; its CPU time is not counted. The answers are made up here:
# a Patient of 1 KB and a searchset of 40 KB whose links lie under the
# provider's own base, as a real server's do. FHIR R4.

import json
import socket
import subprocess

PATIENT = "bench-1"
PAGE = 39  # observations: 40 KB
SEARCH = f"Observation?patient={PATIENT}&category=vital-signs&_count={PAGE}"

VITALS = [
    ("8867-4", "Heart rate", "72", "beats/minute", "/min"),
    ("9279-1", "Respiratory rate", "16", "breaths/minute", "/min"),
    ("8310-5", "Body temperature", "36.60", "C", "Cel"),
    ("29463-7", "Body weight", "72.0", "kg", "kg"),
    ("8302-2", "Body height", "178.10", "cm", "cm"),
    ("2708-6", "Oxygen saturation", "98.50", "%", "%"),
]


class Decimal(float):
    """A number that is written as it was given: 72.0 stays 72.0."""

    def __new__(cls, text):
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __repr__(self):
        return self.text


def text_of(value):
    """Compact JSON, decimals with their own text."""
    if isinstance(value, Decimal):
        return value.text
    if isinstance(value, dict):
        inner = ",".join(f"{json.dumps(k)}:{text_of(v)}"
                         for k, v in value.items())
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    return json.dumps(value)


def patient(base):
    return {
        "resourceType": "Patient", "id": PATIENT,
        "meta": {"versionId": "3",
                 "lastUpdated": "2026-11-02T08:15:30.000+00:00"},
        "text": {"status": "generated", "div":
                 '<div xmlns="http://www.w3.org/1999/xhtml">Ada Marlowe, '
                 "MRN 4711-0815</div>"},
        "identifier": [
            {"use": "usual", "type": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                "code": "MR", "display": "Medical record number"}]},
             "system": "urn:oid:2.999.1.2.3", "value": "4711-0815"}],
        "active": True,
        "name": [{"use": "official", "family": "Marlowe",
                  "given": ["Ada", "Ruth"], "prefix": ["Dr."]}],
        "telecom": [{"system": "phone", "value": "555 0100", "use": "home"},
                    {"system": "email", "value": "ada@example.org"}],
        "gender": "female", "birthDate": "1961-04-12",
        "address": [{"use": "home", "line": ["12 Harbour Street"],
                     "city": "Northport", "postalCode": "01234",
                     "country": "US"}],
        "maritalStatus": {"text": "Married"},
        "generalPractitioner": [{"reference": "Practitioner/p-17",
                                 "display": "Dr. Tomas Lindqvist"}],
        "managingOrganization": {"reference": f"{base}/Organization/o-1"},
    }


def observation(base, n):
    code, name, value, unit, ucum = VITALS[n % len(VITALS)]
    day, hour = 28 - n // 24, 23 - n % 24
    return {
        "resourceType": "Observation", "id": f"obs-{n}",
        "meta": {"versionId": "1",
                 "lastUpdated": f"2026-10-{day:02d}T{hour:02d}:31:00Z"},
        "status": "final",
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/"
                      "observation-category",
            "code": "vital-signs", "display": "Vital Signs"}],
            "text": "Vital Signs"}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code,
                             "display": name}], "text": name},
        "subject": {"reference": f"{base}/Patient/{PATIENT}",
                    "display": "Ada Marlowe"},
        "encounter": {"reference": f"Encounter/enc-{n // 6}"},
        "effectiveDateTime": f"2026-10-{day:02d}T{hour:02d}:30:00Z",
        "issued": f"2026-10-{day:02d}T{hour:02d}:31:00.000Z",
        "performer": [{"reference": "Practitioner/p-17",
                       "display": "Dr. Tomas Lindqvist"}],
        "valueQuantity": {"value": Decimal(value), "unit": unit,
                          "system": "http://unitsofmeasure.org",
                          "code": ucum},
        "note": [{"text": "Taken at rest, seated, by the ward's monitor; "
                          "no artefact was seen on the strip."}],
        "device": {"display": "Bedside monitor 4"},
    }


def searchset(base):
    return {
        "resourceType": "Bundle", "id": "s-1", "type": "searchset",
        "total": 4 * PAGE,
        "link": [{"relation": "self", "url": f"{base}/{SEARCH}"},
                 {"relation": "next",
                  "url": f"{base}?_getpages=8c1f&_getpagesoffset={PAGE}"
                         f"&_count={PAGE}&_bundletype=searchset"}],
        "entry": [{"fullUrl": f"{base}/Observation/obs-{n}",
                   "resource": observation(base, n),
                   "search": {"mode": "match"}} for n in range(PAGE)],
    }


class Upstream:
    """The provider on a free loopback port; base is its FHIR address."""

    def __init__(self, program, home):
        self.program, self.home = program, home
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(1024)
        self.port = self.socket.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}/fhir/r4"
        self.process = None

    def start(self, metadata):
        """metadata: the bytes that its /metadata answers."""
        bodies = {"read": text_of(patient(self.base)).encode(),
                  "search": text_of(searchset(self.base)).encode(),
                  "metadata": metadata}
        paths = []
        for name, body in bodies.items():
            path = self.home / f"upstream-{name}.json"
            path.write_bytes(body)
            paths.append(str(path))
        self.process = subprocess.Popen([self.program, *paths],
                                        stdin=self.socket)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.socket.close()
