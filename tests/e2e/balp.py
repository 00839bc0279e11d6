# balp.py - is this a Bundle of AuditEvents as FHIR R4 and IHE BALP want it?
# SPDX-License-Identifier: Apache-2.0
#
# https://hl7.org/fhir/R4/auditevent.html and, of what succeeded, IHE Basic Audit
# Log Patterns 1.1: Read, PatientRead, Query, PatientQuery,
# OAUTHaccessTokenUse.Minimal and .Comprehensive.

import base64

from tests.fhir import validate

BALP = "https://profiles.ihe.net/ITI/BALP/"
PROFILE = BALP + "StructureDefinition/IHE.BasicAudit."
TERMS = "http://terminology.hl7.org/CodeSystem/"
DCM = "http://dicom.nema.org/resources/ontology/DCM"

# path below AuditEvent, how often, type
ELEMENTS = """
id 0..1 id
meta 0..1 Meta
type 1..1 Coding
subtype 0..* Coding
action 0..1 code
period 0..1 Period
recorded 1..1 instant
outcome 0..1 code
outcomeDesc 0..1 string
purposeOfEvent 0..* CodeableConcept
agent 1..* BackboneElement
agent.type 0..1 CodeableConcept
agent.role 0..* CodeableConcept
agent.who 0..1 Reference
agent.altId 0..1 string
agent.name 0..1 string
agent.requestor 1..1 boolean
agent.location 0..1 Reference
agent.policy 0..* uri
agent.media 0..1 Coding
agent.network 0..1 BackboneElement
agent.network.address 0..1 string
agent.network.type 0..1 code
agent.purposeOfUse 0..* CodeableConcept
source 1..1 BackboneElement
source.site 0..1 string
source.observer 1..1 Reference
source.type 0..* Coding
entity 0..* BackboneElement
entity.what 0..1 Reference
entity.type 0..1 Coding
entity.role 0..1 Coding
entity.lifecycle 0..1 Coding
entity.securityLabel 0..* Coding
entity.name 0..1 string
entity.description 0..1 string
entity.query 0..1 base64Binary
entity.detail 0..* BackboneElement
entity.detail.type 1..1 string
entity.detail.value[x] 1..1 string|base64Binary
"""


def model():
    m = validate.Model("r4")
    for line in ELEMENTS.split("\n")[1:-1]:
        path, often, types = line.split()
        least, most = often.split("..")
        path = f"AuditEvent.{path}"
        m.el[path] = (int(least), most, types.split("|"), "", "", "")
        m.kids.setdefault(path.rsplit(".", 1)[0], []).append(path)
    return m


def shape(bundle):
    """What validate.py has to say of it."""
    said = []
    validate.resource(model(), bundle, "", lambda w, s: said.append(f"{w}: {s}"))
    return said


def codings(thing):
    return {(c["system"], c["code"]) for c in thing.get("coding", [])}


class Event:
    """One that succeeded, against the patterns that it names."""

    def __init__(self, event):
        self.event, self.said = event, []

    def want(self, what, truth):
        if not truth:
            self.said.append(what)

    def agents(self, system, code):
        return [a for a in self.event["agent"]
                if (system, code) in codings(a.get("type", {}))]

    def entities(self, system, code):
        return [e for e in self.event["entity"]
                if (e["type"]["system"], e["type"]["code"]) == (system, code)]

    def one(self, what, found):
        self.want(f"one {what}", len(found) == 1)
        return found[0] if found else {}

    def check(self):
        e = self.event
        profiles = e["meta"]["profile"]
        search = PROFILE + "PatientQuery" in profiles
        self.want("a pattern", search or PROFILE + "PatientRead" in profiles)
        self.want("RESTful", e["type"]["system"] == TERMS + "audit-event-type"
                  and e["type"]["code"] == "rest")
        self.want("subtype", [c["code"] for c in e["subtype"]] == [
            "search-type" if search else "read"])
        self.want("action", e["action"] == ("E" if search else "R"))
        self.want("outcome", e["outcome"] == "0")
        self.ends("110153" if search else "110152",
                  "110152" if search else "110153")
        self.records(search)
        self.token(profiles)
        self.want("one who asks", sum(
            a["requestor"] for a in e["agent"]) == 1)
        self.want("observer", e["source"]["observer"])
        for entity in e["entity"]:    # invariant sev-1
            self.want("name or query", not ("name" in entity and
                                            "query" in entity))
        return self.said

    def ends(self, client, server):
        for what, code in (("client", client), ("server", server)):
            agent = self.one(what, self.agents(DCM, code))
            for name in ("who", "network"):
                self.want(f"{what} {name}", agent.get(name))
            self.want(f"{what} media", "media" not in agent)

    def records(self, search):
        patient = self.one("patient", self.entities(
            TERMS + "audit-entity-type", "1"))
        self.want("role of the patient", patient["role"]["code"] == "1")
        self.want("Patient", patient["what"]["reference"].startswith(
            "Patient/"))
        it = self.one("data or query", self.entities(
            TERMS + "audit-entity-type", "2"))
        if search:
            self.want("query", it["role"]["code"] == "24" and
                      base64.b64decode(it["query"], validate=True))
            self.want("nothing else", not {"what", "lifecycle",
                                           "detail"} & set(it))
        else:
            self.want("data", it["role"]["code"] == "4" and it["what"])
        asked = self.one("X-Request-Id", self.entities(
            BALP + "CodeSystem/BasicAuditEntityType", "XrequestId"))
        self.want("its value", asked["what"]["identifier"]["value"])

    def token(self, profiles):
        user = self.one("OAuth agent", self.agents(
            BALP + "CodeSystem/UserAgentTypes", "UserOauthAgent"))
        self.want("who asks", user.get("requestor") is True)
        self.want("jti", len(user.get("policy", [])) == 1 and
                  user["policy"][0].startswith("urn:ietf:params:oauth:jti:"))
        self.want("no network or media", not {"network", "media"} & set(user))
        app = self.one("application", self.agents(DCM, "110150"))
        self.want("client_id", app["who"]["identifier"]["value"])
        for name in ("Minimal", "Comprehensive"):
            self.want(name, PROFILE + "OAUTHaccessTokenUse." + name
                      in profiles)


def complaints(bundle):
    """Everything that is wrong with a bundle."""
    said = shape(bundle)
    if bundle.get("type") != "collection":
        said.append("no collection")
    for entry in bundle.get("entry", []):
        event = entry["resource"]
        if event["resourceType"] != "AuditEvent":
            continue
        if not entry["fullUrl"].endswith("/AuditEvent/" + event["id"]):
            said.append("fullUrl and id differ")
        if event["outcome"] == "0":
            said += Event(event).check()
        elif "meta" in event or not event.get("outcomeDesc"):
            said.append("what failed says why, and names no pattern")
    return said
