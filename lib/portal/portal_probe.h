/* portal_probe.h - what the newest probe of a hospital found, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_PROBE_H
#define PORTAL_PORTAL_PROBE_H

#include "portal/portal.h"

/* This program cannot reach a hospital: the page says the command that asks. */
bool probe_page(struct page *p);

#endif
