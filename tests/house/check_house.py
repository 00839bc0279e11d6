# check_house.py - is the house built the way its plan says?
# SPDX-License-Identifier: Apache-2.0
#
# Reads files only. Each rule is a function that yields (path, line, sentence)
# for what is wrong; its first comment line names it. Run: make house

import re
import shutil
import subprocess
import sys

from tests.house import source

LIMIT_FUNCTION = 60
LIMIT_FILE = 450

# Foreign headers, and the one door that may include each.
DOORS = (
    (r"jansson\.h", ("ext/js",)),
    (r"openssl/.*", ("ext/crypt", "ext/ecdsa", "ext/jwa", "ext/jws",
                       "ext/cert", "ext/fetch")),
    (r"jwt\.h", ("ext/jws_agreed", "ext/jws_client")),
    (r"libpq-fe\.h|libpq/.*|postgres_ext\.h", ("ext/db",)),
    (r"curl/.*", ("ext/fetch", "ext/fetch_url", "ext/fetch_run",
                  "ext/fetch_pool")),
    (r"fcgi.*\.h", ("ext/fcgi",)),
    (r"liboath/.*|qrencode\.h", ("ext/otp",)),
    (r"uninorm\.h", ("ext/pass",)),
)

BANNED = ("strcpy strcat sprintf vsprintf strtok atoi atol atoll atof gets "
          "scanf fscanf sscanf vscanf vfscanf vsscanf alloca system popen "
          "setlocale").split()

# Words that a finished page does not hold, and paths of somebody's machine.
WORDS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|/wo" r"rk/(main|wt|sha"
                   r"red)|/ho" r"me/[a-z]")

HEADS = {
    "c": ("/* {} - ", " * SPDX"), "h": ("/* {} - ", " * SPDX"),
    "css": ("/* {} - ", " * SPDX"), "sql": ("-- {} - ", "-- SPDX"),
    "html": ("<!-- {} - ", "SPDX"), "5": ('.\\" {} - ', '.\\" SPDX'),
    "8": ('.\\" {} - ', '.\\" SPDX'),
    "mjs": ("// {} - ", "// SPDX"), "js": ("/* {} - ", " * SPDX"),
}
HASH = ("# {} - ", "# SPDX")
BARE = {"LICENSE", ".gitignore", ".clang-format"}
DATA = {"json", "ndjson", "tsv", "md", "txt", "svg", "ico", "png"}


def include_order(tree):
    """a module includes only what stands before it in the module list"""
    place = {m: i for i, m in enumerate(tree.modules)}
    for file in tree.under("lib", "h"):
        for module in tree.modules:   # a header that belongs to a module
            if file.module.startswith(module + "_"):
                place.setdefault(file.module, place[module])
    for file in tree.under("lib", "c", "h"):
        own = file.module
        if own not in place and not own.startswith("app/"):
            yield file, 1, f"{own} is not in MODULES of the GNUmakefile"
            continue
        for line, name in file.includes('"'):
            other = name.removesuffix(".h")
            if other == own:
                continue
            if place.get(other, len(place)) > place.get(own, len(place)):
                yield file, line, f"{own} includes {other}, which stands later"


def foreign_doors(tree):
    """a foreign header is included only by its door in lib/ext"""
    for file in [*tree.under("lib", "c", "h"), *tree.under("cgi", "c")]:
        for line, name in file.includes("<"):
            for pattern, doors in DOORS:
                if re.fullmatch(pattern, name) and not any(
                        file.module == d or file.module.startswith(d + "_")
                        for d in doors):
                    yield file, line, f"<{name}> belongs to {doors[0]} alone"


def banned_functions(tree):
    """functions that overflow, or that trust what they read, do not appear"""
    call = re.compile(r"\b(" + "|".join(BANNED) + r")\s*\(")
    for file in tree.under("", "c", "h"):
        for line, text in file.code():
            for hit in call.finditer(text):
                yield file, line, f"{hit[1]}() is banned"
            if "jwt_decode" in text and file.module != "ext/jws_agreed" \
                    and not file.path.startswith("tests/"):
                yield file, line, "jwt_decode() belongs to ext/jws_agreed alone"


def tls_verified(tree):
    """TLS of 1.2 at least, verified: said once, and by no switch"""
    wanted = {"SSL_VERIFYPEER": "1L", "SSL_VERIFYHOST": "2L",
              "SSLVERSION": "(long)CURL_SSLVERSION_TLSv1_2"}
    said = re.compile(r"CURLOPT_(\w*SSL_VERIFY\w+|\w*SSLVERSION)\b"
                      r"(?:, (.*)\);)?")
    for file in tree.under("lib", "c", "h"):
        for line, text in file.code():
            hit = said.search(text)
            if hit and wanted.pop(hit[1], None) != hit[2]:
                yield file, line, f"{hit[1]} is set otherwise, or again"
    for name in wanted:
        yield tree.files[0], 1, f"CURLOPT_{name} is set nowhere"


def pure_floor(tree):
    """lib/fhir knows no socket, no SQL and no clock"""
    impure = re.compile(r"sys/socket|netdb|netinet|arpa/|poll\.h|pthread|"
                        r"^time\.h|sys/time")
    for file in tree.under("lib/fhir", "c", "h"):
        for line, name in file.includes("<"):
            if impure.search(name):
                yield file, line, f"<{name}> in a pure room"
        for line, name in file.includes('"'):
            if name.startswith("ext/") or name == "base/clock.h":
                yield file, line, f"{name} in a pure room"


def first_lines(tree):
    """the first line names the file and its purpose, the second its licence"""
    for file in tree.files:
        if file.name in BARE or file.ext in DATA or file.is_data:
            continue
        first, second = HEADS.get(file.ext, HASH)
        at = 1 if file.lines[0].startswith(("#!", "<!DOCTYPE")) else 0
        head = file.lines[at:at + 2] + ["", ""]
        if not head[0].startswith(first.format(file.name)):
            yield file, at + 1, "the first line is not: " + \
                first.format(file.name) + "purpose"
        elif f"{second}-License-Identifier: Apache-2.0" not in head[1]:
            yield file, at + 2, "the SPDX line is missing"


def short_functions(tree):
    """no function is longer than 60 lines"""
    for file in tree.under("", "c"):
        for line, name, length in file.functions():
            if length > LIMIT_FUNCTION:
                yield file, line, f"{name}() has {length} lines"


def finished(tree):
    """no note to oneself, no path of one machine"""
    for file in tree.files:
        if file.is_data or file.name == "check_house.py":
            continue
        for number, text in enumerate(file.lines, 1):
            hit = WORDS.search(text)
            if hit:
                yield file, number, f'"{hit[0]}" has no place here'


def plain_text(tree):
    """text files end in a newline and hold no blank at a line's end"""
    for file in tree.files:
        if file.is_data or file.ext in DATA:
            continue
        if file.text and not file.text.endswith("\n"):
            yield file, len(file.lines), "no newline at the end"
        for number, text in enumerate(file.lines, 1):
            if text.endswith((" ", "\t", "\r")):
                yield file, number, "blank at the end of the line"


def settings_documented(tree):
    """each setting stands in wardgate.conf and in its manual, same default"""
    conf = tree.text_of("etc/wardgate.conf")
    manual = tree.text_of("cgi/wardgate.conf.5")
    code = tree.file("lib/base/conf.c")
    known = set()
    for number, text in enumerate(code.lines, 1):
        hit = re.match(r"\t\{ AT\((\w+)\),\s*(\w+),\s*([^,]+),([^,]+),\s*"
                       r'(NULL|"([^"]*)")', text)
        if not hit:
            continue
        name, initial = hit[1], hit[6]
        known.add(name)
        entry = re.search(rf"^\.It Ic {name}\n(.*?)^\.(It|El)", manual,
                          re.M | re.S)
        if not entry:
            yield code, number, f"{name} has no entry in wardgate.conf(5)"
        elif hit[2] == "NUMBER" and f"Default: {initial}" not in entry[1]:
            yield code, number, f"wardgate.conf(5): {name} is {initial}"
        line = f"{name} =" if initial is None else \
            f"#{name} = {initial}".rstrip()
        if not re.search("^" + re.escape(line) + ("" if initial is None else
                         r"\s*$"), conf, re.M):
            yield code, number, f"etc/wardgate.conf lacks the line `{line}`"
    assert known
    for name in re.findall(r"^#?([a-z_]+) =", conf, re.M):
        if name not in known:
            yield tree.file("etc/wardgate.conf"), 1, f"{name} is no setting"
    for name in re.findall(r"^\.It Ic (\w+)$", manual, re.M):
        if name not in known:
            yield tree.file("cgi/wardgate.conf.5"), 1, f"{name} is no setting"


def manuals(tree):
    """each program has its manual page beside it"""
    have = {f.path for f in tree.files}
    for file in tree.under("cgi", "c"):
        page = file.path.removesuffix(".c") + ".8"
        if page not in have:
            yield file, 1, f"{page} is missing"


def formatted(tree):
    """C is laid out by clang-format"""
    tool = shutil.which("clang-format")
    if not tool:
        return
    paths = [f.path for f in tree.under("", "c", "h")]
    done = subprocess.run([tool, "--dry-run", *paths], cwd=tree.top,
                          stderr=subprocess.PIPE, text=True)
    seen = set()
    for hit in re.finditer(r"^([^\s:]+):(\d+):\d+: warning", done.stderr,
                           re.M):
        if hit[1] not in seen:
            seen.add(hit[1])
            yield tree.file(hit[1]), int(hit[2]), "run clang-format -i"


RULES = (include_order, foreign_doors, banned_functions, tls_verified,
         pure_floor, first_lines, short_functions, finished, plain_text,
         settings_documented, manuals, formatted)


def main():
    tree = source.Tree()
    bad = 0
    for rule in RULES:
        wrong = list(rule(tree))
        bad += bool(wrong)
        for file, line, sentence in wrong:
            print(f"{file.path}:{line}: {sentence}")
        if wrong:
            print(f"FAILED: {rule.__doc__}")
    for file in tree.under("", "c"):
        if len(file.lines) > LIMIT_FILE:
            print(f"note: {file.path} has {len(file.lines)} lines")
    print(f"{len(RULES) - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
