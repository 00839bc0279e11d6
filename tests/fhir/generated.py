# generated.py - records that have every element that their version defines
# SPDX-License-Identifier: Apache-2.0
#
# Every element of a resource is filled in, once or (in odd turns) twice where it
# is a list; each turn takes the next type of a choice and the next word of a
# required list. Every leaf has a value of its own, so that one in a wrong place
# is seen. What samples have is what people use; this is what they might.

import itertools

from tests.fhir import validate


class Number(str):
    """The text of a number; never equal to a string."""

    def __eq__(self, other):
        return isinstance(other, Number) and str.__eq__(self, other)

    __hash__ = str.__hash__


ALIKE = ("Patient", "Observation", "Condition", "Encounter", "Location",
         "AllergyIntolerance", "Coverage", "Bundle", "OperationOutcome",
         "Organization", "Practitioner", "Medication")
RESOURCES = {
    "dstu2": ALIKE + ("MedicationOrder", "Conformance"),
    "stu3": ALIKE + ("MedicationRequest", "CapabilityStatement"),
    "r4": ALIKE + ("MedicationRequest", "CapabilityStatement")}

# What the engine itself looks after: not made, the samples have it.
SKIP = ("id", "extension", "modifierExtension")
RESOURCE = ("meta", "implicitRules", "language", "text", "contained")
PLAIN = {
    "string": "text {}", "markdown": "text {}", "code": "code-{}",
    "id": "id-{}", "uri": "http://example.org/{}",
    "url": "http://example.org/{}", "canonical": "http://example.org/{}",
    "oid": "urn:oid:1.2.{}", "uuid": "urn:uuid:00000000-0000-4000-8000-{:012}",
    "base64Binary": "QU{:04}==", "instant": "2026-11-18T06:40:{:06.3f}Z",
    "date": "19{:02}-03-0{}", "dateTime": "2026-11-18T06:40:{:06.3f}+01:00",
    "time": "06:{:02}:00",
    "xhtml": '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'}
DIGITS = {"integer": "{}", "unsignedInt": "{}", "positiveInt": "{}",
          "decimal": "{}.10"}


class Maker:
    def __init__(self, model, turn):
        self.model, self.turn = model, turn
        self.next = itertools.count(1)

    def plain(self, kind):
        n = next(self.next)
        if kind == "boolean":
            return n % 2 == 0
        if kind in DIGITS:
            return Number(DIGITS[kind].format(n))
        if kind in ("instant", "dateTime"):
            return PLAIN[kind].format(n % 60 + n / 1000 % 1)
        if kind == "time":
            return PLAIN[kind].format(n % 60)
        if kind == "date":
            return PLAIN[kind].format(n % 100, n % 9 + 1)
        return PLAIN[kind].format(n)

    def word(self, path):
        """The next word of a required list, or None."""
        _, _, _, _, strength, values = self.model.el[path]
        known = sorted(self.model.codes.get(values, ())) \
            if strength == "required" else ()
        return known[self.turn % len(known)] if known else None

    def value(self, path, kind, within):
        same = self.model.el[path][3]
        if same:
            return self.object(same, within)
        if kind in PLAIN or kind in DIGITS or kind == "boolean":
            known = self.word(path)
            return known[1] if known else self.plain(kind)
        if kind == "Resource":
            return {"resourceType": "Patient", "id": f"p-{next(self.next)}"}
        if kind in ("BackboneElement", "Element"):
            return self.object(path, within)
        kind = self.datatype(kind)
        if kind == "CodeableConcept" and (known := self.word(path)):
            return {"coding": [{"system": known[0], "code": known[1]}]}
        return self.object(kind, (*within, kind))

    def datatype(self, kind):
        """DSTU2 calls Age and its like profiles of Quantity."""
        return kind if kind in self.model.kids or kind[:1].islower() and \
            kind != "SimpleQuantity" else "Quantity"

    def members(self, path, within):
        """(element, type, name, list?) of what an object is given. A datatype
        does not hold itself: an Identifier has an assigner, who has one."""
        for inner in self.model.kids.get(path, ()):
            _, high, types, *_ = self.model.el[inner]
            name = inner.rpartition(".")[2]
            if name in SKIP or "." not in path and name in RESOURCE and \
                    not within:
                continue
            types = [t.split("(")[0] for t in types] or [""]
            kind = types[self.turn % len(types)]
            if self.datatype(kind) in within:
                continue
            if name.endswith("[x]"):
                name = name[:-3] + kind[:1].upper() + kind[1:]
            yield inner, kind, name, high == "*"

    def object(self, path, within=()):
        made = {}
        for inner, kind, name, many in self.members(path, within):
            made[name] = [self.value(inner, kind, within)
                          for _ in range(1 + self.turn % 2)] if many \
                else self.value(inner, kind, within)
        return made


def records(version, turns):
    """(kind, turn, resource) of every kind, so many turns each."""
    model = validate.Model(version)
    for kind in RESOURCES[version]:
        for turn in range(turns):
            yield kind, turn, {"resourceType": kind, "id": f"turn-{turn}",
                               **Maker(model, turn).object(kind)}
