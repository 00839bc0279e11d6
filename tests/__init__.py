# __init__.py - the tests, as a package: python3 -m tests.rig.cluster and so on
# SPDX-License-Identifier: Apache-2.0
