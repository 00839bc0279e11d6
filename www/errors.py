# errors.py - writes the web servers' own refusals as files, from errors.tsv
# SPDX-License-Identifier: Apache-2.0
#
# usage: python3 www/errors.py FOLDER
#
# One file per status and shape: fhir-404.html is an OperationOutcome,
# oauth-404.html an error of RFC 6749 5.2. They end in .html, although they
# hold JSON, because lighttpd looks for that name; both servers' files set the
# type. Columns: status, FHIR issue code, reason code, OAuth error, sentence.

import json
import sys
from pathlib import Path


def outcome(issue, reason, sentence):
    coding = {"system": "urn:wardgate:reason", "code": reason}
    return {"resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": issue,
                       "details": {"coding": [coding], "text": sentence}}]}


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for line in Path(__file__).with_name("errors.tsv").open():
        status, issue, reason, oauth, sentence = line.rstrip("\n").split("\t")
        bodies = {
            "fhir": outcome(issue, reason, sentence),
            "oauth": {"error": oauth, "error_description": sentence},
        }
        for shape, body in bodies.items():
            path = folder / f"{shape}-{status}.html"
            path.write_text(json.dumps(body, separators=(",", ":")))


if __name__ == "__main__":
    main()
