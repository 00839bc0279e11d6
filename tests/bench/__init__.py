# __init__.py - make bench: what a token and a record cost, beside others
# SPDX-License-Identifier: Apache-2.0
#
# bench.py      the command: options, rounds, targets
# subjects.py   what is measured: our programs and what stands beside them
# house.py      our side: programs, database, clients, tenants, tokens
# peers.py      nginx, Apache with mod_oauth2, glewlwyd, the bare programs
# upstream.py   the provider behind all of them, and what it answers
# machine.py    CPU time and memory of processes, from /proc
# directory.py  hot tenants among 100,000, and queries per miss
# isolation.py  what the others notice when hospitals hang
# report.py     tables in Markdown, figures in JSON
# bench_*.c     one module alone, run by hand
# other *.c     load client, provider, bare programs, token maker, slow disk, slow names
