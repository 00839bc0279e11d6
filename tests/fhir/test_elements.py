# test_elements.py - no element of any version falls between the tables
# SPDX-License-Identifier: Apache-2.0
#
# Reads elements.tsv (what HL7 defines) and the conversion tables (as the
# library has them), and holds one against the other on each step between two
# neighbouring versions: every element is kept, moved, mapped or lost for a
# stated reason, and no table names an element that does not exist.

import unittest

from tests.fhir import converter, validate
from tests.fhir.generated import RESOURCES

MODELS = {v: validate.Model(v) for v in ("dstu2", "stu3", "r4")}
# The engine itself looks after these; they are the same in every version.
COMMON = {"Element": ("id", "extension"),
          "BackboneElement": ("id", "extension", "modifierExtension"),
          "DomainResource": ("id", "meta", "implicitRules", "language", "text",
                             "contained", "extension", "modifierExtension"),
          "Resource": ("id", "meta", "implicitRules", "language")}
# Extensions are walked by themselves; resources within are rooms of their own.
ABSTRACT = ("Element", "BackboneElement", "Resource", "DomainResource",
            "Extension")


def types_of(cell):
    """The types of an element, named as the tables name them."""
    names = [t.split("(")[0] for t in cell]
    return sorted({"Quantity" if t == "SimpleQuantity" else
                   "{}" if t in ("BackboneElement", "Element") else t
                   for t in names})


class Definition:
    """One element as HL7 defines it."""

    def __init__(self, version, path):
        model = MODELS[version]
        low, high, types, same, self.strength, self.values = model.el[path]
        self.version, self.path, self.same = version, path, same
        self.least, self.many = low, high == "*"
        self.types = ["{}"] if same else types_of(types)
        self.holder, _, name = path.rpartition(".")
        self.choice = name.endswith("[x]")
        self.name = name.removesuffix("[x]")
        self.modifier = path in MODIFIERS[version]

    def codes(self):
        known = MODELS[self.version].codes
        return {c for _, c in known.get(self.values, ())} \
            if self.strength == "required" else set()


def modifiers():
    found = {v: set() for v in MODELS}
    for line in validate.table("elements.tsv")[1:]:
        version, _, path, *_, modifier, _, _ = line.rstrip("\n").split("\t")
        if modifier == "modifier":
            found[version].add(path)
    return found


MODIFIERS = modifiers()


# DSTU2 calls these profiles of Quantity.
QUANTITIES = ("Age", "Count", "Distance", "Duration", "Money")


def defined(version, path):
    holder, _, rest = path.partition(".")
    if version == "dstu2" and holder in QUANTITIES:
        path = f"Quantity.{rest}"
    return path in MODELS[version].el


def within(version, path):
    """Every element at or below a path that the tables must know, and the
    types that it leads to."""
    model, kinds = MODELS[version], set()
    elements, paths = [], [path]
    while paths:
        holder = paths.pop()
        for inner in model.kids.get(holder, ()):
            one = Definition(version, inner)
            if one.name in common(version, path, holder):
                continue
            elements.append(one)
            if one.types == ["{}"] and not one.same:
                paths.append(inner)
            elif "*" not in one.types:
                kinds.update(one.types)
    return elements, kinds


def common(version, path, holder):
    if holder != path or path not in RESOURCES[version]:
        return COMMON["BackboneElement"]    # R4 has datatypes that are one
    return COMMON["Resource" if path == "Bundle" else "DomainResource"]


def everything(version):
    """All elements of the resources, and of the datatypes they use."""
    wanted, seen, found = list(RESOURCES[version]), set(), []
    while wanted:
        path = wanted.pop()
        if path in seen or path in ABSTRACT or path[0].islower():
            continue
        seen.add(path)
        elements, kinds = within(version, path)
        found += elements
        wanted += kinds
    return found


class Elements(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = {}
        for row in converter.tables():
            cls.rows[row.step, row.path, row.one.name] = row

    def each(self):
        """(step, definition, row or None) of every element."""
        for step in converter.STEPS:
            for one in everything(step[0]):
                yield step, one, self.row(step, one)

    def row(self, step, one):
        return self.rows.get((step, one.holder, one.name))

    def none(self, wrong):
        wrong = sorted(set(wrong))
        self.assertFalse(wrong, f"{len(wrong)} in all:\n" +
                         "\n".join(wrong[:40]))

    def test_the_definitions_are_what_is_expected(self):
        for version, model in MODELS.items():
            for kind, names in COMMON.items():
                self.assertEqual(
                    {p.rpartition(".")[2] for p in model.kids[kind]},
                    set(names), (version, kind))
            self.assertGreater(len(everything(version)), 450)

    def test_every_element_stands_in_a_table(self):
        self.none(f"{'-'.join(step)}: {one.path}"
                  for step, one, row in self.each() if row is None)

    def test_the_tables_tell_the_elements_as_they_are(self):
        """On the source's side; the other side is the source of a step too,
        but for elements that no row of that step begins with."""
        wrong = []
        for step, one, row in self.each():
            if row and (sorted(row.one.types) != one.types or
                        row.one.many != one.many or
                        row.one.choice != one.choice):
                wrong.append(f"{step[0]} {one.path}: {row.one}, defined as "
                             f"{one.types}, {'many' if one.many else 'one'}")
        self.none(wrong)

    def test_no_table_names_what_does_not_exist(self):
        wrong = []
        for row in converter.tables():
            for version, holder, side in (
                    (row.step[0], row.path, row.one),
                    (row.step[1], row.to_path, row.other)):
                path = f"{holder}.{side.name}{'[x]' if side.choice else ''}"
                if side.name and holder and not defined(version, path):
                    wrong.append(f"{version}: {path}")
        self.none(wrong)

    def test_what_is_lost_is_lost_for_a_reason(self):
        """Not simply kept: other name, other form, other words, or gone."""
        self.none(f"{'-'.join(step)}: {one.path}"
                  for step, one, row in self.each()
                  if row and not row.why and (
                      row.one.name != row.other.name or row.codes or
                      row.how - {"modifier"}))

    def test_what_is_lost_has_an_address(self):
        self.none(f"{'-'.join(step)}: {one.path} {row.url}"
                  for step, one, row in self.each()
                  if row and not row.other.name and
                  not row.url.startswith("http://hl7.org/fhir/"))

    def test_a_modifier_stays_a_modifier(self):
        self.none(f"{'-'.join(step)}: {one.path}"
                  for step, one, row in self.each()
                  if row and one.modifier and not row.other.name and
                  not row.how & {"modifier", "hand"})

    def test_codes_become_codes_of_the_other_version(self):
        """A word of a required list is one of the other's list too, or the
        table has a word for it, or none on purpose."""
        wrong = []
        for step, one, row in self.each():
            if not row or not row.other.name or "hand" in row.how:
                continue
            path = f"{row.to_path}.{row.other.name}"
            if path not in MODELS[step[1]].el:
                continue
            theirs = Definition(step[1], path).codes()
            for code in one.codes() if theirs else ():
                becomes = row.codes.get(code, code)
                if becomes is not None and becomes not in theirs:
                    wrong.append(f"{'-'.join(step)}: {one.path} {code} "
                                 f"becomes {becomes}")
        self.none(wrong)

    def test_a_table_maps_only_words_that_there_are(self):
        wrong = []
        for step, one, row in self.each():
            known = one.codes()
            if row and known and one.strength == "required":
                wrong += [f"{'-'.join(step)}: {one.path} {code}"
                          for code in row.codes
                          if code not in known | SEEN.get(one.path, set())]
        self.none(wrong)


# Words of another version that data holds all the same.
SEEN = {"AllergyIntolerance.criticality": {
    "low", "high", "unable-to-assess", "CRITL", "CRITH", "CRITU"}}


if __name__ == "__main__":
    unittest.main()
