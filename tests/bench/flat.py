# flat.py - does a token cost the same however many secrets and clients there are?
# SPDX-License-Identifier: Apache-2.0
#
# Secrets: a client with one, and one with five, by each of them.
#
# Clients: two houses, one process of each program. One knows a single client
# and the bench's own few, the other a million more, loaded by SQL. The same
# client is asked for in both, in turns: what is at hand. Then a sample of the
# million, drawn evenly, each once: nobody is at hand, the database looks two
# rows up by their keys; beside it the same clients in the other house, where
# only they are. Then the same ones again: all are at hand.
#
# Tables and indexes are in the server's memory before anything is measured.
# Autovacuum is off, so that no loading is paid for later.

import base64
import hashlib
import hmac
import random

from tests.bench import report, subjects
from tests.bench.house import House
from tests.bench.timing import another
from tests.e2e.test_hostile_token import secret_text

MANY = 1_000_000
EACH = 10_000       # drawn for each round
SECRETS = 5         # of one client, the most that live
BOUND = 1.05
SEED = 815
STILL = ["-c", "autovacuum=off", "-c", "max_wal_size=8GB",
         "-c", "shared_buffers=1GB"]
DIGITS = str.maketrans("0189", "ghij")  # hexadecimal to what key ids are of

LOAD = """
set session_replication_role = replica;
begin;
create temporary table many (n bigint, hash bytea) on commit drop;
\\copy many from '{drawn}'
{rest}
insert into wardgate.client (client_id, name)
select {client}, 'Bench ' || n from many;
insert into wardgate.client_secret (key_id, client_id, hint, hash,
       pepper_version)
select {key}, {client}, 'wg1_' || {key}, hash, 1 from many;
insert into wardgate.client_grant (client_id, tenant_id)
select {client}, '{tenant}' from many;
commit;
analyze wardgate.client, wardgate.client_secret, wardgate.client_grant;
create extension if not exists pg_prewarm;
select sum(pg_prewarm(oid))
  from pg_class
 where relnamespace = 'wardgate'::regnamespace
       and relkind in ('r', 'i') and relname like 'client%';
checkpoint;
"""
REST = """
insert into many
select n, sha256(n::text::bytea) from generate_series(0, {last}) as n
 where not exists (select from many where many.n = n.n);
"""
CLIENT = "(lpad(to_hex(n), 8, '0') || '-c11e-4000-8000-000000000000')::uuid"
KEY = "translate(lpad(to_hex(n), 8, '0'), '0189', 'ghij')"


# ---- clients that can sign in -------------------------------------------------------

def secret_of(number):
    raw = hashlib.sha256(b"bench %d" % number).digest()
    return secret_text(f"{number:08x}".translate(DIGITS),
                       base64.urlsafe_b64encode(raw).decode().rstrip("="))


def load_clients(stand, house, numbers, others):
    """These can sign in; others: so can nobody of the rest of the million."""
    pepper = bytes.fromhex(
        (house.house.home / "keys/pepper/1").read_text().strip())
    drawn, script = stand.home / "drawn.tsv", stand.home / "clients.sql"
    drawn.write_text("".join(
        "%d\t\\\\x%s\n" % (n, hmac.new(pepper, secret_of(n).encode(),
                                       "sha256").hexdigest())
        for n in numbers))
    script.write_text(LOAD.format(
        drawn=drawn, client=CLIENT, key=KEY, tenant=house.tenants[0],
        rest=REST.format(last=MANY - 1) if others else ""))
    house.house.cluster.psql_file(script, "postgres")


def line(number):
    return (f"client_id={number:08x}-c11e-4000-8000-000000000000"
            f"&client_secret={secret_of(number)}\n")


# ---- works ----------------------------------------------------------------------------

def by(house, name, client, secret):
    """Tokens for this client, again and again."""
    work = subjects.our_token(house)
    work.name = name
    work.asks = [subjects.post(house.port, "/oauth2/token", (
        f"grant_type=client_credentials&client_id={client}"
        f"&client_secret={secret}&scope={house.tenants[0]}"),
        subjects.RIGHT_TOKEN)]
    return work


def by_each(house, name, folder, numbers):
    """A token for each of these clients, once."""
    work = by(house, name, "{}", "")
    form = (f"grant_type=client_credentials&scope={house.tenants[0]}&%s")
    request = subjects.post(house.port, "/oauth2/token",
                            form % line(0).strip(), subjects.RIGHT_TOKEN)
    request.request = request.request.replace(line(0).strip().encode(), b"{}")
    work.asks = [request]

    def fresh(_):
        path = folder / f"drawn-{house.port}"
        path.write_text("".join(map(line, numbers)))
        return path
    work.fresh = fresh
    return work


def in_turns(load, works, rounds, seconds):
    for work in works:
        load.measure(work, 0.5)
    for _ in range(rounds):
        for work in works:
            work.rounds.append(load.measure(work, seconds))
    return {work.name: report.medians(work) for work in works}


# ---- secrets ----------------------------------------------------------------------------

def secrets(load, house, args):
    rig = house.house
    one, five = rig.add_client("One secret"), rig.add_client("Five secrets")
    its = [five[1], *(another(rig, five[0]) for _ in range(SECRETS - 1))]
    for client, _ in (one, five):
        rig.operator("client", "grant", client, house.tenants[0])
    works = [by(house, "the only one", *one)]
    works += [by(house, f"{n} of {SECRETS}", five[0], text)
              for n, text in enumerate(its, 1)]
    return in_turns(load, works, args.rounds, args.seconds)


# ---- clients ----------------------------------------------------------------------------

def clients(stand, load, args):
    draw = random.Random(SEED).sample(range(MANY), args.rounds * EACH + 1)
    hot, drawn = draw[0], draw[1:]
    houses = []
    try:
        for _ in range(2):
            houses.append(House(stand.build, stand.home, stand.slow(),
                                stand.upstream.base, processes=1,
                                database_more=STILL))
        few, many = houses
        load_clients(stand, few, [hot], False)
        load_clients(stand, many, draw, True)
        found = in_turns(load, [
            by(house, name, *sign_in(hot)) for name, house in
            (("one, alone", few), ("one of a million", many))],
            args.rounds, args.seconds)
        load_clients(stand, few, drawn, False)
        found.update(drawn_once(stand, load, few, many, drawn))
    finally:
        for house in houses:
            house.stop()
    return found


def sign_in(number):
    return (f"{number:08x}-c11e-4000-8000-000000000000", secret_of(number))


def drawn_once(stand, load, few, many, drawn):
    """The clients of each round: not at hand, and then at hand."""
    names = {(few, 0): "each of some, once",
             (many, 0): "each of some of a million, once",
             (few, 1): "each of some, again",
             (many, 1): "each of some of a million, again"}
    works = {key: by_each(key[0], name, stand.home, [])
             for key, name in names.items()}
    for start in range(0, len(drawn), EACH):
        for again in (0, 1):
            for house in (few, many):
                work = by_each(house, "", stand.home,
                               drawn[start:start + EACH])
                said = load.measure(work, 600)
                said["wrong"] += said["units"] != EACH
                works[house, again].rounds.append(said)
    return {work.name: report.medians(work) for work in works.values()}


# ---- the subject ------------------------------------------------------------------------

PAIRS = {
    "a client alone, or one of a million":
        ("one, alone", "one of a million"),
    "drawn evenly, not at hand":
        ("each of some, once", "each of some of a million, once"),
    "drawn evenly, at hand":
        ("each of some, again", "each of some of a million, again")}


def run(stand, load, args):
    by_secret = secrets(load, stand.ours, args)
    return {"secrets": by_secret, "clients": clients(stand, load, args)}


def ratios(found):
    """figure: CPU beside its like"""
    first, *rest = (f["cpu_us"] for f in found["secrets"].values())
    told = {f"one secret, or one of {SECRETS}": max(rest) / first}
    for what, (small, large) in PAIRS.items():
        told[what] = (found["clients"][large]["cpu_us"]
                      / found["clients"][small]["cpu_us"])
    return told


def judge(found):
    """Rows for the table of targets."""
    if not found:
        return [{"what": "a token, however many secrets and clients",
                 "subject": "flat", "profile": "token",
                 "bound": f"<= {BOUND:g} ×", "value": None, "found": "",
                 "met": None}]
    wrong = sum(f["wrong"] for part in found.values() for f in part.values())
    return [{"what": f"token, CPU: {what}", "subject": "flat",
             "profile": "token", "bound": f"<= {BOUND:g} ×", "value": value,
             "found": f"{value:.3f} ×", "met": value <= BOUND and not wrong}
            for what, value in ratios(found).items()]


def text(found):
    parts = []
    for title, part in found.items():
        first = next(iter(part.values()))["cpu_us"]
        rows = [[name, f"{f['cpu_us']:.0f} (×{f['cpu_us'] / first:.3f})",
                 f"{f['rate']:,.0f}", f"{f['p50_us'] / 1000:.2f}",
                 f"{f['p99_us'] / 1000:.2f}", str(f["wrong"])]
                for name, f in part.items()]
        parts.append(f"### By {title}\n\n" + report.table(
            ["", "CPU µs", "tokens/s", "p50 ms", "p99 ms", "wrong"], rows))
    return ("## A token, however many secrets and clients there are\n\n"
            f"{MANY:,} clients with a secret and a grant each. Some: "
            f"{EACH:,} a round, drawn evenly; once: none of them at hand; "
            "again: all.\n\n" + "\n\n".join(parts))
