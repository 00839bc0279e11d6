# check_alerts.py - do the alert rules and the board ask for figures that there are?
# SPDX-License-Identifier: Apache-2.0
#
# Every wardgate_... in etc/prometheus and etc/grafana is a figure that metadata(8)
# explains, with labels that it has; a story holds that page against /metrics. The
# rules have what an alert needs; Prometheus' own promtool reads them too, and plays
# tests/house/alerts.yml.
# Run: make house

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.rig import unpacked

TOP = Path(__file__).resolve().parent.parent.parent
RULES = TOP / "etc/prometheus/wardgate.rules.yml"
STORIES = TOP / "tests/house/alerts.yml"
BOARD = TOP / "etc/grafana/wardgate.json"
SAMPLES = re.compile(r"_(bucket|sum|count)$")
ADDED = {"instance", "le"}      # by Prometheus; of histograms
FIGURE = re.compile(r"\b(wardgate_[a-z_]+)(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
PARTS = ("expr:", "severity:", "summary:", "description:")


def explained():
    """{figure: its labels}, of the manual page."""
    page = (TOP / "cgi/metadata.8").read_text()
    return {name: set(re.findall(r"\w+", labels or "")) - {"no", "label"}
            for name, labels in re.findall(
                r"^\.It (wardgate_\w+)\n\w+; (?:labels? ([\w, ]+)|no label)\.",
                page, re.M)}


def unknown(text, figures):
    """What an expression asks for and nobody counts."""
    for name, labels in FIGURE.findall(text):
        family = name if name in figures else SAMPLES.sub("", name)
        if family not in figures:
            yield f"{name} is no figure of metadata(8)"
            continue
        for label in LABEL.findall(labels):
            if label not in figures[family] | ADDED:
                yield f"{name} has no label {label}"


def expressions_of_board():
    board = json.loads(BOARD.read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]


def alerts():
    """(name, text of the rule), a rule at a time."""
    parts = re.split(r"^ +- alert: (\w+)\n", RULES.read_text(), flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def grouped_by(text):
    for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", text):
        yield from re.findall(r"\w+", labels)


def problems():
    figures = explained()
    every = set().union(*figures.values()) | ADDED
    if len(figures) < 20:
        yield "metadata(8)", "its figures are not found"
    named = alerts()
    if len({name for name, _ in named}) != len(named) or not named:
        yield RULES.name, "an alert is there twice, or none is"
    for name, text in named:
        for part in PARTS:
            if part not in text:
                yield name, f"{part} is missing"
    for name, text in [*named, *expressions_of_board()]:
        for what in unknown(text, figures):
            yield name, what
        for label in grouped_by(text):
            if label not in every:
                yield name, f"no figure has a label {label}"


def read_by_promtool(tool):
    for words in (("check", "rules", RULES), ("test", "rules", STORIES)):
        done = subprocess.run([tool, *map(str, words)], capture_output=True,
                              text=True)
        yield None if done.returncode == 0 else done.stdout + done.stderr


def main():
    found = list(problems())
    passed = max(len(alerts()) + len(list(expressions_of_board())) - len(found), 0)
    tool = unpacked.find("prometheus", "usr/bin/promtool")
    if tool:
        said = list(read_by_promtool(tool))
        passed += said.count(None)
        found += [("promtool", text) for text in said if text]
    for where, what in found:
        print(f"{where}: {what}")
    if not tool:
        print("promtool is not here (`make check` fetches it): it has not read "
              "the rules")
    print(f"{passed} passed, {len(found)} failed" + ("" if tool else ", 1 skipped"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
