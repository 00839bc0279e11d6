# words.py - the words of the portal: what translators have, and what they lack
# SPDX-License-Identifier: Apache-2.0
#
# usage: python3 www/words.py update          adds what is new, drops what went
#        python3 www/words.py template        all English texts, as a .pot
#
# tests/house/check_words.py refuses a catalogue that is not whole.
#
# Texts stand in www/templates as {{_ text}} and {{+n one|other}}, in C as
# page_words(p, "text"), and in what people of the portal are told when something
# is refused or asked about: the table of refusals (lib/web/fail.c), err_set of the
# modules in REFUSING, refuse() of the SQL functions in RULES, what reason codes
# mean (lib/app/why.c). Sentences with values in them stand in the catalogues as
# forms, with {1} {2} for the values (words_said of lib/web/words.h); values that
# are words themselves stand there too. A catalogue is www/locale/TAG.po.

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
SHOWN = ("ERR_ADDRESS", "ERR_METHOD", "ERR_MALFORMED", "ERR_REPEATED",
         "ERR_TOO_LARGE", "ERR_TOO_MANY", "ERR_LIMIT_SIGNIN", "ERR_SIGNIN",
         "ERR_SIGNIN_WAIT", "ERR_SIGNED_OUT", "ERR_STRANGER", "ERR_FORM",
         "ERR_PASSPHRASE", "ERR_PROOF", "ERR_CONFLICT", "ERR_MISSING",
         "ERR_DEADLINE", "ERR_BROKEN")
REFUSING = ("gate/phrase", "gate/account", "ext/pass", "ext/jwk",
            "web/serve_body", "ext/cert", "ext/cert_fit", "gate/credential", "gate/sealing")
RULES = ("20_rules", "27_account", "45_onboard", "*_portal_*")
# Of other functions the portal meets these.
REFUSED = (("40_clients", "secret_add"), ("40_clients", "client_add"),
           ("40_clients", "grant_give"), ("37_probe", "production_refusal"),
           ("47_provider_keys", "provider_key_lock"),
           ("47_provider_keys", "tls_put"),
           ("47_provider_keys", "provider_key_add"),
           ("47_provider_keys", "provider_key_must_be"),
           ("47_provider_keys", "provider_key_use"),
           ("47_provider_keys", "provider_key_remove"),
           ("46_sealing", "token_url_read"),
           ("46_sealing", "credential_token_read"))


def folded(text):
    return re.sub(r"\s+", " ", text.strip())


STRING = r'"(?:[^"\\]|\\.)*"'
SQL_STRING = r"'(?:[^']|'')*'"
SQL_TEXT = rf"{SQL_STRING}(?:\s*\n\s*{SQL_STRING})*"


def form(text):
    """A format of C or SQL with numbered holes: The {1} has {2} bytes."""
    number = iter(range(1, 9))
    return re.sub(r"%(?:\.\*)?(?:z|ll|l)?([sduc%])", lambda m: "%" if m[1] == "%"
                  else "{%d}" % next(number), text)


def of_templates(text):
    """(one, other or None)"""
    for kind, body in re.findall(r"\{\{([_+])(.*?)\}\}(?!\})", text, re.S):
        if kind == "_":
            yield folded(body), None
        else:
            one, _, other = body.partition(" ")[2].partition("|")
            yield folded(one), folded(other)


def joined(source):
    """C in which strings that follow each other are one."""
    return re.sub(r'"\s*\n\s*"', "", source)


def of_c(source):
    """Sentences of err_set, and what page_words is asked for."""
    source = joined(source)
    yield from re.findall(r'page_words\(p, "((?:[^"\\]|\\.)*)"\)', source)
    for call in re.findall(r"err_set\((?:[^;\"]|" + STRING + r")*;", source):
        for text in re.findall(STRING, call):
            if " " in text:
                yield form(text[1:-1].replace('\\"', '"'))


def of_sql(source, only=None):
    """Sentences of refuse(), what problem functions return, and the words that
    rules are told to speak of."""
    for function in re.split(r"(?m)^create (?:or replace )?function ",
                             source)[1:]:
        name = re.match(r"wardgate\.(\w+)", function)[1]
        if only and name != only:
            continue
        found = re.findall(r"refuse\(\s*'WG\d+',\s*(?:format\(\s*)?"
                           f"({SQL_TEXT})", function)
        if name.endswith(("_problem", "_refusal")):
            found += re.findall(r"(?:return|then)\s+(?:format\(\s*)?"
                                f"({SQL_TEXT})", function)
        found += re.findall(r"(?:line|guid)_read\(\s*('[A-Za-z ]+')", function)
        for text in found:
            parts = re.findall(SQL_STRING, text)
            yield form("".join(p[1:-1] for p in parts).replace("''", "'"))


def of_refusals(source):
    """Standing sentences of kinds that the portal answers with."""
    for kind in SHOWN:
        yield re.search(rf'\[{kind}\]\s*= {{.*?OWN, "(.*?)" }}', source)[1]
    yield re.search(r'\[OURS\] = {[^"]*"\w+",\s*"(.*?)"', joined(source))[1]


def of_reasons(source):
    """What reason codes mean, what to do, and who can."""
    yield from re.findall(r'(?m)^#define \w+ +"(.*)"', source)
    rows = re.findall(rf"\{{ {STRING}, ({STRING}),\s+(?:({STRING}), \w+|NULL, "
                      r"NULL) \}", source)
    for text in (t for row in rows for t in row if t):
        yield text[1:-1].replace('\\"', '"')


def sources():
    """Everything that people of the portal read, in the order of files."""
    for path in sorted((TOP / "www/templates").glob("*.html")):
        yield from of_templates(path.read_text())
    for path in [*sorted((TOP / "lib/portal").glob("*.c")),
                 *(TOP / f"lib/{name}.c" for name in REFUSING)]:
        yield from ((text, None) for text in of_c(path.read_text()))
    sql = TOP / "sql/functions"
    for path in [p for name in RULES for p in sorted(sql.glob(name + ".sql"))]:
        yield from ((text, None) for text in of_sql(path.read_text()))
    for name, function in REFUSED:
        yield from ((text, None) for text in of_sql(
            (sql / f"{name}.sql").read_text(), function))
    for name, of in (("web/fail", of_refusals), ("app/why", of_reasons)):
        source = (TOP / f"lib/{name}.c").read_text()
        yield from ((text, None) for text in of(source))


def texts():
    """{one: other or None}, in the order in which they are met"""
    found = {}
    for one, other in sources():
        if other:
            found[one] = other
        else:
            found.setdefault(one)
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
