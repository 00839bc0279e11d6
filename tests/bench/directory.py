# directory.py - hot tenants among 100,000, and queries per miss
# SPDX-License-Identifier: Apache-2.0
#
# Two houses, one facade process each: one knows the hot tenants alone, the
# other 100,000 more of them, loaded by SQL, and its facade has just been asked
# for so many others that its cache is full. Both are asked for the hot ones, in
# turns; what a read costs must hardly differ.
#
# Then a facade that has just started is asked for tenants drawn at random, one
# after the other. Which of them it cannot know is worked out here from its
# rule, oldest use out; pg_stat_statements says how often it has asked.

import random
from collections import OrderedDict

from tests.bench import machine, report, subjects
from tests.bench.house import TENANTS, House, tenant_id

MANY = 100000
ENTRIES = 50000      # directory_entries, the default
FILL = 60000         # others asked for before the hot ones
DRAWS = 80000        # of all, evenly: enough to push entries out
HOT_BOUND = 1.1
SEED = 4711
COUNTED = ["-c", "shared_preload_libraries=pg_stat_statements"]

LOAD = """
begin;
create temporary table many on commit drop as
select (lpad(to_hex(n), 8, '0') || '-be9c-4000-8000-000000000000')::uuid as id,
       n
  from generate_series({first}, {last}) as n;
insert into wardgate.tenant (tenant_id, slug, name)
select id, 'bench-' || n, 'Bench ' || n from many;
insert into wardgate.provider (tenant_id, base_url, fhir_version)
select id, '{provider}', 'R4' from many;
insert into wardgate.client_grant (client_id, tenant_id)
select '{client}', id from many;
commit;
analyze wardgate.tenant, wardgate.provider, wardgate.client_grant;
"""


def others():
    return [tenant_id(n) for n in range(TENANTS, TENANTS + MANY)]


def misses(draws, entries=ENTRIES):
    """How many of the draws a cache cannot know that drops what was used
    longest ago."""
    held, count = OrderedDict(), 0
    for tenant in draws:
        if tenant in held:
            held.move_to_end(tenant)
            continue
        count += 1
        held[tenant] = True
        if len(held) > entries:
            held.popitem(last=False)
    return count


def load_many(house, provider):
    house.psql(LOAD.format(first=TENANTS, last=TENANTS + MANY - 1,
                           provider=provider, client=house.client))
    house.psql("create extension pg_stat_statements", "postgres")


def queries(house):
    """How often a route has been asked for, all processes together."""
    return int(house.psql(
        "select coalesce(sum(calls), 0) from pg_stat_statements"
        " where query like '%wardgate.route\\_for\\_facade%'"
        " and query not like '%pg_stat%'", "postgres"))


def restart_facade(house):
    house.house.rig("stop", name="facade")
    house.house.rig("start", name="facade")
    house.house.wait_ready()


def asked(load, house, tenants, users):
    """Reads for these tenants, each once, in this order."""
    work = subjects.our_get(house, subjects.READ, subjects.RIGHT_READ)
    work.fresh = lambda count: house.mint(len(tenants), tenants)
    said = load.end(load.begin(work, 600, users)[0])
    if said["units"] != len(tenants):
        raise RuntimeError(f"{said['units']} of {len(tenants)} reads done")
    said["wrong"] = said["unexpected"] + said["broken"]
    return said


def count_queries(load, house):
    """Uniform draws, one after the other, to a facade that knows nobody."""
    restart_facade(house)
    draw = random.Random(SEED)
    many = others()
    draws = [draw.choice(many) for _ in range(DRAWS)]
    before = queries(house)
    said = asked(load, house, draws, 1)
    return {"draws": DRAWS, "distinct": len(set(draws)),
            "misses": misses(draws), "queries": queries(house) - before,
            "wrong": said["wrong"]}


def hot_rounds(load, alone, among, args):
    works = {}
    for name, house in (("alone", alone), ("among", among)):
        works[name] = subjects.our_get(house, subjects.READ,
                                       subjects.RIGHT_READ)
        works[name].name = name
        load.measure(works[name], 0.5)
    for _ in range(args.rounds):
        for work in works.values():
            work.rounds.append(load.measure(work, args.seconds))
    return {name: report.medians(work) for name, work in works.items()}


def run(stand, load, args):
    """Both parts; the figures as report and judge take them."""
    provider = stand.upstream.base
    houses = []
    try:
        for more in ([], COUNTED):
            houses.append(House(stand.build, stand.home, stand.slow(),
                                provider, processes=1, database_more=more))
        alone, among = houses
        load_many(among, provider)
        counted = count_queries(load, among)
        fill = random.Random(SEED + 1).sample(others(), FILL)
        counted["wrong"] += asked(load, among, fill, load.users)["wrong"]
        found = hot_rounds(load, alone, among, args)
        held = machine.memory(among.roots(), among.leave_out)
    finally:
        for house in houses:
            house.stop()
    return {"tenants": MANY, "hot": found, **counted,
            "ratio": found["among"]["cpu_us"] / found["alone"]["cpu_us"],
            "facade_mb": held.get("facade", {}).get("largest", 0)}


def judge(found):
    """Rows for the table of targets."""
    ratio = counted = None
    if found:
        ratio = found["ratio"] <= HOT_BOUND
        counted = found["misses"] == found["queries"] and not found["wrong"]
    return [
        {"what": f"hot tenants among {MANY:,}: CPU beside alone",
         "subject": "directory", "profile": "read", "bound": f"<= {HOT_BOUND:g} ×",
         "value": found and found["ratio"],
         "found": f"{found['ratio']:.2f} ×" if found else "", "met": ratio},
        {"what": "uniform draw: queries per miss", "subject": "directory",
         "profile": "read", "bound": "= 1", "value": found and found["queries"],
         "found": f"{found['queries']:,} for {found['misses']:,} misses"
                  if found else "", "met": counted},
    ]


def text(found):
    rows = [[name, f"{f['cpu_us']:.0f}", f"{f['rate']:,.0f}",
             f"{f['p50_us'] / 1000:.2f}", f"{f['p99_us'] / 1000:.2f}"]
            for name, f in found["hot"].items()]
    return (f"## {TENANTS} hot tenants, alone and among {MANY:,}\n\n"
            + report.table(["", "CPU µs", "reads/s", "p50 ms", "p99 ms"],
                           rows)
            + f"\n\nUniform draw: {found['draws']:,} reads of "
            f"{found['distinct']:,} tenants one after the other, "
            f"{found['misses']:,} of them not in a cache of {ENTRIES:,}: "
            f"{found['queries']:,} queries, {found['wrong']} wrong answers. "
            f"facade with a full cache: {found['facade_mb']:.0f} MB.")
