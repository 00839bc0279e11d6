# report.py - what was measured, as tables in Markdown and figures in JSON
# SPDX-License-Identifier: Apache-2.0

import json
import os
import platform
import statistics
import subprocess
import time

FIGURES = ("cpu_us", "switches", "rate", "p50_us", "p99_us", "pss_mb")
HEAD = ["", "CPU µs", "units/s", "p50 ms", "p99 ms", "PSS MB", "switches",
        "where"]


def medians(work):
    """Medians over the rounds, figure by figure."""
    result = {name: statistics.median(r[name] for r in work.rounds)
              for name in FIGURES}
    for by in ("cpu_us_by", "switches_by"):
        names = sorted({n for r in work.rounds for n in r[by]})
        result[by] = {n: statistics.median(r[by].get(n, 0)
                                           for r in work.rounds)
                      for n in names}
    result["wrong"] = sum(r["wrong"] for r in work.rounds)
    return result


def machine_facts():
    model = "unknown"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"cpu": model, "cores": os.cpu_count(),
            "kernel": platform.release(), "packages": packages()}


def packages():
    """Versions of what was measured, as dpkg knows them."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} "
         "${Version}\n", "lighttpd", "postgresql-15", "libfcgi0ldbl",
         "libcurl4", "libssl3", "nginx-light", "nginx", "apache2-bin",
         "libapache2-mod-oauth2", "glewlwyd-common"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    rows = (line.split() for line in done.stdout.splitlines())
    return {r[1]: r[2] for r in rows if r[0] == "installed"}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])


def where(figures):
    parts = sorted(figures["cpu_us_by"].items(), key=lambda i: -i[1])
    return ", ".join(f"{n} {us:.0f}" for n, us in parts if us >= 0.5)


def subject_table(subject, figures):
    """The subject's works; CPU also as a multiple of our own, which is the
    first of its kind (`kind: name`)."""
    rows, first = [], {}
    for work in subject.works:
        f = figures[work.name]
        ours = first.setdefault(work.name.rpartition(": ")[0], f)
        times = f["cpu_us"] / ours["cpu_us"] if ours["cpu_us"] else 0
        name = work.name + (f" ({f['wrong']} wrong)" if f["wrong"] else "")
        rows.append([name, f"{f['cpu_us']:.0f} (×{times:.2f})",
                     f"{f['rate']:,.0f}", f"{f['p50_us'] / 1000:.2f}",
                     f"{f['p99_us'] / 1000:.2f}", f"{f['pss_mb']:.0f}",
                     f"{f['switches']:.1f}", where(f)])
    return f"## {subject.title}\n\n" + table(HEAD, rows)


def target_table(targets):
    rows = [[t["what"], t["bound"], t["found"],
             {True: "met", False: "**missed**", None: "not measured"}[
                 t["met"]]] for t in targets]
    text = "## Targets\n\n" + table(["figure", "target", "found", ""], rows)
    missed = sorted({t.get("profile", t["subject"]) for t in targets
                     if t["met"] is False})
    if missed:
        text += "\n\nWhere the time goes: " + ", ".join(
            f"`make bench BENCH=\"--profile {key}\"`" for key in missed)
    return text


def write(folder, result, texts):
    """build/bench/bench.md and bench.json; earlier ones are kept aside by
    their time."""
    facts = result["machine"]
    settings = result["settings"]
    head = (f"# make bench, {time.strftime('%Y-%m-%d %H:%M')}\n\n"
            f"{facts['cores']} cores of {facts['cpu']}, Linux "
            f"{facts['kernel']}. Medians of {settings['rounds']} rounds of "
            f"{settings['seconds']:g} s, {settings['users']} connections, "
            "all sides in turns. CPU per unit of work of everything on that "
            "side: web server, programs, PostgreSQL; the provider and the "
            "load client are not in it; where: the same by program. "
            "Switches: context switches per unit. ×: as a multiple of ours.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text("\n\n".join([head, *texts]) + "\n")
    (folder / "bench.json").write_text(
        json.dumps(result, indent=1, sort_keys=True) + "\n")
