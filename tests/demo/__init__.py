# __init__.py - what a newcomer meets: make demo and make demo-stop
# SPDX-License-Identifier: Apache-2.0
