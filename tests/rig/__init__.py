# __init__.py - the rig: everything a running house needs, on one machine
# SPDX-License-Identifier: Apache-2.0
#
# place.py      where a house lives: temporary folder, run user, advice
# cluster.py    a private PostgreSQL cluster
# services.py   the supervisor that keeps the programs running
# web.py        lighttpd or Apache from the shipped files
# house.py      all of it together
# sanitized.py  stories over programs that a sanitizer watches
# demo.py       make demo, make demo-stop
# client.py     a small HTTP client for the stories
# fastcgi.py    a raw FastCGI client, for peers that no web server would be
# hour.py       for stories about what is counted by the hour
# crowd.py      many clients and many hospitals at once, and their audit
#
# Standard library only.
