# test_portal_axe.py - what axe-core finds on the portal's pages: nothing
# SPDX-License-Identifier: Apache-2.0
#
# All rules of WCAG 2.0 to 2.2, A and AA, in both themes. axe-core is the version
# of tests/axe/package-lock.json; skipped where npm is not installed or cannot
# fetch it. What axe cannot tell is looked at in test_portal_look.py.

import json
import unittest

from tests.e2e.browser import Browser
from tests.e2e.test_portal_look import Pages
from tests.rig import node, place

LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

# Each finding as "rule: element".
AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, arguments[0]).then(found => done(
  found.violations.flatMap(v => v.nodes.map(
    n => `${v.id}: ${n.html.slice(0, 160)}: ${n.failureSummary}`))),
  why => done(["axe failed: " + why]));
"""
RULES = {"runOnly": {"type": "tag", "values": LEVELS},
         "rules": {"target-size": {"enabled": True}},
         "resultTypes": ["violations"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]},
           "resultTypes": ["violations"]}


def source():
    try:
        _, folder = node.ready(place.TOP / "tests/axe")
    except node.Absent as why:
        raise unittest.SkipTest(str(why))
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


class Axe(Pages):
    @classmethod
    def setUpClass(cls):
        cls.axe = source()
        super().setUpClass()

    def look(self, b, rules):
        return b.do("POST", "/execute/async", script=AXE, args=[rules])

    def theme(self, b, name):
        b.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": name}])

    def test_no_page_keeps_anybody_out(self):
        with Browser() as b:
            b.do("POST", "/timeouts", script=60000)
            b.devtools("Network.enable")
            b.devtools("Page.addScriptToEvaluateOnNewDocument",
                       source=self.axe)
            for name, path in self.pages.items():
                self.theme(b, "light")
                self.open(b, path)
                with self.subTest(f"{name}, light"):
                    self.assertEqual(self.look(b, RULES), [])
                self.theme(b, "dark")
                with self.subTest(f"{name}, dark"):
                    self.assertEqual(self.look(b, COLOURS), [])

    def test_axe_finds_what_is_wrong(self):
        """Or the other test could not fail."""
        with Browser() as b:
            b.devtools("Page.addScriptToEvaluateOnNewDocument",
                       source=self.axe)
            self.open(b, None)
            b.run("document.querySelector('label').remove();"
                  "document.querySelector('h1').style.color = '#ddd';")
            found = json.dumps(self.look(b, RULES))
            self.assertIn("label: ", found)
            self.assertIn("color-contrast: ", found)


if __name__ == "__main__":
    unittest.main()
