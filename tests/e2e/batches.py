# batches.py - what stories of batches share: sending them, and hospitals for them
# SPDX-License-Identifier: Apache-2.0
#
#     answer = post(env, token, "R4", batch(get("Patient/1"), get("//evil")))
#     [code(e) for e in answer.json["entry"]]   # (200, None), (400, "...")
#
# A Double sends batches to a hospital that does what a story wants, and checks
# of each what is true of all: as many entries as were sent, valid in their
# version, and the same in the audit trail.

import json

from tests.e2e.faults import MARK, Faulty, dumps
from tests.e2e.hostile import rows
from tests.fhir import validate
from tests.rig import fastcgi, place

JSON = "application/fhir+json"
WHILE_S = 20        # a story that waits so long for its calls has failed


def get(url, method="GET", **more):
    return {"request": {"method": method, "url": url, **more}}


def batch(*entries, **more):
    return {"resourceType": "Bundle", "type": "batch", "entry": list(entries),
            **more}


def outcome(entry):
    """The OperationOutcome of a failed entry, wherever its version has it."""
    return entry["response"].get("outcome") or entry.get("resource")


def code(entry):
    """(status, reason code or None)"""
    status = int(entry["response"]["status"].split()[0])
    if status < 400:
        return status, None
    return status, outcome(entry)["issue"][0]["details"]["coding"][0]["code"]


def plain(resource):
    """Without the links to other pages, which are sealed anew each time."""
    if resource["resourceType"] != "Bundle":
        return resource
    return {**resource, "link": [e for e in resource["link"]
                                 if "_cursor=" not in e["url"]]}


def strip(entry):
    """Without what is sealed anew each time, and what only a header tells."""
    entry = json.loads(dumps(entry))
    entry["response"].pop("lastModified", None)
    if "resource" in entry:
        entry["resource"] = plain(entry["resource"])
    return entry


def post(env, token, face, body, path="", **fields):
    if not isinstance(body, (str, bytes)):
        body = dumps(body)
    headers = {"Content-Type": JSON,
               **{k.replace("_", "-"): v for k, v in fields.items()}}
    return env.fhir("POST", path, token, face, headers, body=body)


def wrong(model, answer):
    """What the validator has against a batch-response and all within it."""
    said = []

    def say(where, why):
        said.append(f"{where}: {why}")

    validate.resource(model, answer, "", say)
    for entry in answer.get("entry", ()):
        inner = [entry.get("resource"), entry["response"].get("outcome")]
        inner += [e["resource"] for e in (inner[0] or {}).get("entry", ())]
        for resource in filter(None, inner):
            validate.resource(model, resource, "", say)
    urls = [e["fullUrl"] for e in answer.get("entry", ()) if "fullUrl" in e]
    if len(urls) != len(set(urls)):
        said.append("a fullUrl stands twice")
    return said


class Double(Faulty):
    """A hospital without batch of its own, that does what a story wants."""

    letter = "b"
    own = {"total_ms": 1000 * WHILE_S, "can_batch": "off"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.double.put(*({"resourceType": "Patient", "id": f"b{n}",
                          "active": True} for n in range(100)))

    def met(self, path, *faults):
        """From now on requests for this path meet these."""
        self.double.on(f"/{MARK}/{path}", *faults)

    def send(self, *entries, face="R4", **headers):
        """A batch, and what came of it entry by entry."""
        answer = post(self.env, self.tokens[face], face, batch(*entries),
                      **headers)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json["type"], "batch-response")
        self.assertEqual(len(answer.json["entry"]), len(entries))
        self.assertEqual(wrong(self.models[face], answer.json), [])
        self.clean(answer)
        self.trail(answer)
        return answer

    def trail(self, answer):
        """The rows of a batch: its own, and one for each entry that says the
        same as the answer does. Returns them."""
        found = rows(self.env, "select entry, coalesce(interaction, ''), "
                     "status, reason, coalesce(returned, -1), "
                     "coalesce(resource_id, ''), coalesce(patient_id, ''), "
                     "tenant_id is not null and token_id is not null "
                     "and client_id is not null and source is not null, "
                     "coalesce(upstream_status, 0) "
                     "from wardgate.audit where trace_id = "
                     f"'{answer.header['x-trace-id']}' "
                     "and at > now() - interval '1 hour' order by entry")
        entries = answer.json["entry"]
        self.assertEqual([int(r[0]) for r in found],
                         list(range(len(entries) + 1)))
        self.assertEqual(found[0][1:5],
                         ["batch", "200", "ok", str(len(entries))])
        for row, entry in zip(found[1:], entries):
            status, reason = code(entry)
            self.assertEqual(int(row[2]), status)
            if reason != "unavailable":
                self.assertEqual(row[3], reason or "ok")
        self.assertEqual({r[7] for r in found}, {"t"})
        return found


class Hurried(Double):
    """A facade of its own beside the house's, with little time for a request
    and one entry at a time."""

    settings = """
request_wait_ms = 5000
provider_wait_ms = 4900
batch_parallel = 1
"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program = cls.house.home / "bin/facade"
        if not program.exists():
            program = place.build_dir() / "bin/facade"
        conf = place.write(cls.house.home / "batch.conf",
                           cls.house.conf.read_text() + cls.settings)
        cls.addClassCleanup(conf.unlink)
        cls.socket = cls.house.home / "run/batch-facade.sock"
        cls.house.rig("add", service={
            "name": "batch-facade", "argv": [str(program), "-c", str(conf)],
            "socket": str(cls.socket)})
        cls.house.rig("start", name="batch-facade")
        cls.addClassCleanup(cls.house.rig, "remove", name="batch-facade")
        fastcgi.wait_listening(cls.socket)

    def hurry(self, face, *entries):
        body = dumps(batch(*entries)).encode()
        answer = fastcgi.ask(self.socket, fastcgi.post(
            f"/fhir/{face.lower()}", body, JSON,
            HTTP_AUTHORIZATION=f"Bearer {self.tokens[face]}"), body)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(wrong(self.models[face], answer.json), [])
        self.trail(answer)
        return answer
