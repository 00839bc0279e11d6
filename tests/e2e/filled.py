# filled.py - what the gateway fills into a record, told the slow way
# SPDX-License-Identifier: Apache-2.0
#
# The oracle of lib/fhir/display: a record as a provider has it, and what must
# become of it at a face of the same version.

import copy

from tests.e2e.wards import instant, listed

CODES = {
    "Observation": ("code", "component.code"),
    "Condition": ("code", "severity"),
    "Encounter": ("type",),
    "AllergyIntolerance": ("code", "substance", "reaction.substance",
                           "reaction.manifestation"),
    "MedicationOrder": ("medicationCodeableConcept",),
    "MedicationRequest": ("medicationCodeableConcept",),
}
REFERENCES = {
    "Patient": ("careProvider", "generalPractitioner"),
    "Encounter": ("location.location",),
    "MedicationOrder": ("medicationReference", "prescriber"),
    "MedicationRequest": ("medicationReference", "requester",
                          "requester.agent"),
    "Coverage": ("issuer", "payor"),
}
NAMED = ("Location", "Practitioner", "PractitionerRole", "Organization",
         "Medication")
BEST = {"official": 0, "usual": 1, "nickname": 3, "anonymous": 4,
        "maiden": 5, "old": 5}


def reached(value, path):
    """Every object at a dotted path, lists on the way flattened."""
    for one in listed(value):
        if not path:
            if isinstance(one, dict):
                yield one
        elif isinstance(one, dict):
            name, _, rest = path.partition(".")
            yield from reached(one.get(name), rest)


def code(concepts):
    """What is shown of a CodeableConcept, or of the first that tells."""
    for concept in listed(concepts):
        for text in (concept.get("text"), *(
                c.get("display") for c in listed(concept.get("coding")))):
            if text and text.strip():
                return text.strip()
    return None


def person(name):
    parts = [part for key in ("prefix", "given", "family")
             for part in listed(name.get(key))]
    return name.get("text") or " ".join(parts) or None


def name_of(resource):
    """What is shown of a resource that others refer to."""
    kind = resource["resourceType"]
    if kind == "Location":
        return resource.get("name") or resource.get("description") or \
            code(resource.get("type")) or next(
                (i["value"] for i in listed(resource.get("identifier"))
                 if i.get("value")), None)
    if kind == "Practitioner":
        names = [n for n in listed(resource.get("name")) if person(n)]
        names.sort(key=lambda n: BEST.get(n.get("use"), 2))
        return person(names[0]) if names else None
    if kind == "PractitionerRole":
        return resource.get("practitioner", {}).get("display") or \
            code(resource.get("code"))
    if kind == "Organization":
        return resource.get("name")
    return code(resource.get("code")) if kind == "Medication" else None


def complete(concept):
    first = next(iter(listed(concept.get("coding"))), None)
    if first is None or "_display" in first or "_text" in concept:
        return
    if concept.get("text") and not first.get("display"):
        first["display"] = concept["text"]
    elif first.get("display") and not concept.get("text"):
        concept["text"] = first["display"]


def present(places):
    """The place that comes first."""
    for spot in places:
        if spot.get("status") == "active":
            return spot
    left = [s for s in places if s.get("period", {}).get("start") and
            s.get("status") not in ("planned", "reserved")]
    return max(left, key=lambda s: instant(s["period"]["start"]),
               default=places[0])


def filled(resource, find):
    """A copy as it must arrive. find(type, id): a resource of the provider,
    or None."""
    resource = copy.deepcopy(resource)
    kind = resource["resourceType"]
    contained = {"#" + c.get("id", ""): c
                 for c in resource.get("contained", ())}
    for path in CODES.get(kind, ()):
        for concept in reached(resource, path):
            complete(concept)
    for path in REFERENCES.get(kind, ()):
        for reference in reached(resource, path):
            said = reference.get("reference")
            if not said or "display" in reference:
                continue
            parts = said.split("/")
            meant = contained.get(said) or (
                find(*parts[:2]) if parts[0] in NAMED and
                parts[2:3] in ([], ["_history"]) else None)
            shown = meant and name_of(meant)
            if shown:
                reference["display"] = shown
    if kind == "Encounter" and len(resource.get("location", ())) > 1:
        places = resource["location"]
        first = present(places)
        resource["location"] = [first] + [s for s in places if s is not first]
    return resource
