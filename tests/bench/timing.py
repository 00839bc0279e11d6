# timing.py - can a stranger tell by the clock why a client was refused?
# SPDX-License-Identifier: Apache-2.0
#
# Every cause of a refusal at the token endpoint is asked for in turns, in an
# order drawn anew for each round, on a connection of its own: through the web
# server, and on the program's own socket, where less is in the way. Samples of
# each cause stand beside those of an unknown client; so do those of another
# unknown client, which says how far apart two samples of the same are here and
# now. A third view is the number of instructions that the program spends, where
# valgrind is installed. tests/unit/test_app_asker.c proves, without a clock, that the work is the
# same.

import json
import math
import statistics
import subprocess
from bisect import bisect_left, bisect_right
from urllib.parse import urlencode

from tests.bench import counted, peers, report
from tests.e2e.test_hostile_token import secret_text
from tests.rig import fastcgi

WARM = 300
NOBODY = "99999999-9999-4999-8999-999999999999"
NOBODY_ELSE = "99999999-9999-4999-8999-99999999999a"
ELSEWHERE = "zzzzzzzz"      # a key id that nobody has
FIRST = "unknown client"    # beside which all others stand
JUDGED = "wrong secret"
APART_US = 5
P_MIN = 0.01
REFUSAL = "invalid_client"


# ---- who is refused -------------------------------------------------------------

def another(house, who, *more):
    return json.loads(house.operator("client", "secret", "add", who, "--json",
                                     *more))["client_secret"]


def made(house):
    """(client, its secrets): many of them, in every state."""
    who, first = house.add_client("Timing")
    secrets = [first, *(another(house, who) for _ in range(4))]
    house.cluster.psql(
        "update wardgate.client_secret set not_before = now() - interval "
        "'9 days', not_after = now() - interval '1 s' where key_id = "
        f"'{secrets[1][4:12]}'")
    house.operator("client", "secret", "invalidate", who, secrets[2][4:12])
    return who, secrets


def causes(ours):
    """name: (client, secret). All but the last two well formed."""
    house = ours.house
    many, secrets = made(house)
    gone, its = house.add_client("Timing, disabled")
    house.operator("client", "disable", gone)
    wrong = secret_text(ELSEWHERE, "A" * 43)
    typo = wrong[:-1] + ("A" if wrong[-1] != "A" else "B")
    return {
        FIRST: (NOBODY, wrong),
        "another unknown client": (NOBODY_ELSE, wrong),
        JUDGED: (ours.client, wrong),
        "wrong secret, right key id": (
            ours.client, secret_text(ours.secret[4:12], "A" * 43)),
        "wrong secret of a client with five": (many, wrong),
        "another client's secret": (ours.client, secrets[0]),
        "disabled client": (gone, its),
        "expired secret": (many, secrets[1]),
        "invalidated secret": (many, secrets[2]),
        "malformed secret, unknown client": (NOBODY, typo),
        "malformed secret": (ours.client, typo),
    }


# ---- asking -----------------------------------------------------------------------

def body(ours, client, secret):
    return urlencode({"grant_type": "client_credentials", "client_id": client,
                      "client_secret": secret,
                      "scope": ours.tenants[0]}).encode()


def by_http(text):
    return (b"POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Connection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(text), text))


def by_fastcgi(text):
    return fastcgi.request(fastcgi.post("/oauth2/token", text), text)


def asked(stand, address, requests, rounds):
    """Microseconds of each, a list per request."""
    paths = []
    for n, text in enumerate(requests):
        paths.append(stand.home / f"timing-{n}")
        paths[-1].write_bytes(text)
    done = subprocess.run(
        [str(stand.build / "timing"), "-n", str(rounds), "-w", str(WARM), "-e",
         REFUSAL, str(address), *map(str, paths)],
        check=True, stdout=subprocess.PIPE, text=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [[int(ns) / 1000 for ns in column] for column in zip(*rows)]


# ---- statistics --------------------------------------------------------------------

def farthest(xs, ys):
    """Kolmogorov and Smirnov's D of two sorted samples."""
    return max(abs(bisect_right(xs, v) / len(xs) - bisect_right(ys, v)
                   / len(ys)) for v in (*xs, *ys))


def likely(d, n, m):
    """The chance that samples of the same are farther apart than d (Stephens'
    form of Kolmogorov's limit)."""
    root = math.sqrt(n * m / (n + m))
    x = (root + 0.12 + 0.11 / root) * d
    if x < 0.2:
        return 1.0
    return min(1.0, max(0.0, 2 * sum(
        (-1) ** (k - 1) * math.exp(-2 * k * k * x * x)
        for k in range(1, 101))))


def later(xs, ys):
    """The chance that one of xs takes longer than one of ys; both sorted."""
    before = sum(bisect_left(ys, x) + bisect_right(ys, x) for x in xs)
    return before / (2 * len(xs) * len(ys))


def beside(first, other):
    """What tells the two samples apart."""
    xs, ys = sorted(first), sorted(other)
    d = farthest(xs, ys)
    return {"median_us": statistics.median(ys),
            "apart_us": statistics.median(ys) - statistics.median(xs),
            "early_us": ys[len(ys) // 20] - xs[len(xs) // 20],
            "paired_us": statistics.median(
                y - x for x, y in zip(first, other)),
            "later": later(ys, xs), "ks_d": d,
            "ks_p": likely(d, len(xs), len(ys))}


# ---- the subject -------------------------------------------------------------------

def run(stand, args):
    ours = stand.ours
    who = causes(ours)
    texts = [body(ours, *pair) for pair in who.values()]
    ways = {"through the web server": (ours.port, by_http),
            "on the program's socket": (
                ours.house.home / "run/token.sock", by_fastcgi)}
    found = {}
    for way, (address, wrap) in ways.items():
        took = dict(zip(who, asked(stand, address, map(wrap, texts),
                                   args.samples)))
        found[way] = {
            name: beside(took["malformed secret, unknown client"
                              if name == "malformed secret" else FIRST],
                         times) for name, times in took.items()}
    return {"samples": args.samples, "ways": found,
            "instructions": instructions(stand, who, texts)}


def instructions(stand, who, texts):
    """cause: how many token spends; None without valgrind."""
    try:
        return dict(zip(who, counted.by_request(
            stand.ours.house, [by_fastcgi(t) for t in texts], stand.home)))
    except peers.Missing as why:
        print(f"bench: {why}")
        return None


def judge(found):
    """A row for each way in the table of targets."""
    rows = []
    for way in found["ways"] if found else ("through the web server",):
        f = found and found["ways"][way][JUDGED]
        rows.append({
            "what": f"unknown client beside a wrong secret, {way}",
            "subject": "timing", "profile": "token",
            "bound": f"p > {P_MIN:g}, {APART_US} µs",
            "value": f and f["ks_p"],
            "found": f"p = {f['ks_p']:.3f}, {f['apart_us']:+.1f} µs" if f
                     else "",
            "met": f and f["ks_p"] > P_MIN
                   and abs(f["apart_us"]) <= APART_US})
    return rows


def text(found):
    parts = []
    for way, by_cause in found["ways"].items():
        rows = [[name, f"{f['median_us']:.1f}", f"{f['apart_us']:+.2f}",
                 f"{f['early_us']:+.2f}", f"{f['paired_us']:+.2f}",
                 f"{f['later']:.3f}",
                 f"{f['ks_d']:.3f}", f"{f['ks_p']:.3f}"]
                for name, f in by_cause.items()]
        parts.append(f"### {way[0].upper()}{way[1:]}\n\n" + report.table(
            ["cause", "median µs", "apart", "early", "in pairs", "P(later)", "KS D",
             "KS p"], rows))
    if found["instructions"]:
        parts.append("### Instructions of `token`\n\n" + report.table(
            ["cause", "instructions"],
            [[name, f"{n:,.0f}"] for name, n in found["instructions"].items()]))
    return (f"## How long a refusal takes, by its cause\n\n"
            f"{found['samples']:,} samples of each, in turns; beside those of "
            "an unknown client (a malformed secret: beside one that is "
            "malformed and an unknown client's). In µs: apart, of the medians; "
            "early, of the times that one in twenty stays under, where noise is "
            "least; in pairs, the median of the differences within a "
            "round.\n\n"
            + "\n\n".join(parts))
