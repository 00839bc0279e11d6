# walk.py - every leaf of a record, and where it is after a conversion
# SPDX-License-Identifier: Apache-2.0
#
# Walk(step, source, made, tables) goes through a source and what it became,
# side by side, for two neighbouring versions. Each leaf of the source must
# stand at the place that the tables name for it (and homes.py where they leave
# it to a hand), said as that version says it, or in the inter-version
# extension whose URL names its element. What then is left over in the target
# was invented, unless homes.py says that the target may say so. `wrong` is a
# list of sentences.
#
# Equal lengths of a list mean: the same order. Where one side has room for one
# value, any of the source's may be the one, the others must be extensions.

import re

from tests.fhir import homes
from tests.fhir.converter import Side
from tests.fhir.element import Element, Slot, listed, slots

BASE = "http://hl7.org/fhir/{}/StructureDefinition/"
NUMBER = {"dstu2": "1.0", "stu3": "3.0", "r4": "4.0"}
INTER = re.compile(r"http://hl7\.org/fhir/[134]\.0/StructureDefinition/|"
                   r"http://hl7\.org/fhir/StructureDefinition/patient-animal$")
TYPES = {("dstu2", "stu3"): {"MedicationOrder": "MedicationRequest",
                             "Conformance": "CapabilityStatement"}}
TYPES[("stu3", "dstu2")] = {b: a for a, b in TYPES[("dstu2", "stu3")].items()}
# What every resource has; no table says so.
COMMON = (("text", False, "Narrative"), ("meta", False, "Meta"),
          ("contained", True, "Resource"))
XMLNS = re.compile(r'\s+xmlns="http://www\.w3\.org/1999/xhtml"')
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def word(value):
    """A leaf as text, whatever kind of JSON it was."""
    return {True: "true", False: "false"}.get(value, value) \
        if isinstance(value, bool) else value


def empty(value):
    """Nothing that a reader could see."""
    if isinstance(value, (dict, list)):
        return all(map(empty, value.values() if isinstance(value, dict)
                       else value))
    return value is None or value == ""


def leaves(value, at=""):
    """(path without indexes, from its resource; holder; key) of every leaf."""
    if isinstance(value, dict):
        at = value.get("resourceType", at)
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        where = f"{at}.{key}" if isinstance(value, dict) else at
        if isinstance(inner, (dict, list)):
            yield from leaves(inner, where)
        elif inner is not None:
            yield where, value, key


class Rules:
    """The tables of one step, by what is met."""

    def __init__(self, step, rows):
        self.step, self.by = step, {}
        for row in rows:
            if row.step == step:
                self.by.setdefault(row.path, {})[row.one.name] = row
        for path, known in self.by.items():
            for name, many, kind in COMMON if "." not in path else ():
                side = Side(name, many, False, (kind,))
                known.setdefault(name, row._replace(
                    path=path, one=side, other=side, how=frozenset(), url="",
                    why="", inside="", codes={}))

    def find(self, path, key):
        """(row, type) of a member, or (None, None)."""
        rows = self.by.get(path, {})
        row = rows.get(key)
        if row and not row.one.choice:
            return row, row.one.types[0] if row.one.types else ""
        for name, row in rows.items():
            if row.one.choice and name and key.startswith(name):
                for one in row.one.types:
                    if key == name + one[0].upper() + one[1:]:
                        return row, one
        return None, None


class Walk:
    def __init__(self, rules, source, made):
        self.rules, self.step = rules, rules.step
        self.one, self.other = rules.step
        self.base = BASE.format(NUMBER[self.one])
        self.words = TYPES.get(self.step, {})
        self.places = homes.PLACES[self.step]
        self.used, self.order, self.wrong = set(), [], []
        self.roots, self.holders = [(source, made)], []
        self.resource(source, made, source.get("resourceType", ""))
        self.left_over(source, made)

    # ---- telling, trying ----

    def fail(self, at, what):
        self.wrong.append(f"{at}: {what}")

    def mark_at(self, holder, key):
        self.note((id(holder), key))

    def mark(self, slot):
        self.note(slot.mark)

    def note(self, mark):
        if mark not in self.used:
            self.used.add(mark)
            self.order.append(mark)

    @staticmethod
    def leaves(value):
        return leaves(value)

    def tried(self, walk, *args):
        """Did it hold? If not, nothing has happened."""
        wrong, order = len(self.wrong), len(self.order)
        walk(*args)
        if len(self.wrong) == wrong:
            return True
        del self.wrong[wrong:]
        self.used.difference_update(self.order[order:])
        del self.order[order:]
        return False

    # ---- leaves ----

    def renamed(self, text, path):
        """The type in a reference, an address or a list of types."""
        if path.rpartition(".")[2] in homes.NAMING:
            for old, new in self.words.items():
                text = re.sub(rf"(^|/){old}(?=[/?:.]|$)", rf"\g<1>{new}",
                              text)
        return text

    def agree(self, at, mine, theirs, row, path):
        """May the target say it so?"""
        mine, theirs = word(mine), word(theirs)
        if mine is None or theirs is None:
            return mine is theirs
        if not isinstance(mine, str) or not isinstance(theirs, str):
            return False
        table = homes.WORDS.get((self.step, path)) or (row and row.codes) or {}
        if callable(table):
            return theirs in table(mine, self.roots[-1][0])
        if mine in table:
            return theirs == table[mine]
        if str.__eq__(mine, theirs) or theirs == self.renamed(mine, path):
            return True
        if path in homes.OURS:
            return True
        if path.endswith("Coding.system"):
            return theirs in homes.systems(mine, self.other)
        if path.endswith("Narrative.div"):
            return XMLNS.sub("", mine, 1) == XMLNS.sub("", theirs, 1)
        return bool(row and "date" in row.other.types and
                    DAY.fullmatch(theirs) and mine.startswith(theirs))

    def leaf(self, at, mine, slot, row, path):
        if not self.agree(at, mine, slot.value, row, path):
            return self.fail(at, f"{mine!r} became {slot.value!r}")
        return self.mark(slot)

    def verbatim(self, at, mine, slot):
        """Nothing is known about it: it travels as it is."""
        if isinstance(mine, (dict, list)) and isinstance(slot.value,
                                                         type(mine)):
            pairs = mine.items() if isinstance(mine, dict) \
                else enumerate(mine)
            for key, value in pairs:
                if key == "fhir_comments":
                    continue
                inner = Slot.__new__(Slot)
                inner.mark = (id(slot.value), key)
                inner.value = slot.value.get(key) if isinstance(mine, dict) \
                    else slot.value[key] if key < len(slot.value) else None
                self.verbatim(f"{at}.{key}", value, inner)
        else:
            self.leaf(at, mine, slot, None, "")

    # ---- objects ----

    def resource(self, mine, theirs, at):
        kind = mine.get("resourceType")
        becomes = self.words.get(kind, kind)
        if theirs.get("resourceType") != becomes:
            return self.fail(at, f"is a {theirs.get('resourceType')}")
        self.used.add((id(theirs), "resourceType"))
        if kind not in self.rules.by:
            holder = {"": theirs}
            return self.verbatim(at, mine, Slot(holder, ""))
        self.roots.append((mine, theirs))
        self.members(mine, theirs, kind, at)
        self.roots.pop()
        return None

    def members(self, mine, theirs, path, at):
        """Every member of an object of the source."""
        self.holders.append(theirs)
        for key in mine:
            base = key.removeprefix("_")
            if base != key and base in mine or key in (
                    "resourceType", "fhir_comments"):
                continue
            if empty(mine[key]) and empty(mine.get("_" + base)):
                continue    # says nothing, and nothing has to come of it
            self.member(mine, theirs, path, base, f"{at}.{base}")
        self.holders.pop()

    def member(self, mine, theirs, path, key, at):
        items = [(s.value, s.under) for s in slots(mine, key)]
        row, kind = self.rules.find(path, key)
        if key in ("extension", "modifierExtension"):
            return self.extensions(at, items, theirs, key)
        if row is None:
            found = slots(theirs, key)
            if len(found) != len(items):
                return self.fail(at, "is no element, and not where it was")
            for (value, under), slot in zip(items, found):
                self.verbatim(at, value, slot)
                self.under(at, under, slot.under)
            return None
        return Element(self, at, row, kind, key, mine, theirs).walk_items(items)

    def under(self, at, mine, theirs):
        """The `_name` sibling of a primitive."""
        mine = {k: v for k, v in (mine or {}).items() if k != "fhir_comments"}
        if mine:
            self.members(mine, theirs or {}, "Element", f"{at}._")

    # ---- extensions ----

    def extensions(self, at, items, theirs, key):
        """In their order; the inter-version ones come between."""
        rest = slots(theirs, key)
        if self.step[1] == "dstu2" or key == "extension":
            rest = rest or []
        for n, (value, _) in enumerate(items):
            for i, slot in enumerate(rest):
                if isinstance(slot.value, dict) and self.tried(
                        self.extension, at, value, slot):
                    del rest[:i + 1]
                    break
            else:
                if not self.back(at, value, theirs):
                    self.fail(f"{at}[{n}]", f"{value.get('url')} is gone")

    def extension(self, at, mine, slot):
        theirs = slot.value
        if mine.get("url") != theirs.get("url"):
            return self.fail(at, "another extension")
        for key, value in mine.items():
            if key == "extension":
                self.extensions(at, [(v, None) for v in listed(value)],
                                theirs, key)
            elif key.startswith("value"):
                self.value_of(f"{at}.{key}", key, mine, theirs)
            elif key not in ("fhir_comments", "_value"):
                self.verbatim(f"{at}.{key}", value, Slot(theirs, key))
        return None

    def value_of(self, at, key, mine, theirs):
        """value[x], whatever the target calls its type."""
        kind = key.removeprefix("value")
        for other in [key] + [k for k in theirs if k.startswith("value")]:
            slot = Slot(theirs, other)
            if (slot.value is not None or slot.under) and self.tried(
                    self.same, at, (mine[key], mine.get("_" + key)), slot,
                    None, kind, other.removeprefix("value"), ""):
                return None
        return self.fail(at, f"{mine[key]!r} is not in the extension")

    def brings_back(self, extension):
        return extension.get("url", "").startswith(
            BASE.format(NUMBER[self.other]))

    def back(self, at, mine, theirs):
        """An extension that brings back an element of the target."""
        url = mine.get("url", "")
        name = homes.HOMES_OF.get((self.step, url))
        if not name and not self.brings_back(mine):
            return False
        name = name or url.rpartition(".")[2]
        return any(self.tried(self.came_back, at, mine, slot)
                   for holder in (theirs, *reversed(self.holders))
                   for other in list(holder) if other.startswith(name)
                   for slot in slots(holder, other))

    def came_back(self, at, extension, slot):
        """What an extension holds, or its parts each, stand in the slot."""
        for key, value in extension.items():
            if key.startswith("value"):
                return self.same(at, (value, extension.get("_" + key)), slot,
                                 None, key[5:], key[5:], "")
        for part in extension.get("extension", ()):
            if not isinstance(slot.value, dict) or not any(
                    self.tried(self.came_back, at, part, inner)
                    for key in list(slot.value) if key.startswith(part["url"])
                    for inner in slots(slot.value, key)):
                return self.fail(at, f"{part.get('url')} is not back")
        return None

    # ---- one value beside another ----

    def same(self, at, item, slot, row, kind, becomes, path):
        """The value (and its sibling) stands in that slot."""
        mine, under = item
        theirs = slot.value
        if isinstance(mine, dict) and isinstance(theirs, dict):
            if kind == "Coding" and becomes == "CodeableConcept":
                self.only_coding(at, item, theirs, row, path)
            elif kind == "CodeableConcept" and becomes == "Coding":
                self.only_concept(at, item, slot, row, path)
            elif "resourceType" in mine:
                self.resource(mine, theirs, at)
            else:
                self.object(at, mine, theirs, row, kind)
        elif mine is None and isinstance(theirs, dict):
            return self.under(at, under, theirs)    # became an object
        elif isinstance(mine, dict) or isinstance(theirs, dict):
            self.turned(at, mine, slot, row, path)
        elif isinstance(mine, list):
            self.fail(at, "a list within a list")
        elif mine is not None or theirs is not None:
            self.leaf(at, mine, slot, row, path)
        return self.under(at, under, slot.under)

    def only_coding(self, at, item, concept, row, path):
        codings = slots(concept, "coding")
        if len(codings) != 1 or set(concept) - {"coding"}:
            return self.fail(at, "is not the only coding")
        return self.same(at, item, codings[0], row, "Coding", "Coding", path)

    def only_concept(self, at, item, slot, row, path):
        codings = listed(item[0].get("coding"))
        if len(codings) != 1 or set(item[0]) - {"coding"}:
            return self.fail(at, "more than one coding")
        return self.same(at, (codings[0], None), slot, row, "Coding",
                         "Coding", path)

    def object(self, at, mine, theirs, row, kind):
        inside = row.inside if row and row.inside else kind
        self.members(mine, theirs, inside or "Element", at)

    def turned(self, at, mine, slot, row, path):
        """A value whose form is another there."""
        theirs = slot.value
        if isinstance(theirs, dict):    # a word became an object
            for key in ("text", "value", "display", "reference"):
                if theirs.get(key) == mine:
                    return self.mark(Slot(theirs, key))
            for coding in theirs.get("coding") or ():
                inner = Slot(coding, "code")
                if self.agree(at, mine, inner.value, row, path):
                    self.mark(inner)
                    if row and row.system and coding.get(
                            "system", "").endswith("/" + row.system):
                        self.mark(Slot(coding, "system"))
                    return None
            return self.fail(at, f"{mine!r} is not in {theirs}")
        for key in ("value", "reference", "text"):
            if set(mine) == {key} and word(mine[key]) == word(theirs):
                return self.mark(slot)
        codings = mine.get("coding") or [mine]
        if len(codings) == 1 and not set(mine) - {"coding", "code",
                                                  "system"} and \
                self.agree(at, codings[0].get("code"), theirs, row, path):
            return self.mark(slot)
        return self.fail(at, f"{mine} became {theirs!r}")

    # ---- what is left over ----

    def left_over(self, source, made):
        given = homes.GIVEN[self.step]
        for where, holder, key in leaves(made):
            if (id(holder), key) in self.used or key == "resourceType":
                continue
            value = holder[key]
            if key == "url" and INTER.match(str(value)):
                continue
            where = where.replace("._", ".")
            if any(where.endswith(path) and word(value) in words
                   for path, words in given):
                continue
            if not self.copied(where, value, source):
                self.fail(where, f"{value!r} is from nowhere")

    def copied(self, where, value, source):
        for target, path in homes.COPIES[self.step]:
            if target in where and any(
                    self.agree("", s.holder[s.key] if s.index is None
                               else s.value, value, None, "")
                    for s in self.all_at(source, path)):
                return True
        return False

    def all_at(self, value, path):
        """Leaves at or below a path, from any resource within."""
        for where, holder, key in leaves(value):
            if f".{path}" in where:
                slot = Slot.__new__(Slot)
                slot.holder, slot.key, slot.index = holder, key, None
                slot.value = holder[key]
                yield slot
