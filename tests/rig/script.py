# script.py - a script of sql/onboard as somebody fills it in
# SPDX-License-Identifier: Apache-2.0

from tests.rig import place


def filled(script, /, **values):
    """A copy of tenant.sql or remove.sql with these lines uncommented."""
    text = (place.TOP / f"sql/onboard/{script}.sql").read_text()
    for name, value in values.items():
        line = f"--\\set {name} ''\n"
        assert line in text, name
        value = value.replace("\\", "\\\\").replace("'", "''")
        text = text.replace(line, "\\set {} '{}'\n".format(
            name, value.replace("\n", "\\n")))
    return text
