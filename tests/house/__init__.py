# __init__.py - checks on the text of the house itself
# SPDX-License-Identifier: Apache-2.0
