# demo.py - make demo and make demo-stop
# SPDX-License-Identifier: Apache-2.0
#
# usage: python3 -m tests.rig.demo up [--server=S] [--port=N] [--wards=DIR]
#        python3 -m tests.rig.demo down | status
#
# build/demo holds `env`, the variables of the house as shell assignments, and
# `home`, a link to its temporary folder.

import argparse
import fcntl
import shlex
import shutil
import sys
import time

from tests.rig import client, kinds, place
from tests.rig.house import TENANTS, House

DEMO = place.build_dir() / "demo"
LINK = DEMO / "home"
ENV = DEMO / "env"


def lock():
    """One of us at a time; the file stays in the build folder."""
    DEMO.parent.mkdir(parents=True, exist_ok=True)
    file = open(DEMO.with_suffix(".lock"), "w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def there():
    """The house of the last start, or None."""
    return House(LINK.readlink()) if LINK.is_symlink() else None


def forget():
    house = there()
    if house and house.home.exists():
        house.remove()
    shutil.rmtree(DEMO, ignore_errors=True)


def up(options):
    house = there()
    if house and ENV.exists() and house.rig.alive():
        print("The demo is running already. Its variables are in "
              f"{relative(ENV)}; `make demo-stop` ends it.")
        return 0
    if house:
        print("Clearing away what an earlier demo left.")
        forget()
    start = time.monotonic()
    house = House.fresh(options.server or "lighttpd", options.port,
                        options.wards or None, say=progress, follow=False)
    try:
        progress("a hospital of each kind")
        add_kinds(house)
        DEMO.mkdir(parents=True, exist_ok=True)
        LINK.symlink_to(house.home)
        lines = [f"{k}={shlex.quote(v)}\n" for k, v in house.env.items()]
        ENV.write_text("".join(lines))
        ENV.chmod(0o600)
        print(f"\rThe demo runs at {house.base} behind {house.server} "
              f"({time.monotonic() - start:.0f} s).\n")
        print(table(house))
        print(guide(house))
        print(f"People register apps at {house.env['WG_PORTAL']}: sign in as "
              "developer, auditor or operator. Their\npassphrases are in "
              f"{relative(ENV)}, and the key (WG_PORTAL_TOTP) for the code of "
              "the operator's phone.")
    except BaseException:
        forget()
        raise
    return 0


def progress(text):
    if sys.stdout.isatty():
        print(f"\r\033[K{text} ...", end="", flush=True)


def relative(path):
    try:
        return path.relative_to(place.TOP)
    except ValueError:
        return path


def add_kinds(house):
    for kind in kinds.KINDS:
        kinds.add(house, house.env, kind, house.env["WG_CLIENT_ID"])
        house.env[f"WG_TENANT_{kind.name}"] = kind.tenant


# ---- what to try ----

def table(house):
    """Each kind of hospital, and what a read at it was answered just now."""
    env = client.Env(house.env)
    rows = [("R4", TENANTS["R4"][1], "nothing")]
    rows += [(k.name, k.hospital, k.wants) for k in kinds.KINDS]
    rows += [("DOWN", TENANTS["DOWN"][1], "it is switched off")]
    lines = ["Each hospital's server wants to see something else; the gateway "
             "shows it, and the app\nnotices nothing. A patient was just asked "
             "of each:\n",
             f"   {'hospital':19}{'its server wants':37}{'answer':8}tenant ID"]
    for name, hospital, wants in rows:
        answer = env.fhir("GET", "Patient/p-101", env.token(name), "R4")
        lines.append(f"   {hospital:19}{wants:37}{answer.status:<8}"
                     f"$WG_TENANT_{name}")
    return "\n".join(lines) + "\n"


def same_number(env):
    """An MRN that two hospitals know, as different people: (mrn, id at R4).
    Asked of the hospitals themselves."""
    seen = {}
    for face in ("STU3", "R4"):
        found = client.request("GET", f"{env['WG_BASE']}/rehearsal/"
                               f"{face.lower()}/Patient?_count=1000")
        for entry in (found.json or {}).get("entry", ()):
            for mrn in numbers(entry["resource"]):
                seen.setdefault(mrn, {})[face] = entry["resource"]["id"]
    both = sorted(m for m, at in seen.items() if len(at) == 2)
    if not both and not seen:
        raise place.Advice("The wards hold no patient with a medical record "
                           "number: nothing to demonstrate.")
    mrn = (both or sorted(seen))[0]
    return mrn, seen[mrn].get("R4") or next(iter(seen[mrn].values()))


def numbers(patient):
    for identifier in patient.get("identifier", ()):
        codes = identifier.get("type", {}).get("coding", ())
        if any(c.get("code") == "MR" for c in codes):
            yield identifier["value"]


def token_command(env, variable, face):
    return (f"{variable}=$(curl -s {env['WG_TOKEN_URL']} "
            f"-d grant_type=client_credentials "
            f"-d client_id={env['WG_CLIENT_ID']} "
            f"-d client_secret={env['WG_CLIENT_SECRET']} "
            f"-d scope={env['WG_TENANT_' + face]} "
            "| tee -a /dev/stderr | sed 's/.*\"access_token\": *\"\\([^\"]*\\)\".*/"
            "\\1/')")


def guide(house):
    env = client.Env(house.env)
    mrn, patient = same_number(env)
    r4, stu3 = env["WG_FHIR_R4"], env["WG_FHIR_STU3"]
    conf = relative(LINK) / "wardgate.conf"
    wardgate = relative(place.build_dir()) / "bin/wardgate"
    bearer = '-H "Authorization: Bearer $%s"'
    steps = (
        ("What the gateway says about itself, without any token",
         f"curl -s {r4}/metadata | head -c 700",
         "A CapabilityStatement of FHIR 4.0.1."),
        ("A token for the hospital that speaks R4",
         token_command(env, "TOKEN", "R4"),
         "JSON with access_token, expires_in 600 and the tenant ID as scope."),
        ("A patient there, by medical record number",
         f"curl -s {bearer % 'TOKEN'} -d identifier={mrn} {r4}/Patient/_search",
         f'A searchset Bundle with "total":1; its patient has the number {mrn}.'
         ),
        ("The same number at another hospital",
         token_command(env, "OTHER", "STU3") +
         f"; curl -s {bearer % 'OTHER'} -d identifier={mrn} "
         f"{stu3}/Patient/_search",
         "Somebody else: another name, another birth date."),
        ("The first patient's newest vital signs",
         f"curl -s {bearer % 'TOKEN'} \"{r4}/Observation?patient={patient}"
         "&category=vital-signs&_sort=-date&_count=3\"",
         "A Bundle of three Observations and the total of all."),
        ("What has been written down about all this",
         f"{wardgate} -c {conf} audit tail",
         "One line per request above: who, which tenant, what, which answer."),
        ("The end", "make demo-stop", "Nothing of it is left."),
    )
    return "\n".join(
        f"{i}. {what}\n\n   {command}\n\n   {seen}\n"
        for i, (what, command, seen) in enumerate(steps, 1))


# ---- the rest ----

def down(_):
    if not there():
        print("No demo is running.")
    else:
        forget()
        print("The demo is gone.")
    return 0


def status(_):
    house = there()
    if not house or not house.rig.alive():
        print("No demo is running.")
        return 1
    for name, s in house.rig("status").items():
        print(f"{name:10} {len(s['pids'])} running, {s['starts']} started")
    return 0


def port(text):
    if not text:
        return None
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise place.Advice(f"PORT={text} is no port: write a number from 1024 "
                           "to 65535, or leave PORT out.")
    return int(text)


def main():
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("verb", choices=("up", "down", "status"))
    parser.add_argument("--server", default="")
    parser.add_argument("--port", default="")
    parser.add_argument("--wards", default="")
    options = parser.parse_args()
    options.port = port(options.port)
    held = lock()
    with held:
        return {"up": up, "down": down, "status": status}[options.verb](options)


if __name__ == "__main__":
    place.quiet_exit(main)
