# __init__.py - what FHIR itself says, for tests to hold us against
# SPDX-License-Identifier: Apache-2.0
