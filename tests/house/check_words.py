# check_words.py - does every language of the portal have all its words?
# SPDX-License-Identifier: Apache-2.0
#
# Run: make house. What is missing, is no longer said, or has other values in
# braces than the English text is a failure; `python3 www/words.py update`
# writes what is new into the catalogues.

import importlib.util
import sys

from tests.rig import place


def load():
    spec = importlib.util.spec_from_file_location(
        "words", place.TOP / "www/words.py")
    words = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(words)
    return words


def main():
    words = load()
    wanted = words.texts()
    good = bad = 0
    for tag in words.PLURALS:
        lines = list(words.wrong(tag, wanted,
                                 words.read(words.LOCALE / f"{tag}.po")))
        for line in lines:
            print(line)
        bad += len(lines)
        good += max(len(wanted) - len(lines), 0)
    print(f"{good} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
