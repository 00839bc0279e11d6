# wards.py - the wards of the rehearsal provider, and what must be found in them
# SPDX-License-Identifier: Apache-2.0
#
# A Ward knows the NDJSON files that it was loaded from and answers searches
# itself, the slow and simple way: the oracle that the provider is held
# against.

import atexit
import datetime
import json
import os
import shutil
import subprocess
import tempfile
import unicodedata
import unittest
from pathlib import Path

from tests.rig import client, place

SAMPLES = Path(os.environ.get("WG_SAMPLES", place.TOP / "../shared/fhir"))
VERSIONS = ("dstu2", "stu3", "r4")
FHIR = "tests/fhir"


def rehearsal(env, *args):
    """Run the command; (exit status, standard output, standard error)."""
    done = subprocess.run(
        [str(place.build_dir() / "bin/rehearsal"), "-c",
         f"{env['WG_HOME']}/wardgate.conf", *args],
        capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def validate(version, path):
    """What tests/fhir/validate.py has to say about a file: "" if nothing."""
    done = subprocess.run(
        ["python3", "-B", str(place.TOP / FHIR / "validate.py"), version,
         str(path)], capture_output=True, text=True)
    return done.stdout + done.stderr


def fold(text):
    """Without case and accents, for names in Latin letters."""
    special = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l",
                             "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
    text = unicodedata.normalize("NFD", text.replace("İ", "i").lower())
    bare = "".join(c for c in text if not unicodedata.combining(c))
    return bare.translate(special)


def instant(text):
    """The first moment of a FHIR date or time, as a number."""
    text = text.replace("Z", "+00:00")
    if len(text) == 4:
        text += "-01"
    if len(text) == 7:
        text += "-01"
    when = datetime.datetime.fromisoformat(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return when.timestamp()


def listed(value):
    return value if isinstance(value, list) else [] if value is None else [value]


class Ward:
    def __init__(self, env, name, version, folder):
        self.env, self.name, self.version = env, name, version
        self.folder = Path(folder)
        self.base = f"{env['WG_BASE']}/rehearsal/{name}"
        self.index = json.loads((self.folder / "index.json").read_text())
        self.lines, self.all = {}, {}
        for path in self.folder.glob("*.ndjson"):
            raw = path.read_bytes().rstrip(b"\n").split(b"\n")
            self.lines[path.stem] = raw
            self.all[path.stem] = [json.loads(r) for r in raw]

    def __repr__(self):
        return f"ward {self.name}"

    @property
    def order_type(self):
        return "MedicationOrder" if self.version == "dstu2" \
            else "MedicationRequest"

    def resource(self, kind, number):
        """By type and id; None if there is none."""
        return next((r for r in self.all.get(kind, ())
                     if r["id"] == number), None)

    # ---- asking ----

    def get(self, path, **headers):
        return client.request("GET", f"{self.base}/{path}", headers)

    def post(self, path, form):
        return client.request("POST", f"{self.base}/{path}",
                              {"Content-Type": client.FORM}, form)

    def found(self, path):
        """(total, ids of the page)"""
        answer = self.get(path)
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer}")
        bundle = answer.json
        return bundle["total"], [e["resource"]["id"]
                                 for e in bundle.get("entry", [])]

    # ---- the oracle ----

    def patient_of(self, resource):
        """id of the patient that a resource is about"""
        keys = ("beneficiary", "subscriber") \
            if resource["resourceType"] == "Coverage" \
            else ("patient", "subject")
        for key in keys:
            if key in resource:
                return resource[key]["reference"].removeprefix("Patient/")

    def about(self, kind, patient):
        return [r for r in self.all[kind] if self.patient_of(r) == patient]

    def vital_signs(self, patient):
        return [o for o in self.about("Observation", patient)
                if any(c.get("code") == "vital-signs"
                       for k in listed(o.get("category"))
                       for c in k.get("coding", []))]

    def people(self, test):
        """ids of the patients whose name parts pass, in order of the file"""
        return [p["id"] for p in self.all["Patient"]
                if any(test(fold(part)) for name in p["name"]
                       for part in self.parts(name))]

    @staticmethod
    def parts(name, *keys):
        keys = keys or ("family", "given", "prefix", "suffix", "text")
        return [part for key in keys for part in listed(name.get(key))]


def default_wards(env):
    """The three that every house has; made again to know what is in them."""
    folder = Path(tempfile.mkdtemp(prefix="wg-wards-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for version in VERSIONS:
        status, out, err = rehearsal(env, "make", version, str(folder / version))
        if status:
            raise AssertionError(err)
    return [Ward(env, v, v, folder / v) for v in VERSIONS]


def sample_wards(env):
    """Real-life wards, loaded from WG_SAMPLES; [] where that is missing."""
    wards = []
    for version in VERSIONS:
        folder = SAMPLES / "ward" / version
        if not folder.is_dir():
            return []
        name = f"sample-{version}"
        status, out, err = rehearsal(env, "load", name, version, str(folder))
        if status:
            raise AssertionError(err)
        wards.append(Ward(env, name, version, folder))
    return wards


def all_wards(env):
    """Every ward; says what is left out where there are no samples."""
    samples = sample_wards(env)
    if not samples:
        print(f"no sample wards: {SAMPLES} is missing (WG_SAMPLES)")
    return default_wards(env) + samples


class WardCase(unittest.TestCase):
    """Stories that go over several wards: a failure names the one."""

    now = ""

    def _formatMessage(self, msg, standardMsg):
        return f"{self.now}: {super()._formatMessage(msg, standardMsg)}"

    def each(self):
        for ward in self.wards:
            self.now = str(ward)
            yield ward

    def every_patient(self):
        """Of sample wards every third: they are for their shapes."""
        for ward in self.each():
            step = 3 if ward.name.startswith("sample") else 1
            for patient in ward.index["patients"][::step]:
                self.now = f"{ward} {patient['id']}"
                yield ward, patient
