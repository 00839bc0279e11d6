# shown.py - the fields that the app shows, as a table, and what lacks them
# SPDX-License-Identifier: Apache-2.0
#
# The columns of "Fields the app shows": per resource what must be there and
# what should. The app knows DSTU2 and STU3; for R4 the table names the
# counterparts. A path is dotted, `[0]` takes the first of a list, otherwise
# every member of a list counts; `a|b` is either.
#
# What a hospital's own record does not say need not be shown: `missing` looks
# at the ward's record, in the ward's version, at the same row. A field that a
# reference leads to counts as said when the ward knows what is referred to.

from typing import NamedTuple

VERSIONS = ("dstu2", "stu3", "r4")
MUST, SHOULD = "must", "should"


class Row(NamedTuple):
    """One field of one resource.

    dstu2, stu3, r4   where it stands; "" where the version has no such field
    said              what else in the ward's record is good for it: a path
                      whose values may be shown instead (versions.md 6)
    leads             reference whose target's name is shown when the record
                      carries no display of its own
    keeps             the values shown are the record's own, as text
    """
    kind: str
    need: str
    name: str
    dstu2: str
    stu3: str
    r4: str
    said: str = ""
    leads: str = ""
    keeps: bool = True


def same(kind, need, path, **more):
    return Row(kind, need, path, path, path, path, **more)


ORDER = "MedicationRequest"
MEDICATION = "medicationReference.display|medicationCodeableConcept.text"

ROWS = (
    same("Patient", MUST, "name.family", keeps=False),
    same("Patient", MUST, "name.given"),
    same("Patient", MUST, "gender"),
    same("Patient", MUST, "birthDate"),
    same("Patient", MUST, "identifier.value"),
    same("Patient", MUST, "identifier.type.coding.code"),
    same("Patient", SHOULD, "name.use"),
    same("Patient", SHOULD, "name.prefix"),
    Row("Patient", SHOULD, "general practitioner", "careProvider.display",
        "generalPractitioner.display", "generalPractitioner.display",
        leads="careProvider|generalPractitioner"),

    same("Observation", MUST, "effectiveDateTime|effectivePeriod.start"),
    same("Observation", MUST, "code.coding.code"),
    same("Observation", MUST, "valueQuantity.value"),
    same("Observation", MUST, "component.valueQuantity.value"),
    same("Observation", MUST, "component.code.coding.code"),
    same("Observation", SHOULD, "code.coding.display", said="code.text"),
    same("Observation", SHOULD, "valueQuantity.unit"),
    same("Observation", SHOULD, "component.code.coding.display"),
    same("Observation", SHOULD, "component.valueQuantity.unit"),

    same("Condition", MUST, "code.coding[0].display", said="code.text"),
    Row("Condition", SHOULD, "recorded", "dateRecorded", "assertedDate",
        "recordedDate"),
    same("Condition", SHOULD, "severity.coding.code"),
    same("Condition", SHOULD, "severity.text|severity.coding.display"),

    same("Encounter", MUST, "status", keeps=False),
    same("Encounter", MUST, "type[0].coding[0].display", said="type[0].text"),
    same("Encounter", SHOULD, "period.start"),
    same("Encounter", SHOULD, "location[0].location.display",
         leads="location[0].location", keeps=False),

    Row("AllergyIntolerance", MUST, "substance text", "substance.text",
        "code.text", "code.text",
        said="substance.coding[0].display|code.coding[0].display"),
    Row("AllergyIntolerance", MUST, "substance display",
        "substance.coding[0].display", "code.coding[0].display",
        "code.coding[0].display", said="substance.text|code.text"),
    Row("AllergyIntolerance", MUST, "status", "status", "clinicalStatus",
        "clinicalStatus.coding.code", keeps=False),
    Row("AllergyIntolerance", MUST, "certainty", "status",
        "verificationStatus", "verificationStatus.coding.code|clinicalStatus",
        keeps=False),
    Row("AllergyIntolerance", SHOULD, "recorded", "recordedDate",
        "assertedDate", "recordedDate"),
    same("AllergyIntolerance", SHOULD, "note.text"),
    same("AllergyIntolerance", SHOULD, "reaction.substance.text",
         said="reaction.substance.coding.display"),
    same("AllergyIntolerance", SHOULD, "reaction.substance.coding.code"),
    same("AllergyIntolerance", SHOULD, "reaction.manifestation.text",
         said="reaction.manifestation.coding.display"),
    same("AllergyIntolerance", SHOULD, "reaction.manifestation.coding.code"),
    same("AllergyIntolerance", SHOULD, "text.div", keeps=False),

    Row(ORDER, MUST, "written", "dateWritten", "authoredOn", "authoredOn"),
    Row(ORDER, MUST, "prescriber", "prescriber.display",
        "requester.agent.display", "requester.display",
        leads="prescriber|requester.agent|requester"),
    same(ORDER, MUST, MEDICATION, leads="medicationReference",
         said="medicationCodeableConcept.coding.display"),
    Row(ORDER, SHOULD, "ended", "dateEnded", "", ""),
    same(ORDER, SHOULD, "dosageInstruction.text"),
    same(ORDER, SHOULD, "text.div", keeps=False),

    Row("Coverage", MUST, "payor", "issuer.display", "payor.display",
        "payor.display", leads="issuer|payor"),
    Row("Coverage", MUST, "plan", "plan", "grouping.planDisplay",
        "class.name", keeps=False),
    Row("Coverage", MUST, "group", "", "grouping.groupDisplay", "class.name",
        keeps=False),
    same("Coverage", MUST, "period.start"),
    Row("Coverage", MUST, "subscriber id", "subscriberId.value",
        "subscriberId", "subscriberId"),
    same("Coverage", SHOULD, "subscriber.reference|subscriber.display"),
)


def values(value, path):
    """All leaves at a dotted path, in their order, as text."""
    if isinstance(value, list):
        return [v for item in value for v in values(item, path)]
    if not path:
        return [] if value in (None, "", {}) else [value]
    name, _, rest = path.partition(".")
    first = name.endswith("[0]")
    name = name.removesuffix("[0]")
    if not isinstance(value, dict) or name not in value:
        return []
    value = value[name]
    if first and isinstance(value, list):
        value = value[:1]
    return values(value, rest)


def any_of(value, paths):
    """The values of the first alternative that has some."""
    return next(filter(None, (values(value, p) for p in paths.split("|")
                              if p)), [])


def named(resource):
    """What a person would call what is referred to; [] if nothing is."""
    if not resource:
        return []
    return any_of(resource, "name.text|name.family|name|code.text|"
                  "code.coding.display")


def begins(shown, record):
    """A date may be cut; everything else is the record's own text."""
    return shown == record or (
        isinstance(shown, str) and isinstance(record, str) and
        len(shown) in (4, 7, 10) and record[4:5] == "-" and
        record.startswith(shown))


def expected(row, record, version, look):
    """What the ward's own record says for a row: (its own values, values that
    may stand in for them). look(reference) is the record referred to."""
    own = any_of(record, getattr(row, version))
    others = list(any_of(record, row.said))
    for target in any_of(record, row.leads):
        if isinstance(target, dict):
            others += named(look(target.get("reference", "")))
    return own, others


def missing(resource, version, record, record_version, look, seen):
    """What a face does not show of a record, a sentence each. seen: a set
    that takes the rows that are shown."""
    kind = resource["resourceType"].replace("MedicationOrder", ORDER)
    for row in ROWS:
        path = getattr(row, version)
        if row.kind != kind or not path:
            continue
        own, others = expected(row, record, record_version, look)
        shown = any_of(resource, path)
        if shown:
            seen.add(row)
        if not shown and (own or others):
            yield f"{kind} without {row.name} ({row.need}): {path}"
        elif own and shown and row.keeps and not others and not (
                len(own) == len(shown) and all(map(begins, shown, own))):
            yield f"{kind}: {row.name} is {shown}, the record says {own}"
