/* portal_health.h - is the gateway well, and what to do if not, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_HEALTH_H
#define PORTAL_PORTAL_HEALTH_H

#include "portal/portal.h"

/* What /readyz checks, what the doctor finds in the database, and what a look
 * at the moment tells; what is wrong stands first. */
bool health_page(struct page *p);

#endif
