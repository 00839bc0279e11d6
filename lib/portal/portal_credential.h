/* portal_credential.h - what the server of a hospital wants to see, for operators
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PORTAL_PORTAL_CREDENTIAL_H
#define PORTAL_PORTAL_CREDENTIAL_H

#include "portal/portal.h"

bool credential_page(struct page *p);
bool credential_set(struct page *p);

#endif
