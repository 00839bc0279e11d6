/* portal_incident.h - what happened at a hospital, for the record after an outage
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_INCIDENT_H
#define PORTAL_PORTAL_INCIDENT_H

#include "portal/portal.h"

/* As CSV: hour by hour the calls, why some were not answered, and between them
 * what people did. Query `hours`, 1 to 168; else a day. */
bool incident_csv(struct page *p);

#endif
