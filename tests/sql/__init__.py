# __init__.py - tests of the schema, its functions, scripts and command
# SPDX-License-Identifier: Apache-2.0
#
# base.py             databases to test in
# test_schema.py      schema/ and the sum of migrations/ are the same
# test_privileges.py  each role can do what the matrix says, and nothing else
# test_change.py      the change number rises with every change, and only then
# test_routes.py      what token and facade are told
# test_clients.py     clients, secrets, grants, keys
# test_onboard.py     onboarding scripts: twice is once, bad values are refused
# test_audit.py       audit rows, partitions, roll-up, readiness
# test_command.py     the command wardgate over a database
# test_command_client.py  its verbs client and key
# test_door.py        lib/ext/db against a real server
# run.py              all of them: `N passed, N failed`
