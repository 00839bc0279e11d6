# batch.py - a batch beside its slowest entry
# SPDX-License-Identifier: Apache-2.0
#
# A hospital without batch: 25 entries, of which three fail and one takes half a
# second. That one is read alone, then the batch is asked, in turns; what the
# batch takes is hardly more than what its slowest entry takes.

import json
import statistics
import time

from tests.rig.client import Env
from tests.rig.provider import Provider

ENTRIES = 25
SLOW, SLOW_MS = 12, 500
FAILS = {3: "status-404", 11: "status-500", 19: "status-429"}
BOUND = 1.1
TIMES = 5           # per round
TENANT = "0000ba7c-be9c-4000-8000-000000000000"
WARD = "/r4"


def hospital(double):
    double.put(*({"resourceType": "Patient", "id": f"p-{n}-", "active": True}
                 for n in range(ENTRIES)))
    for n, fault in {**FAILS, SLOW: f"delay-{SLOW_MS}"}.items():
        double.on(f"{WARD}/Patient/p-{n}-", fault)


def batch():
    return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": f"Patient/p-{n}-"}}
        for n in range(ENTRIES)]})


def timed(ask):
    """(milliseconds, answer)"""
    began = time.monotonic()
    answer = ask()
    return (time.monotonic() - began) * 1000, answer


def right(answer):
    """22 good and 3 failing entries, in their order?"""
    got = [int(e["response"]["status"][:3])
           for e in (answer.json or {}).get("entry", ())]
    want = {3: 404, 11: 502, 19: 429}
    return got == [want.get(n, 200) for n in range(ENTRIES)]


def run(stand, load, args):
    env = Env(stand.ours.house.env)
    alone, whole, wrong = [], [], 0
    with Provider("R4") as double:
        hospital(double)
        stand.ours.house.add_tenant(TENANT, "Bench batch", double.base + WARD,
                                    "R4", stand.ours.client)
        token = env.token(TENANT)
        fields = {"Content-Type": "application/fhir+json"}
        for n in range(1 + args.rounds * TIMES):
            one_ms, one = timed(lambda: env.fhir(
                "GET", f"Patient/p-{SLOW}-", token, "R4"))
            all_ms, many = timed(lambda: env.fhir(
                "POST", "", token, "R4", fields, body=batch()))
            wrong += one.status != 200 or not right(many)
            if n:   # the first one opens connections
                alone.append(one_ms)
                whole.append(all_ms)
    alone, whole = statistics.median(alone), statistics.median(whole)
    return {"alone_ms": alone, "batch_ms": whole, "wrong": wrong,
            "ratio": whole / alone}


def judge(found):
    """A row for the table of targets."""
    return [{"what": f"batch of {ENTRIES}: time beside its slowest entry",
             "subject": "batch", "profile": "read", "bound": f"<= {BOUND:g} ×",
             "value": found and found["ratio"],
             "found": f"{found['ratio']:.2f} ×" if found else "",
             "met": found and found["ratio"] <= BOUND and not found["wrong"]}]


def text(found):
    return (f"## A batch of {ENTRIES} entries, three failing, one slow\n\n"
            f"Its slowest entry alone {found['alone_ms']:.0f} ms, the batch "
            f"{found['batch_ms']:.0f} ms; {found['wrong']} wrong answers.")
