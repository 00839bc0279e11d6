# homes.py - where the walker looks besides where the tables say
# SPDX-License-Identifier: Apache-2.0
#
# The conversion tables tell of most elements where they go (converter.tables).
# Some are done by hand, because one element becomes several or changes its
# form; where those belong is written here a second time, from the text of the
# specification of the conversion, not from the library. Three tables:
#
#   PLACES    an element of the source may stand at these places of the target
#   WORDS     a code and what it becomes; else the code tables of the library
#   OURS, NAMING, REPEATS, DROPPED, IMPLIED, HOMES_OF, ALSO   see there
#   GIVEN     what the target may hold without any source: fixed words
#   KEEPERS   where else the extension of an element may stand
#   COPIES    what the target may say a second time, and of what
#
# A place is relative to the object that stands for the source's object; `^` is
# the resource. Lists between are looked through in their order.

import functools
import re
from pathlib import Path

UP1, DOWN1 = ("dstu2", "stu3"), ("stu3", "dstu2")
UP2, DOWN2 = ("stu3", "r4"), ("r4", "stu3")

PLACES = {
    UP1: {
        "Encounter.class": ["class.code"],
        "Encounter.indication": ["diagnosis.condition"],
        "Encounter.hospitalization.admittingDiagnosis": [
            "^diagnosis.condition"],
        "Encounter.hospitalization.dischargeDiagnosis": [
            "^diagnosis.condition"],
        "AllergyIntolerance.status": ["verificationStatus", "clinicalStatus"],
        "AllergyIntolerance.onset": ["onsetDateTime"],
        "Coverage.group": ["grouping.group", "grouping.groupDisplay"],
        "Coverage.plan": ["grouping.plan", "grouping.planDisplay"],
        "Coverage.subPlan": ["grouping.subPlan", "grouping.subPlanDisplay"],
        "MedicationOrder.prescriber": ["requester.agent"],
        "MedicationOrder.reasonCodeableConcept": ["reasonCode"],
        "MedicationOrder.reasonReference": ["reasonReference"],
        "MedicationOrder.dosageInstruction.siteCodeableConcept": ["site"],
        "Medication.product.form": ["^form"],
        "Medication.product.ingredient": ["^ingredient"],
        "Medication.product.batch": ["^package.batch"],
        "Conformance.rest.transactionMode": ["interaction.code"],
        "Bundle.entry.resource": ["resource", "response.outcome"],
    },
    DOWN1: {
        "Encounter.class.code": ["^class"],
        "Encounter.diagnosis.condition": [
            "^indication", "^hospitalization.admittingDiagnosis",
            "^hospitalization.dischargeDiagnosis"],
        "AllergyIntolerance.clinicalStatus": ["status"],
        "AllergyIntolerance.verificationStatus": ["status"],
        "AllergyIntolerance.onsetDateTime": ["onset"],
        "Coverage.beneficiary": ["subscriber"],
        "Coverage.grouping.group": ["^group"],
        "Coverage.grouping.groupDisplay": ["^group"],
        "Coverage.grouping.plan": ["^plan"],
        "Coverage.grouping.planDisplay": ["^plan"],
        "Coverage.grouping.subPlan": ["^subPlan"],
        "Coverage.grouping.subPlanDisplay": ["^subPlan"],
        "MedicationRequest.requester.agent": ["^prescriber"],
        "MedicationRequest.reasonCode": ["reasonCodeableConcept"],
        "MedicationRequest.reasonReference": ["reasonReference"],
        "Dosage.site": ["siteCodeableConcept"],
        "Medication.form": ["product.form"],
        "Medication.ingredient": ["product.ingredient"],
        "Medication.package.batch": ["^product.batch"],
        "CapabilityStatement.rest.interaction.code": [
            "code", "^rest.transactionMode"],
        "Bundle.entry.response.outcome": ["^entry.resource"],
        "OperationOutcome.issue.expression": ["location"],
    },
    UP2: {
        "Observation.related.target": ["^hasMember", "^derivedFrom"],
        "Coverage.sequence": ["class.value"],
        "Money.code": ["currency"],
        "MedicationRequest.requester.agent": ["^requester"],
        "MedicationRequest.definition": ["instantiatesCanonical"],
        "Medication.package.batch": ["^batch"],
    },
    DOWN2: {
        "Observation.hasMember": ["related.target"],
        "Observation.derivedFrom": ["related.target"],
        "Coverage.class.value": ["^sequence"],
        "Money.currency": ["code"],
        "Encounter.reasonReference": ["diagnosis.condition"],
        "MedicationRequest.requester": ["requester.agent"],
        "MedicationRequest.instantiatesCanonical": ["definition.reference"],
        "Medication.batch": ["package.batch"],
    },
}
for group in ("group", "subGroup", "plan", "subPlan", "class", "subClass"):
    for here, there in ((group, "value"), (group + "Display", "name")):
        PLACES[UP2].setdefault(f"Coverage.grouping.{here}", []).extend(
            ["^class.value", "^class.name"])
        PLACES[DOWN2].setdefault(f"Coverage.class.{there}", []).append(
            f"^grouping.{here}")
    PLACES[DOWN2]["Coverage.class.value"].append(f"^grouping.{group}Display")
for part in ("doseRange", "doseQuantity", "rateRatio", "rateRange",
             "rateQuantity"):
    PLACES[UP2][f"Dosage.{part}"] = [f"doseAndRate.{part}"]
    PLACES[DOWN2][f"Dosage.doseAndRate.{part}"] = [part]
for part in ("doseSimpleQuantity", "rateSimpleQuantity"):
    PLACES[UP2][f"Dosage.{part}"] = [
        f"doseAndRate.{part.replace('Simple', '')}"]

# AllergyIntolerance.status of DSTU2: what it becomes, both ways.
STATUS = {
    "active": ("active", "unconfirmed"),
    "unconfirmed": ("active", "unconfirmed"),
    "confirmed": ("active", "confirmed"),
    "inactive": ("inactive", "unconfirmed"),
    "resolved": ("resolved", "unconfirmed"),
    "refuted": ("inactive", "refuted"),
    "entered-in-error": (None, "entered-in-error")}


ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def unsaid(allergy, _=None):
    """STU3 demands to know how sure it is: nobody had said so."""
    beside = allergy.get("_verificationStatus") or {}
    return any(e.get("url") == ABSENT for e in beside.get("extension", ()))


def allergy_status(_, allergy):
    clinical = allergy.get("clinicalStatus")
    sure = not unsaid(allergy) and allergy.get("verificationStatus")
    if sure in ("entered-in-error", "refuted"):
        return {sure}
    if clinical in ("resolved", "inactive"):
        return {clinical}
    return {sure if sure in ("confirmed", "unconfirmed") else "active"}


def encounter_status(word, _):
    """What nobody knows any more has ended, or has not."""
    return {"triaged": {"arrived"}, "entered-in-error": {"cancelled"},
            "unknown": {"finished", "in-progress"}}.get(word, {word})


def class_down(code, _):
    return {{"IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient",
             "OBSENC": "inpatient", "AMB": "ambulatory", "EMER": "emergency",
             "HH": "home", "FLD": "field", "SS": "daytime", "VR": "virtual"
             }.get(code, code if code in CLASS else "other")}


CLASS = {"inpatient": "IMP", "outpatient": "AMB", "ambulatory": "AMB",
         "emergency": "EMER", "home": "HH", "field": "FLD", "daytime": "SS",
         "virtual": "VR", "other": None}
MIME = {"application/json+fhir": "application/fhir+json",
        "application/xml+fhir": "application/fhir+xml"}

# A word and what it becomes (None: there is no word), or a function of the
# word and the resource that gives the words it may become.
WORDS = {
    (UP1, "Encounter.class"): CLASS,
    (DOWN1, "Encounter.class"): class_down,
    (DOWN1, "Encounter.status"): encounter_status,
    (DOWN1, "Encounter.statusHistory.status"): encounter_status,
    (UP1, "AllergyIntolerance.status"): lambda word, _: {
        w for w in STATUS.get(word, ()) if w},
    (DOWN1, "AllergyIntolerance.clinicalStatus"): allergy_status,
    (DOWN1, "AllergyIntolerance.verificationStatus"): allergy_status,
    (UP1, "Conformance.rest.transactionMode"): lambda word, _: {
        "both": {"batch", "transaction"}, "batch": {"batch"},
        "transaction": {"transaction"}}.get(word, set()),
    (DOWN1, "CapabilityStatement.rest.interaction.code"): lambda word, _: {
        word, "both"},
    (UP1, "Conformance.format"): MIME,
    (DOWN1, "CapabilityStatement.format"): {b: a for a, b in MIME.items()},
}

# What is never copied: the version that a statement speaks of is the target's.
OURS = ("Conformance.fhirVersion", "CapabilityStatement.fhirVersion")

# Elements whose text names a type of resource, which may have another name.
NAMING = ("reference", "fullUrl", "url", "location", "type", "searchInclude",
          "searchRevInclude", "definition")

# What need not be said where a neighbour says the same.
REPEATS = {
    (DOWN1, "OperationOutcome.issue.expression"): "location",
    (DOWN2, "OperationOutcome.issue.expression"): "location",
}

# What no version can take over: the signature of another body; in DSTU2 an
# outcome beside a resource, for there is room for one. Both are counted.
def no_room(response, bundle):
    return any(e.get("response") is response and e.get("resource")
               for e in bundle.get("entry", ()))


DROPPED = {
    (step, "Bundle.signature"): lambda holder, resource: True
    for step in (UP1, DOWN1, UP2, DOWN2)}
DROPPED[DOWN1, "Bundle.entry.response.outcome"] = no_room
DROPPED[UP2, "AllergyIntolerance.verificationStatus"] = unsaid
DROPPED[DOWN1, "AllergyIntolerance.verificationStatus"] = unsaid

# What the target says by being what it is.
IMPLIED = {
    (DOWN1, "MedicationRequest.intent"): {"order"},
    (DOWN1, "CapabilityStatement.status"): {"unknown"},
    (UP2, "Observation.related.type"): {
        "has-member", "derived-from", "sequel-to", "replaces", "qualified-by",
        "interfered-by"},
}
KINDS = {"group", "subgroup", "subGroup", "plan", "subplan", "subPlan",
         "class", "subclass", "subClass", "sequence"}
IMPLIED[DOWN2, "Coverage.class.type"] = {
    str({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/"
                               "coverage-class", "code": kind}]})
    for kind in KINDS}

# Extensions of an older version that have a home after all.
HOMES_OF = {
    (UP2, "http://hl7.org/fhir/1.0/StructureDefinition/extension-"
          "MedicationOrder.reasonEnded"): "statusReason",
    (UP2, "http://hl7.org/fhir/1.0/StructureDefinition/extension-"
          "MedicationOrder.substitution.type"): "allowedCodeableConcept",
    (DOWN1, "http://hl7.org/fhir/4.0/StructureDefinition/extension-"
            "MedicationRequest.substitution.allowed"): "type",
    (DOWN2, "http://hl7.org/fhir/StructureDefinition/patient-animal"):
        "animal",
}


# ---- code systems ----------------------------------------------------------------

OLD = re.compile(r"http://hl7\.org/fhir/(v[23])/([^/]+)(?:/(.+))?$")
NEW = re.compile(
    r"http://terminology\.hl7\.org/CodeSystem/(v[23])-([^|]+)(?:\|(.+))?$")


@functools.lru_cache(maxsize=None)
def moved():
    """Old URL -> new URL of the code systems that are listed one by one."""
    path = Path(__file__).with_name("codesystems.tsv")
    lines = path.read_text().splitlines()[1:]
    return {old: new for _, old, new in (s.split("\t") for s in lines)}


@functools.lru_cache(maxsize=None)
def systems(url, version):
    """The spellings that a code system may have in a version; the first is
    its right one."""
    one = OLD.match(url) or NEW.match(url)
    if one:
        family, name, edition = one.groups()
        old = f"http://hl7.org/fhir/{family}/{name}"
        new = f"http://terminology.hl7.org/CodeSystem/{family}-{name}"
        if version != "r4":
            return [old + (f"/{edition}" if edition else ""), old]
        return [new] + ([f"{new}|{edition}"] if edition else [])
    table = moved()
    if version == "r4":
        return [table.get(url, url)]
    back = [old for old, new in table.items() if new == url]
    return back or [url]


# ---- what may be there without a source ---------------------------------------------

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
# step -> (path of the leaf, its words; None: any)
GIVEN = {
    UP1: [
        ("MedicationRequest.intent", {"order"}),
        ("MedicationRequest.subject.extension.valueCode", {"unknown"}),
        ("MedicationRequest.subject.extension.url", {ABSENT}),
        ("AllergyIntolerance.verificationStatus", {"unconfirmed"}),
        ("Encounter.class.system", {"http://hl7.org/fhir/v3/ActCode"}),
        ("Encounter.diagnosis.role.coding.system",
         {"http://hl7.org/fhir/diagnosis-role"}),
        ("Encounter.diagnosis.role.coding.code", {"AD", "DD"}),
        ("CapabilityStatement.fhirVersion", {"3.0.1", "3.0.2"}),
        ("CapabilityStatement.status", {"unknown"}),
    ],
    DOWN1: [
        ("Condition.code.text", {"unspecified"}),
        ("Condition.verificationStatus", {"unknown"}),
        ("AllergyIntolerance.substance.text", {"unspecified"}),
        ("MedicationOrder.substitution.type.coding.system",
         {"http://hl7.org/fhir/v3/substanceAdminSubstitution"}),
        ("MedicationOrder.substitution.type.coding.code", {"G", "N"}),
        ("Conformance.fhirVersion", {"1.0.2"}),
        ("Conformance.rest.transactionMode", {"both"}),
        ("valueCodeableConcept.coding.system", {"http://hl7.org/fhir/v2/0136"}),
        ("valueCodeableConcept.coding.code", {"Y", "N"}),
    ],
    UP2: [
        ("Coverage.status", {"active"}),
        ("Coverage.payor.display", {"unknown"}),
        ("Coverage.beneficiary.display", {"unknown"}),
        ("Coverage.class.type.coding.system",
         {"http://terminology.hl7.org/CodeSystem/coverage-class"}),
        ("Coverage.class.type.coding.code",
         {"group", "subgroup", "plan", "subplan", "class", "subclass",
          "sequence", "rxbin"}),
        ("Condition.clinicalStatus.coding.code", {"resolved"}),
        ("MedicationRequest.status", {"unknown"}),
        ("MedicationRequest.status.extension.valueCode.extension.url",
         {ABSENT}),
        ("MedicationRequest.status.extension.valueCode.extension.valueCode",
         {"unknown"}),
        ("MedicationRequest.intent", {"order"}),
        ("Encounter.status", {"unknown"}),
        ("Encounter.class.extension.valueCode", {"unknown", "unsupported"}),
        ("Encounter.class.extension.url", {ABSENT}),
        ("CapabilityStatement.fhirVersion", {"4.0.1"}),
        ("CapabilityStatement.status", {"unknown"}),
    ],
    DOWN2: [
        ("AllergyIntolerance.verificationStatus", {"unconfirmed"}),
        ("valueCodeableConcept.coding.system", {"http://hl7.org/fhir/v2/0136"}),
        ("valueCodeableConcept.coding.code", {"Y", "N"}),
        ("CapabilityStatement.acceptUnknown", {"no"}),
        ("valueMoney.system", {"urn:iso:std:iso:4217"}),
        ("CapabilityStatement.fhirVersion", {"3.0.1", "3.0.2"}),
        ("CapabilityStatement.status", {"unknown"}),
        ("Observation.related.type", {"has-member", "derived-from"}),
    ],
}

for demands in (GIVEN[UP1], GIVEN[DOWN2]):
    demands += [
        ("AllergyIntolerance.verificationStatus.extension.url", {ABSENT}),
        ("AllergyIntolerance.verificationStatus.extension.valueCode",
         {"unknown"})]

# step -> (place in the target, place in the source, both from the resource)
COPIES = {
    UP1: [("Coverage.beneficiary", "subscriber"),
          ("Coverage.grouping", "group"), ("Coverage.grouping", "plan"),
          ("Coverage.grouping", "subPlan")],
    DOWN1: [("Medication.product.ingredient.item.display",
             "ingredient.itemCodeableConcept"),
            ("Coverage.subscriber", "beneficiary"),
            ("Coverage.plan", "type.text"), ("Coverage.plan", "payor.display"),
            ("Coverage.bin", "extension.extension.valueString"),
            (".display", "identifier.value")],
    UP2: [("OperationOutcome.issue.expression", "issue.location"),
          ("Coverage.beneficiary", "subscriber"),
          ("Coverage.class", "extension.valueIdentifier.value"),
          ("Coverage.class.value", "grouping")],
    DOWN2: [("Coverage.grouping", "class.value"),
            ("Coverage.grouping", "class.name")],
}

# Objects of the target, from the resource, on which the extension of an element
# may stand too.
KEEPERS = {
    "Encounter.diagnosis.role": [
        "indication", "hospitalization.admittingDiagnosis",
        "hospitalization.dischargeDiagnosis"],
    "Encounter.reasonReference": ["diagnosis.condition"],
}
KEEPERS["Encounter.diagnosis.rank"] = KEEPERS["Encounter.diagnosis.role"]

# Elements whose extension has another address than the regular one.
ALSO = {
    "MedicationRequest.statusReason": [
        "http://hl7.org/fhir/1.0/StructureDefinition/extension-"
        "MedicationOrder.reasonEnded"],
    "Patient.animal": [
        "http://hl7.org/fhir/StructureDefinition/patient-animal"],
    "Observation.related.target": [
        f"http://hl7.org/fhir/3.0/StructureDefinition/Observation.{name}"
        for name in ("sequelTo", "replaces", "qualifiedBy", "interferedBy")],
}
