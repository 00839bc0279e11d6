/* portal_overview.h - all hospitals at a glance, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_OVERVIEW_H
#define PORTAL_PORTAL_OVERVIEW_H

#include "portal/portal.h"

/* Query: `find`, a part of a name; `state`; `page`, from 1. */
bool overview_show(struct page *p);

#endif
