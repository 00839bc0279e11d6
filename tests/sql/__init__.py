# __init__.py - tests against a PostgreSQL cluster of their own
# SPDX-License-Identifier: Apache-2.0
