# test_convert.py - what conversion makes of every body that we have
# SPDX-License-Identifier: Apache-2.0
#
# The pairs, the sample files and the real-life wards, in all six directions:
# the pairs become each other, whatever comes out is valid in its version, no
# digit changes, every leaf of the source is in its place or in the extension
# that the tables name, and nothing is there that nobody said.

import collections
import re
import unittest

from tests.fhir import converter, homes, samples, validate, walk
from tests.fhir.excuses import Excuses, differences
from tests.fhir.samples import Number

SHOWN = 30
VERSION = re.compile(r" in (dstu2|stu3|r4)$")


def named(direction):
    return "-".join(direction)


def tell(wrong):
    """Alike ones once, with the first body that has it."""
    seen = collections.Counter()
    first = {}
    for body, what in wrong:
        kind = re.sub(r"\[\d+\]|'[^']*'", "", what)
        kind = re.sub(r": .* (became|is gone|is new|is from).*", r" \1", kind,
                      flags=re.S)
        seen[kind] += 1
        first.setdefault(kind, f"{body}: {what}")
    lines = [f"{first[kind]}  (x {n})" for kind, n in seen.most_common(SHOWN)]
    return f"{len(wrong)} in all, {len(seen)} kinds:\n" + "\n".join(lines)


class Pairs(unittest.TestCase):
    """The same record in three versions: each becomes the others."""

    def test_the_pairs_become_each_other(self):
        excuses, wrong = Excuses("pairs.tsv"), []
        for low, high in converter.DIRECTIONS:
            sources = list(samples.pairs(low))
            made = converter.convert(low, high, [s.line for s in sources])
            for source, line in zip(sources, made):
                pair = source.name.split("/")[1]
                want = samples.PAIRS / pair / f"{high}.json"
                wrong += [(f"{low}-{high} {pair}", f"{where}: {what}")
                          for where, what in differences(
                              samples.parse(want.read_bytes()),
                              samples.parse(line))
                          if not excuses.excuse(f"{low}-{high}", pair, where)]
        self.assertFalse(wrong, tell(wrong))
        self.assertEqual(samples.found() and excuses.unused() or [], [])


class Everything(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.models = {v: validate.Model(v) for v in samples.VERSIONS}

    def none(self, wrong):
        self.assertFalse(wrong, tell(wrong))

    # ---- valid ----

    def complaints(self, version, body):
        """(path without indexes, sentence)"""
        said = []
        validate.resource(self.models[version], body, "",
                          lambda at, why: said.append(
                              (re.sub(r"\[\d+\]", "", at), why)))
        return said

    def travels(self, before, what, where):
        """Was the source wrong in the same way at an element of that name?"""
        name, what = where.rpartition(".")[2], VERSION.sub("", what)
        return any(VERSION.sub("", why) == what and
                   at.rpartition(".")[2] == name for at, why in before)

    def test_what_comes_out_is_valid_in_its_version(self):
        excuses, wrong = Excuses("complaints.tsv"), []
        for low, high in converter.DIRECTIONS:
            for source, body, line, made in converter.converted(low, high):
                after = self.complaints(high, plain(line))
                if not after:
                    continue
                before = self.complaints(low, plain(source.line))
                wrong += [(f"{low}-{high} {source.name}", f"{where}: {what}")
                          for where, what in after
                          if not self.travels(before, what, where) and
                          not excuses.excuse(f"{low}-{high}", source.name,
                                             where)]
        self.none(wrong)
        self.assertEqual(samples.found() and excuses.unused() or [], [])

    # ---- digits ----

    def test_no_digit_changes(self):
        wrong = []
        for low, high in converter.DIRECTIONS:
            for source, body, _, made in converter.converted(low, high):
                mine, theirs = numbers(body), words(made)
                wrong += [(f"{low}-{high} {source.name}", f"number {number}")
                          for number, times in mine.items()
                          if theirs[number] < times]
        self.none(wrong)

    # ---- leaf by leaf ----

    def walked(self, step, bodies):
        rules = walk.Rules(step, converter.tables())
        return [(f"{named(step)} {name}", what) for name, body, made in bodies
                for what in walk.Walk(rules, body, made).wrong]

    def test_every_leaf_is_in_its_place_and_none_is_invented(self):
        for step in converter.STEPS:
            with self.subTest(named(step)):
                self.none(self.walked(step, [
                    (s.name, body, made) for s, body, _, made
                    in converter.converted(*step)]))

    def test_the_walk_sees_what_is_wrong(self):
        """Each leaf that was made is changed in turn: the walk must tell."""
        unseen, tried = [], 0
        for step in converter.STEPS:
            rules = walk.Rules(step, converter.tables())
            for source, body, _, made in converter.converted(*step):
                if not source.name.startswith("pairs/"):
                    continue
                for where, holder, key in list(walk.leaves(made)):
                    was, tried = holder[key], tried + 1
                    holder[key] = not was if isinstance(was, bool) else \
                        type(was)(was + "7")
                    if where not in homes.OURS and \
                            not walk.Walk(rules, body, made).wrong:
                        unseen.append((f"{named(step)} {source.name}",
                                       f"{where} {was!r}"))
                    holder[key] = was
        self.none(unseen)
        self.assertGreater(tried, 900)

    def test_the_long_way_leads_over_stu3(self):
        """DSTU2 to R4 is two steps, and each leaf keeps its place in both."""
        for low, high in (("dstu2", "r4"), ("r4", "dstu2")):
            half = converter.converted(low, "stu3")
            whole = converter.converted(low, high)
            chained = converter.convert("stu3", high,
                                        [line for _, _, line, _ in half])
            wrong = [(f"{low}-{high} {a[0].name}", f"{where}: {what}")
                     for a, line in zip(whole, chained)
                     for where, what in differences(samples.parse(line), a[3])]
            with self.subTest(f"{low}-{high}"):
                self.none(wrong)
                self.none(self.walked(("stu3", high), [
                    (a[0].name, a[3], b[3]) for a, b in zip(half, whole)]))


# What changes the meaning of a record and has no home there must modify it
# there too: direction, record, element, value; and what is as harmless as
# silence must not.
PATIENT = {"reference": "Patient/1"}
MEDICATION = {"resourceType": "MedicationRequest", "status": "active",
              "medicationCodeableConcept": {"text": "x"}, "subject": PATIENT}
INPATIENT = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
             "code": "IMP"}
MODIFY = (
    ("stu3", "dstu2", {"resourceType": "Encounter",
                       "status": "entered-in-error"},
     "3.0 Encounter.status", "entered-in-error"),
    ("r4", "dstu2", {"resourceType": "Encounter", "class": INPATIENT,
                     "status": "entered-in-error"},
     "3.0 Encounter.status", "entered-in-error"),
    *(("r4", "dstu2", {"resourceType": "Coverage", "status": status,
                       "beneficiary": PATIENT, "payor": [{"display": "x"}]},
       "3.0 Coverage.status", status)
      for status in ("cancelled", "draft", "entered-in-error")),
    *(("stu3", "dstu2", {**MEDICATION, "intent": intent},
       "3.0 MedicationRequest.intent", intent)
      for intent in ("proposal", "plan")),
    ("r4", "dstu2", {**MEDICATION, "intent": "option"},
     "3.0 MedicationRequest.intent", "plan"),
    *(("r4", low, {**MEDICATION, "intent": "order", "doNotPerform": True},
       "4.0 MedicationRequest.doNotPerform", True)
      for low in ("stu3", "dstu2")),
    *(("r4", low, {"resourceType": "Observation", "status": "final",
                   "code": {"text": "x"}, "focus": [PATIENT]},
       "4.0 Observation.focus", PATIENT) for low in ("stu3", "dstu2")),
)
HARMLESS = (
    ("r4", "dstu2", {"resourceType": "Coverage", "status": "active",
                     "beneficiary": PATIENT, "payor": [{"display": "x"}]}),
    ("stu3", "dstu2", {**MEDICATION, "intent": "order"}),
    ("r4", "stu3", {**MEDICATION, "intent": "order", "doNotPerform": False}),
    ("stu3", "dstu2", {"resourceType": "Encounter", "status": "triaged"}),
)


class Modifiers(unittest.TestCase):
    def made(self, low, high, body):
        line, = converter.convert(low, high, [samples.text(body).encode()])
        return samples.parse(line)

    def test_what_changes_the_meaning_goes_on_changing_it(self):
        for low, high, body, element, value in MODIFY:
            with self.subTest(f"{low}-{high} {element} {value}"):
                version, path = element.split()
                url = f"{walk.BASE.format(version)}extension-{path}"
                found = [v for e in self.made(low, high, body).get(
                    "modifierExtension", ()) if e["url"] == url
                    for k, v in e.items() if k.startswith("value")]
                self.assertEqual(found, [value])

    def test_what_money_is_less_than_is_not_what_it_is(self):
        """No Money of R4 can say so, nor hold a modifier extension."""
        euro = {"unit": "Euro", "system": "urn:iso:std:iso:4217",
                "code": "EUR"}
        model = validate.Model("r4")
        for sign in ("<", "<=", ">=", ">"):
            less = {"value": 500, "comparator": sign, **euro}
            made = plain(samples.text(self.made("stu3", "r4", {
                **MEDICATION, "intent": "order", "extension": [
                    {"url": "urn:a", "valueMoney": less},
                    {"url": "urn:b", "valueMoney": {"value": 500, **euro}}
                ]})).encode())
            self.assertEqual(made["extension"][0],
                             {"url": "urn:a", "valueQuantity": less})
            exact = made["extension"][1]["valueMoney"]
            self.assertEqual((exact["value"], exact["currency"]),
                             (500, "EUR"))
            said = []
            validate.resource(model, made, "",
                              lambda at, why: said.append((at, why)))
            self.assertEqual(said, [])

    def test_what_is_harmless_modifies_nothing(self):
        for low, high, body in HARMLESS:
            with self.subTest(f"{low}-{high} {body}"):
                self.assertNotIn("modifierExtension",
                                 self.made(low, high, body))


def plain(line):
    """As the validator wants it: numbers as numbers."""
    return validate.json.loads(line.removeprefix(samples.MARK))


def values(body):
    if isinstance(body, (dict, list)):
        for inner in body.values() if isinstance(body, dict) else body:
            yield from values(inner)
    else:
        yield body


def numbers(body):
    return collections.Counter(str(v) for v in values(body)
                               if isinstance(v, Number))


def words(body):
    """Every leaf as text; lines of a joined text count each."""
    return collections.Counter(w for v in values(body)
                               if isinstance(v, str) for w in [str(v)])


if __name__ == "__main__":
    unittest.main()
