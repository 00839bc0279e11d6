# words.py - the words of the portal: what translators have, and what they lack
# SPDX-License-Identifier: Apache-2.0
#
# usage: python3 www/words.py update          adds what is new, drops what went
#        python3 www/words.py template        all English texts, as a .pot
#
# tests/house/check_words.py refuses a catalogue that is not whole.
#
# Texts stand in www/templates as {{_ text}} and {{+n one|other}}, in C as
# page_words(p, "text"), in the table of refusals (lib/web/fail.c), and in what
# the portal's own SQL refuses, whose sentences people of the portal meet; those
# with a value in them stay English. A catalogue is www/locale/TAG.po.

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
LOCALE = TOP / "www/locale"
PLURALS = {
    "it": "nplurals=2; plural=(n != 1);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && "
          "n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
    "pt-BR": "nplurals=2; plural=(n > 1);",
    "zh-Hans": "nplurals=1; plural=0;",
}
SHOWN = ("ERR_ADDRESS", "ERR_METHOD", "ERR_LIMIT_SIGNIN", "ERR_SIGNIN",
         "ERR_SIGNIN_WAIT", "ERR_SIGNED_OUT", "ERR_STRANGER", "ERR_FORM",
         "ERR_PASSPHRASE", "ERR_PROOF", "ERR_TOO_LARGE")


def folded(text):
    return re.sub(r"\s+", " ", text.strip())


def texts():
    """{one: other or None}, in the order in which they are met"""
    found = {}
    for path in sorted((TOP / "www/templates").glob("*.html")):
        page = path.read_text()
        for kind, body in re.findall(r"\{\{([_+])(.*?)\}\}(?!\})", page, re.S):
            if kind == "_":
                found.setdefault(folded(body))
            else:
                one, _, other = body.partition(" ")[2].partition("|")
                found[folded(one)] = folded(other)
    for path in sorted((TOP / "lib/portal").glob("*.c")):
        source = re.sub(r'"\s*\n\s*"', "", path.read_text())
        for text in re.findall(r'page_words\(p, "((?:[^"\\]|\\.)*)"\)',
                               source):
            found.setdefault(text)
        for text in re.findall(r'err_set\([^;]*?ERR_\w+,\s*"((?:[^"\\]|\\.)*)"',
                               source):
            if "%" not in text:
                found.setdefault(text)
    fail = (TOP / "lib/web/fail.c").read_text()
    for kind in SHOWN:
        said = re.search(rf'\[{kind}\]\s*= {{.*?OWN, "(.*?)" }}', fail)
        found.setdefault(said.group(1))
    for name in ("phrase", "account"):
        source = re.sub(r'"\s*\n\s*"', "",
                        (TOP / f"lib/gate/{name}.c").read_text())
        for text in re.findall(r'ERR_(?:PASSPHRASE|STRANGER),\s*"(.*?)"',
                               source):
            found.setdefault(text)
    for path in [TOP / "sql/functions/27_account.sql",
                 *sorted((TOP / "sql/functions").glob("*_portal_*.sql"))]:
        for text in re.findall(r"refuse\('WG\d+',\s*'((?:[^']|'')*)'\)",
                               path.read_text()):
            found.setdefault(text.replace("''", "'"))
    return found


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquoted(text):
    return text.replace('\\"', '"').replace("\\\\", "\\")


def read(path):
    """{msgid: [msgstr, ...]} of a catalogue written by `update`"""
    entries = {}
    one, forms = None, []
    for line in [*path.read_text().splitlines(), 'msgid ""']:
        word, _, rest = line.partition(" ")
        text = unquoted(rest[1:-1]) if rest.startswith('"') else ""
        if word == "msgid":
            if one:
                entries[one] = forms
            one, forms = text, []
        elif word.startswith("msgstr"):
            forms.append(text)
    return entries


def head(tag):
    return (f"# {tag}.po - the words of the portal\n"
            "# SPDX-License-Identifier: Apache-2.0\n"
            'msgid ""\nmsgstr ""\n'
            '"Project-Id-Version: wardgate\\n"\n'
            f'"Language: {tag}\\n"\n'
            '"MIME-Version: 1.0\\n"\n'
            '"Content-Type: text/plain; charset=UTF-8\\n"\n'
            '"Content-Transfer-Encoding: 8bit\\n"\n'
            f'"Plural-Forms: {PLURALS[tag]}\\n"\n')


def forms_of(tag):
    return int(re.search(r"nplurals=(\d)", PLURALS[tag]).group(1))


def written(tag, wanted, have):
    out = [head(tag)]
    for one, other in wanted.items():
        n = forms_of(tag) if other else 1
        forms = (have.get(one, []) + [""] * n)[:n]
        out.append(f"\nmsgid {quoted(one)}\n")
        if other:
            out.append(f"msgid_plural {quoted(other)}\n")
            out += [f"msgstr[{i}] {quoted(f)}\n" for i, f in enumerate(forms)]
        else:
            out.append(f"msgstr {quoted(forms[0])}\n")
    return "".join(out)


def holes(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


def wrong(tag, wanted, have):
    for one, other in wanted.items():
        forms = have.get(one)
        if not forms or not all(forms):
            yield f"{tag}: not translated: {one}"
        elif other and len(forms) != forms_of(tag):
            yield f"{tag}: {len(forms)} plural forms, not {forms_of(tag)}: {one}"
        elif any(holes(f) not in (holes(one), holes(other or one))
                 for f in forms):
            yield f"{tag}: other values in braces: {one}"
    for one in have:
        if one not in wanted:
            yield f"{tag}: no page says this any more: {one}"


def main(verb):
    wanted = texts()
    if verb == "template":
        sys.stdout.write(written("zh-Hans", wanted, {}))
        return
    for tag in PLURALS:
        path = LOCALE / f"{tag}.po"
        path.write_text(written(tag, wanted,
                                read(path) if path.exists() else {}))


if __name__ == "__main__":
    if sys.argv[1:] not in (["update"], ["template"]):
        sys.exit("usage: python3 www/words.py update|template")
    main(sys.argv[1])
