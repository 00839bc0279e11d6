# test_faithful.py - records travel through the gateway as they were written
# SPDX-License-Identifier: Apache-2.0
#
# All real-life wards and all sample files of WG_SAMPLES are loaded into wards
# of the rehearsal provider and read through the FHIR endpoint, one by one and
# in searches. Of a tenant whose mode is `links` a record arrives byte for byte;
# where links to the hospital have become ours, leaf by leaf: structure, order
# of members, text of numbers. In the mode `translate` what is read leniently is
# mended (tests/fhir/mended.py), and nothing but displays, texts and the order
# of places is filled in (tests/e2e/filled.py).
# Behind lighttpd alone: it is the programs that could change a record.

import concurrent.futures
import http.client
import json
import os
import re
import tempfile
import threading
import unittest
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e import wards
from tests.e2e.filled import filled
from tests.fhir.mended import mended
from tests.rig.client import Env
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

ASKERS = 8
NAMED = ("Practitioner", "Organization", "Medication")
SERVED = {v: ("Patient", "Observation", "Condition", "Encounter",
              "AllergyIntolerance", "Coverage", "Location",
              "MedicationOrder" if v == "dstu2" else "MedicationRequest")
          for v in wards.VERSIONS}
ID = re.compile(r"[A-Za-z0-9.\-]{1,64}")
LINK = re.compile(rb'("reference" ?: ?")([A-Z][A-Za-z]+/[^"]+")')


class Number(str):
    """The text of a number; never equal to a string."""

    def __eq__(self, other):
        return isinstance(other, Number) and str.__eq__(self, other)

    __hash__ = str.__hash__


def parse(data):
    """JSON as nested lists: objects keep the order of their members, numbers
    their text."""
    return json.loads(data, parse_int=Number, parse_float=Number,
                      object_pairs_hook=lambda pairs: ("{}", pairs))


def member(tree, name):
    return next((v for k, v in tree[1] if k == name), None)


def text(tree):
    """A parsed tree as JSON again."""
    if isinstance(tree, tuple):
        return "{" + ",".join(f"{json.dumps(k)}:{text(v)}"
                              for k, v in tree[1]) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(text, tree)) + "]"
    return str(tree) if isinstance(tree, Number) else \
        json.dumps(tree, ensure_ascii=False)


def difference(mine, theirs, where=""):
    """Path of the first place where two trees differ, or None."""
    if isinstance(mine, tuple) and isinstance(theirs, tuple):
        if [k for k, _ in mine[1]] != [k for k, _ in theirs[1]]:
            return f"{where}: other members"
        pairs = [(f".{k}", v, w) for (k, v), (_, w)
                 in zip(mine[1], theirs[1])]
    elif isinstance(mine, list) and isinstance(theirs, list):
        if len(mine) != len(theirs):
            return f"{where}: other length"
        pairs = [(f"[{n}]", v, w)
                 for n, (v, w) in enumerate(zip(mine, theirs))]
    else:
        same = type(mine) is type(theirs) and mine == theirs
        return None if same else f"{where}: {mine!r} became {theirs!r}"
    return next(filter(None, (difference(v, w, where + k)
                              for k, v, w in pairs)), None)


class Reader:
    """Many askers, each on a connection that it keeps."""

    def __init__(self, env):
        self.port, self.own = env.port, threading.local()
        self.links = []

    def get(self, url, token):
        for last in (False, True):
            link = getattr(self.own, "link", None)
            if link is None:
                link = self.own.link = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=40)
                self.links.append(link)
            try:
                link.request("GET", url, headers={
                    "Authorization": f"Bearer {token}"})
                answer = link.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                self.own.link = None
                if last:
                    raise
        return None

    def close(self):
        for link in self.links:
            link.close()


class Ward:
    """Lines (type, id, bytes) in a ward of the provider, and a tenant."""

    def __init__(self, story, name, version, lines, mode="links"):
        self.version, self.lines = version, lines
        self.name, self.tenant = name, story.next_tenant()
        env = story.env
        with tempfile.TemporaryDirectory() as folder:
            for kind in {k for k, _, _ in lines}:
                (Path(folder) / f"{kind}.ndjson").write_bytes(b"".join(
                    line + b"\n" for k, _, line in lines if k == kind))
            status, _, err = wards.rehearsal(env, "load", name, version,
                                             folder)
        if status:
            raise AssertionError(err)
        story.addClassCleanup(remove_tenant, story.house, self.tenant)
        put_tenant(story.house, self.tenant, name=name,
                   fhir_version=version.upper(), client=env["WG_CLIENT_ID"],
                   mode=mode,
                   provider_url=f"{env['WG_BASE']}/rehearsal/{name}")
        self.token = env.token(self.tenant)
        self.face = urlsplit(env[f"WG_FHIR_{version.upper()}"]).path
        self.provider = f"{env['WG_BASE']}/rehearsal/{name}"
        self.outside = env[f"WG_FHIR_{version.upper()}"]


def ward_lines(version, more=()):
    """The real-life ward of a version, as it stands in its files."""
    for kind in (*SERVED[version], *more):
        path = wards.SAMPLES / "ward" / version / f"{kind}.ndjson"
        for line in path.read_bytes().splitlines():
            yield kind, json.loads(line)["id"], line


def sample_resources(version):
    """Every sample file of a served type, and every such entry of a Bundle:
    (tree, bytes on one line or None)."""
    for path in sorted((wards.SAMPLES / version).glob("*/*.json")):
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        tree = parse(data)
        if member(tree, "resourceType") in SERVED[version]:
            yield tree, re.sub(rb"[\r\n]", b" ", data).strip()
        for entry in member(tree, "entry") or ():
            one = member(entry, "resource")
            if one and member(one, "resourceType") in SERVED[version]:
                yield one, None


def sample_lines(version):
    """Those with an id of their own as they are; the others get one."""
    taken = set()
    for n, (tree, line) in enumerate(sample_resources(version)):
        kind, number = member(tree, "resourceType"), member(tree, "id")
        fits = type(number) is str and ID.fullmatch(number)
        if not fits or (kind, number) in taken:
            number, line = f"sample-{n}", None
            tree = ("{}", [("resourceType", kind), ("id", number)] +
                    [(k, v) for k, v in tree[1]
                     if k not in ("resourceType", "id")])
        taken.add((kind, number))
        yield kind, number, line or text(tree).encode()


@unittest.skipUnless(os.environ.get("WG_SERVER") == "lighttpd",
                     "the same behind every web server")
@unittest.skipUnless((wards.SAMPLES / "ward").is_dir(),
                     f"no sample files in {wards.SAMPLES} (WG_SAMPLES)")
class Faithful(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.reader, cls.tenants = Reader(cls.env), 0
        cls.addClassCleanup(cls.reader.close)
        cls.pool = cls.enterClassContext(
            concurrent.futures.ThreadPoolExecutor(ASKERS))

    @classmethod
    def next_tenant(cls):
        cls.tenants += 1
        return f"fa17f000-0000-4000-8000-{cls.tenants:012x}"

    def read(self, ward, line):
        """None, or what is wrong with a record as it was read."""
        kind, number, source = line
        status, body = self.reader.get(f"{ward.face}/{kind}/{number}",
                                       ward.token)
        if status != 200:
            return f"{ward.name} {kind}/{number}: {status} {body[:300]}"
        if body == source:
            return None
        wrong = difference(parse(source), parse(body)) or ": other bytes"
        return wrong and f"{ward.name} {kind}/{number}{wrong}"

    def found(self, ward, kind, patient):
        """(records, complaints) of all that is known about a patient."""
        path = f"{ward.face}/{kind}?patient={patient}&_count=1000"
        status, body = self.reader.get(path, ward.token)
        if status != 200:
            return 0, [f"{path}: {status} {body[:300]}"]
        entries = member(parse(body), "entry") or ()
        said = []
        for entry in entries:
            tree = member(entry, "resource")
            number = member(tree, "id")
            wrong = difference(ward.trees[kind, number], tree)
            if wrong:
                said.append(f"{ward.name} {kind}/{number} in a list{wrong}")
            if member(entry, "fullUrl") != \
                    f"{ward.outside}/{kind}/{number}":
                said.append(f"{kind}/{number}: {member(entry, 'fullUrl')}")
        return len(entries), said

    def all_read(self, ward, lines):
        wrong = [w for w in self.pool.map(
            lambda line: self.read(ward, line), lines) if w]
        self.assertEqual(wrong, [])

    def test_every_sample_file_is_read_as_it_stands(self):
        for version in wards.VERSIONS:
            lines = list(sample_lines(version))
            self.assertGreater(len(lines), 200)
            self.all_read(Ward(self, f"files-{version}", version, lines),
                          lines)

    def test_every_record_of_the_wards_is_found_as_it_stands(self):
        for version in wards.VERSIONS:
            lines = list(ward_lines(version))
            ward = Ward(self, f"life-{version}", version, lines)
            ward.trees = {(k, n): parse(line) for k, n, line in lines}
            self.all_read(ward, lines)
            asked = [(kind, number) for kind in SERVED[version][1:]
                     if kind != "Location"
                     for k, number, _ in lines if k == "Patient"]
            total = 0
            for count, said in self.pool.map(
                    lambda one: self.found(ward, *one), asked):
                self.assertEqual(said, [])
                total += count
            self.assertEqual(total, sum(k not in ("Patient", "Location")
                                        for k, _, _ in lines))

    def test_names_and_texts_are_filled_in_and_nothing_else(self):
        def plain(data):
            return json.loads(data, parse_int=Number, parse_float=Number)
        for version in wards.VERSIONS:
            lines = list(ward_lines(version, NAMED))
            ward = Ward(self, f"filled-{version}", version, lines, "translate")
            known = {(k, n): mended(plain(line), version, Number)
                     for k, n, line in lines}

            def wrong(one, ward=ward, known=known):
                kind, number, _ = one
                status, body = self.reader.get(
                    f"{ward.face}/{kind}/{number}", ward.token)
                want = filled(known[kind, number],
                              lambda *key: known.get(key))
                return None if status == 200 and plain(body) == want else \
                    f"{kind}/{number}: {status} {body[:2000]}"
            self.assertEqual([], list(filter(None, self.pool.map(
                wrong, [li for li in lines if li[0] in SERVED[version]]))))
            changed = [k for (k, n), r in known.items()
                       if filled(r, lambda *key: known.get(key)) != r]
            self.assertTrue(changed)

    def test_links_to_the_hospital_become_ours_and_nothing_else(self):
        for version in wards.VERSIONS:
            name = f"links-{version}"
            here = f"{self.env['WG_BASE']}/rehearsal/{name}/".encode()
            lines = [(k, n, LINK.sub(rb"\g<1>" + here + rb"\g<2>", line))
                     for k, n, line in list(ward_lines(version))[::9]]
            ward = Ward(self, name, version, lines)
            self.assertTrue([k for k, _, line in lines if here in line])
            ours = ward.outside.encode() + b"/"
            self.assertEqual([], list(filter(None, self.pool.map(
                lambda one: self.read_ours(ward, *one, here, ours), lines))))

    def read_ours(self, ward, kind, number, line, here, ours):
        status, body = self.reader.get(f"{ward.face}/{kind}/{number}",
                                       ward.token)
        if here in body or status != 200:
            return f"{kind}/{number}: {status} {body[:300]}"
        return difference(parse(line.replace(here, ours)), parse(body))


if __name__ == "__main__":
    unittest.main()
